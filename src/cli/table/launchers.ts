import type { Command, Flag } from './command';
import { json } from './command';

const context: Flag = {
  name: 'context',
  value: 'NAME',
  default: 'the current one',
  summary: 'context of the kubeconfig',
};

/** `init`. */
export const init: Command = {
  summary: 'find the settings of a running OpenEMR, write the stack file, verify',
  about: [
    'Looks at a running OpenEMR, writes its settings into Pulumi.<stack>.yaml, and verifies them. Reads the cluster and AWS, changes nothing there.',
  ],
  flags: [
    context,
    {
      name: 'terraform-outputs',
      value: 'PATH',
      summary: 'file with what terraform output -json prints, or the folder with the Terraform code',
    },
    {
      name: 'cloudformation-outputs',
      value: 'FILE',
      summary: 'file with what aws cloudformation describe-stacks or list-exports prints',
    },
    { name: 'force', summary: 'overwrite values in the stack file with those that are found' },
    { name: 'dry-run', summary: 'show the stack file; write nothing, verify nothing' },
    json,
  ],
  exits: {
    done: 'everything was found, and verify passed',
    configuration: 'you have to set or choose something',
  },
  otherExits: 'as verify',
  examples: [
    ['init', 'the cluster of the kubeconfig, and the names in AWS'],
    [
      'init --namespace openemr --terraform-outputs terraform',
      'with the outputs of the code in the folder terraform',
    ],
  ],
};

const cronJob: Flag = {
  name: 'cron-job',
  value: 'NAME',
  default: 'the one that infra/ makes',
  summary: 'the CronJob',
};

const ofThePod = 'that of the command in the pod';

/** `job`. */
export const job = {
  summary: 'start the Job of the schedule in the cluster, or follow one',
  about: ['The Job of the schedule, from your own machine; see docs/getting-started.md.'],
  examples: [['job run', 'start it, and see how it ends']],
  below: {
    run: {
      summary: 'start a Job of the CronJob now, and follow it to its end',
      about: [
        'Starts a Job from the CronJob as kubectl does, shows its log, and ends with the exit code of the command in its pod.',
      ],
      handedOn: 'arguments of the command in the pod, instead of those of the CronJob',
      flags: [
        context,
        cronJob,
        { name: 'dry-run', summary: 'show the Job, and whether the cluster would accept it; make nothing' },
      ],
      exits: {
        'before-switch': 'the pod does not start, or as the command in the pod says',
        cancelled: 'it was ended from outside, or you stopped watching: the Job goes on',
        locked: 'a Job of this CronJob is already running, or another rotation holds the lock',
      },
      otherExits: ofThePod,
      examples: [
        ['job run', "with the schedule's own arguments: rotates when it is due"],
        ['job run -- --log-json', 'rotates now'],
        ['job run -- --dry-run', 'a dry run in the cluster'],
      ],
    },
    logs: {
      summary: "follow a Job's log to its end",
      about: ['Shows the log of a Job to its end, and ends with the exit code of the command in its pod.'],
      positional: { name: 'name', summary: 'the Job (default: the newest one of the CronJob)' },
      flags: [context, cronJob],
      exits: { cancelled: 'it was ended from outside, or you stopped watching: the Job goes on' },
      otherExits: ofThePod,
      examples: [['job logs', 'the newest one']],
    },
  },
} satisfies Command;
