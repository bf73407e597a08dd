import type { Argv, Options } from 'yargs';
import { json, logJson, textFlag } from './flags';

const text = (describe: string): Options => textFlag('Fleet', describe);

const fleet: Options = { ...text('the fleet file'), demandOption: true };
const only: Options = { ...text('only these deployments, by name'), array: true };
const concurrency = text('how many at a time (default: as the file says, else 4)');
const onFailure = text(
  'after a failure: stop begins no more, continue goes on (default: as the file says, else stop)',
);
const stagger = text('seconds between two starts (default: as the file says, else 0)');
const ifOlderThan = text(
  'leave out what was rotated less than so long ago, e.g. 30d (default: as the file says)',
);

/** Declares `fleet` and its words. */
export function describeFleet(parser: Argv): Argv {
  return parser
    .usage(
      '$0 fleet <plan|run|status|manifest> --fleet FILE [options]\n\nMany OpenEMRs from one file, each with a stack of its own; see docs/fleet.md.',
    )
    .command('plan', 'preview the rotation of each; changes nothing', plan)
    .command('run', 'rotate each, or finish what was interrupted', run)
    .command('status', 'show where each stands; changes nothing', status)
    .command('manifest', 'print the same work as an Indexed Job of Kubernetes', manifest)
    .example('$0 fleet plan --fleet fleet.yaml', 'what a run would do')
    .demandCommand(1, 'fleet needs a word: plan, run, status or manifest');
}

function plan(parser: Argv): Argv {
  return parser
    .usage(
      '$0 fleet plan --fleet FILE [options]\n\nExit code 0: no problem anywhere; else that of the most urgent one.',
    )
    .option('fleet', fleet)
    .option('only', only)
    .option('concurrency', concurrency)
    .option('if-older-than', ifOlderThan)
    .option('json', json)
    .example('$0 fleet plan --fleet fleet.yaml', 'one table: what would be done, and what stands in its way');
}

function run(parser: Argv): Argv {
  return parser
    .usage(
      '$0 fleet run --fleet FILE [options]\n\nExit code 0: all are rotated or not due; 12: one is held; 13: one was rolled back; 8: stopped by a signal; else the most urgent one.',
    )
    .option('fleet', fleet)
    .option('only', only)
    .option('concurrency', concurrency)
    .option('stagger', stagger)
    .option('on-failure', onFailure)
    .option('if-older-than', ifOlderThan)
    .option(
      'since',
      text('what was rotated since this time was rotated in this run, e.g. 2026-01-31T03:00:00Z'),
    )
    .option('anew', {
      type: 'boolean',
      group: 'Fleet:',
      describe:
        'begin a new run, where else the one before is taken up: it did not end well, 12 hours ago at most',
    })
    .option(
      'index',
      text('rotate only the deployment at this place of the file, in this process [JOB_COMPLETION_INDEX]'),
    )
    .option('json', json)
    .option('log-json', {
      ...logJson,
      describe: 'with --index: one JSON object a line; the last one is the result',
    })
    .conflicts('index', ['only', 'concurrency', 'stagger', 'on-failure', 'anew', 'json'])
    .conflicts('since', 'anew')
    .example('$0 fleet run --fleet fleet.yaml', 'rotate all, or go on with the run that was interrupted')
    .example('$0 fleet run --fleet fleet.yaml --only clinic-a clinic-b', 'rotate these two')
    .example('$0 fleet run --fleet fleet.yaml --concurrency 8 --on-failure continue', 'for a night');
}

function status(parser: Argv): Argv {
  return parser
    .usage(
      '$0 fleet status --fleet FILE [options]\n\nExit code 0: all agree; 10: something differs or is unfinished, or with --since was not rotated; 13: with --since one was rolled back; else that of what cannot be read.',
    )
    .option('fleet', fleet)
    .option('only', only)
    .option('concurrency', concurrency)
    .option('if-older-than', ifOlderThan)
    .option(
      'since',
      text('report a run that began at this time: what each came to since then, e.g. 2026-01-31T03:00:00Z'),
    )
    .option('json', json)
    .example('$0 fleet status --fleet fleet.yaml', 'one table: who is live, what differs, what to do')
    .example(
      '$0 fleet status --fleet fleet.yaml --since 2026-01-31T03:00:00Z',
      'the report of the run that began then, a Job too',
    );
}

function manifest(parser: Argv): Argv {
  return parser
    .usage(
      '$0 fleet manifest --fleet FILE [options]\n\nPrints a ConfigMap with the fleet file, an Indexed Job whose index is the place of a deployment in it, and their rights.',
    )
    .option('fleet', fleet)
    .option('image', text('the image of this command (default: as the file says)'))
    .option(
      'schedule',
      text(
        "a CronJob at these times, e.g. 'H 3 * * 0', in the place of a Job; H is a minute by namespace and name (default: as the file says)",
      ),
    )
    .option('concurrency', concurrency)
    .option('on-failure', onFailure)
    .example('$0 fleet manifest --fleet fleet.yaml', 'one run of the fleet, for kubectl apply -f -');
}
