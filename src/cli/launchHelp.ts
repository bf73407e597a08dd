import type { Argv } from 'yargs';
import { json, textFlag } from './flags';

const context = textFlag('Cluster', 'context of the kubeconfig (default: its current one)');

/** Declares `init`. */
export function describeInit(parser: Argv): Argv {
  return parser
    .usage(
      '$0 init [options]\n\nLooks at an OpenEMR that runs, writes its settings into Pulumi.<stack>.yaml, and verifies them. Reads the cluster and AWS, changes nothing there.\nExit code 0: all was found and verify is good; 2: something is to be set, or chosen; else that of verify.',
    )
    .option('context', context)
    .option(
      'terraform-outputs',
      textFlag('AWS', 'file with what terraform output -json prints, or the folder with the Terraform code'),
    )
    .option(
      'cloudformation-outputs',
      textFlag('AWS', 'file with what aws cloudformation describe-stacks or list-exports prints'),
    )
    .option('force', {
      type: 'boolean',
      group: 'Output:',
      describe: 'what is found takes the place of what the stack file has',
    })
    .option('dry-run', {
      type: 'boolean',
      group: 'Output:',
      describe: 'show the stack file; write nothing, verify nothing',
    })
    .option('json', json)
    .example('$0 init', "the cluster of the kubeconfig, and what AWS's names tell")
    .example(
      '$0 init --namespace openemr --terraform-outputs terraform',
      'with the outputs of the code in terraform',
    );
}

const cronJob = textFlag('Cluster', 'the CronJob (default: the one that infra/ makes)');

/** Declares `job` and its words. */
export function describeJob(parser: Argv): Argv {
  return parser
    .usage(
      '$0 job <run|logs> [options]\n\nThe Job of the schedule, from your own machine; see docs/getting-started.md.',
    )
    .command('run', 'start a Job of the CronJob now, and follow it to its end', run)
    .command('logs [name]', "follow a Job's log to its end, of the newest one without a name", logs)
    .example('$0 job run', 'start it, and see how it ends')
    .demandCommand(1, 'job needs a word: run or logs');
}

function run(parser: Argv): Argv {
  return parser
    .usage(
      '$0 job run [options]\n\nStarts a Job from the CronJob as kubectl does, shows its log, and ends with the exit code of the command in its pod. What stands behind -- takes the place of its arguments.\nExit code 11: a Job of it runs already; 4: the pod does not start; 8: it was ended from outside, or you stopped looking: the Job goes on then.',
    )
    .option('context', context)
    .option('cron-job', cronJob)
    .option('dry-run', {
      type: 'boolean',
      group: 'Output:',
      describe: 'show the Job, and whether the cluster would take it; makes nothing',
    })
    .example('$0 job run', "with the schedule's own arguments: rotates when it is due")
    .example('$0 job run -- --log-json', 'rotates now')
    .example('$0 job run -- --dry-run', 'a dry run in the cluster');
}

function logs(parser: Argv): Argv {
  return parser
    .usage(
      '$0 job logs [name] [options]\n\nShows the log of a Job to its end, and ends with the exit code of the command in its pod.',
    )
    .positional('name', { type: 'string', describe: 'the Job (default: the newest one of the CronJob)' })
    .option('context', context)
    .option('cron-job', cronJob)
    .example('$0 job logs', 'the newest one');
}
