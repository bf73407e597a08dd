import type { Command, Flag } from './command';
import { json, logJson, readingExits } from './command';

const byFile = 'as the file says';

const file: Flag = { name: 'fleet', value: 'FILE', required: true, summary: 'the fleet file' };
const only: Flag = {
  name: 'only',
  value: 'NAME',
  takesMany: true,
  default: 'all',
  summary: 'only these deployments',
};
const concurrency: Flag = {
  name: 'concurrency',
  value: 'NUMBER',
  default: `${byFile}, else 4`,
  summary: 'how many at a time, 1 to 100',
};
const onFailure: Flag = {
  name: 'on-failure',
  value: 'stop|continue',
  choices: ['stop', 'continue'],
  default: `${byFile}, else stop`,
  summary: 'after a failure: start no more, or continue',
};
const ifOlderThan: Flag = {
  name: 'if-older-than',
  value: 'AGE',
  default: byFile,
  summary: 'skip what was rotated less than this time ago, e.g. 30d',
};
const since = (summary: string): Flag => ({
  name: 'since',
  value: 'TIME',
  summary: `${summary}, e.g. 2026-01-31T03:00:00Z`,
});

const plan: Command = {
  summary: 'preview the rotation of each; changes nothing',
  flags: [file, only, concurrency, ifOlderThan, json],
  exits: { done: 'no problem anywhere', cancelled: 'stopped by a signal' },
  otherExits: 'that of the most urgent deployment',
  examples: [['fleet plan --fleet fleet.yaml', 'one table: what would be done, and what would prevent it']],
};

const run: Command = {
  summary: 'rotate each, or finish what was interrupted',
  flags: [
    file,
    only,
    concurrency,
    {
      name: 'stagger',
      value: 'SECONDS',
      default: `${byFile}, else 0 seconds`,
      summary: 'time between two starts',
    },
    onFailure,
    ifOlderThan,
    since('count what was rotated since this time as done in this run'),
    {
      name: 'anew',
      summary: 'start a new run; without it, a run of the last 12 hours that did not end well is continued',
    },
    {
      name: 'index',
      value: 'NUMBER',
      variable: 'JOB_COMPLETION_INDEX',
      summary: 'rotate only the deployment at this place of the file, from 0 on, in this process',
    },
    json,
    { ...logJson, summary: `with --index: ${logJson.summary}` },
  ],
  exclusive: [
    ['index', 'only', 'concurrency', 'stagger', 'on-failure', 'anew', 'json'],
    ['since', 'anew'],
  ],
  exits: {
    done: 'all are rotated or not due',
    cancelled: 'stopped by a signal',
    held: 'one is held',
    'rolled-back': 'one was rolled back',
  },
  otherExits: 'that of the most urgent deployment',
  examples: [
    ['fleet run --fleet fleet.yaml', 'rotate all, or continue the run that was interrupted'],
    ['fleet run --fleet fleet.yaml --only clinic-a clinic-b', 'rotate these two'],
    ['fleet run --fleet fleet.yaml --concurrency 8 --on-failure continue', 'for a night'],
  ],
};

const status: Command = {
  summary: 'show where each stands; changes nothing',
  flags: [
    file,
    only,
    concurrency,
    ifOlderThan,
    since('report the run that began at this time: how each ended since then'),
    json,
  ],
  exits: {
    done: 'all agree',
    cancelled: 'stopped by a signal',
    drift: 'something differs or is unfinished, or with --since was not rotated',
    'rolled-back': 'with --since: one was rolled back',
  },
  otherExits: 'that of what cannot be read',
  examples: [
    ['fleet status --fleet fleet.yaml', 'one table: who is live, what differs, what to do'],
    [
      'fleet status --fleet fleet.yaml --since 2026-01-31T03:00:00Z',
      'the report of the run that began then, a Job too',
    ],
  ],
};

const manifest: Command = {
  summary: 'print the same work as a Kubernetes Indexed Job',
  about: [
    'Prints a ConfigMap with the fleet file, an Indexed Job whose index is the place of a deployment in it, and their permissions.',
  ],
  flags: [
    file,
    { name: 'image', value: 'IMAGE', default: byFile, summary: 'the image of this command' },
    {
      name: 'schedule',
      value: 'TIMES',
      default: byFile,
      summary:
        "make a CronJob at these times, e.g. 'H 3 * * 0', instead of a Job; H is a minute by namespace and name",
    },
    concurrency,
    onFailure,
  ],
  exits: readingExits,
  examples: [['fleet manifest --fleet fleet.yaml', 'one run of the fleet, for kubectl apply -f -']],
};

/** `fleet`. */
export const fleet = {
  summary: 'plan, run or watch the rotations of many OpenEMRs',
  about: ['Many OpenEMRs from one file, each with a stack of its own; see docs/fleet.md.'],
  examples: [['fleet plan --fleet fleet.yaml', 'what a run would do']],
  below: { plan, run, status, manifest },
} satisfies Command;
