import type { Argv, Options } from 'yargs';

const text = (group: string, describe: string): Options => ({
  type: 'string',
  group: `${group}:`,
  requiresArg: true,
  describe,
});

const context = text('Cluster', 'context of the kubeconfig (default: its current one)');

/** Declares `init`. */
export function describeInit(parser: Argv): Argv {
  return parser
    .usage(
      '$0 init [options]\n\nLooks at an OpenEMR that runs, writes its settings into Pulumi.<stack>.yaml, and verifies them. Reads the cluster and AWS, changes nothing there.\nExit code 0: all was found and verify is good; 2: something is to be set, or chosen; else that of verify.',
    )
    .option('context', context)
    .option(
      'terraform-outputs',
      text('AWS', 'file with what terraform output -json prints, or the folder with the Terraform code'),
    )
    .option(
      'cloudformation-outputs',
      text('AWS', 'file with what aws cloudformation describe-stacks or list-exports prints'),
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
    .example('$0 init', "the cluster of the kubeconfig, and what AWS's names tell")
    .example(
      '$0 init --namespace openemr --terraform-outputs terraform',
      'with the outputs of the code in terraform',
    );
}
