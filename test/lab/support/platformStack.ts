import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { OutputMap, PulumiFn, Stack } from '@pulumi/pulumi/automation';
import { LocalWorkspace, PulumiCommand } from '@pulumi/pulumi/automation';
import type { Lab } from '../../../lab';
import { tools } from '../../../lab/package';
import { languageLauncher } from './language/launcher';

/** The policy pack, as the engine finds it. */
const policyPack = path.resolve(__dirname, '..', '..', '..', '..', 'infra', 'policy');

/** Options of each preview and update: with the policy pack. */
export const withPolicies = { policyPacks: [policyPack], color: 'never' as const };

/** A stack of the platform team's program, by the lab's engine and plugins; everything of it is in one folder. */
export async function platformStack(
  lab: Lab,
  folder: string,
  program: PulumiFn,
  more: { projectName?: string; envVars?: Record<string, string> } = {},
): Promise<Stack> {
  const { projectName = 'platform', envVars = {} } = more;
  const backend = path.join(folder, 'state');
  await mkdir(backend, { recursive: true });
  // An engine runs a policy pack by the language host of its runtime, from 3.276.0 on by nothing else.
  const launcher = await languageLauncher(path.join(folder, 'bin'));
  return LocalWorkspace.createOrSelectStack(
    { stackName: 'platform', projectName, program },
    {
      workDir: folder,
      pulumiCommand: await PulumiCommand.get({ root: tools().pulumi }),
      pulumiHome: lab.pulumiHome,
      envVars: {
        PATH: [launcher, path.dirname(process.execPath), process.env['PATH']].join(path.delimiter),
        KUBECONFIG: lab.kubernetes.adminKubeconfig,
        PULUMI_BACKEND_URL: `file://${backend}`,
        PULUMI_CONFIG_PASSPHRASE: 'a passphrase of the test',
        PULUMI_SKIP_UPDATE_CHECK: 'true',
        ...envVars,
      },
    },
  );
}

/** How a preview or an update ended: its output when it went well, else what it said. */
export async function said(ending: Promise<{ stdout: string; outputs?: OutputMap }>): Promise<string> {
  return ending.then(
    ({ stdout }) => `done\n${stdout}`,
    (error: Error) => error.message,
  );
}
