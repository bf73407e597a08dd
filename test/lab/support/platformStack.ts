import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { PulumiFn, Stack } from '@pulumi/pulumi/automation';
import { LocalWorkspace, PulumiCommand } from '@pulumi/pulumi/automation';
import type { Lab, Site } from '../../../lab';
import { tools } from '../../../lab/package';
import { policyLauncher } from './policyPlugin';

/** A stack of the platform team's, with all rights in the lab's cluster and a state in the site's folder. */
export async function makePlatformStack(lab: Lab, site: Site, program: PulumiFn): Promise<Stack> {
  const workDir = path.join(site.folder, 'platform');
  const backend = path.join(workDir, 'state');
  await mkdir(backend, { recursive: true });
  const launcher = await policyLauncher(path.join(workDir, 'bin'));
  return LocalWorkspace.createOrSelectStack(
    { stackName: 'platform', projectName: 'platform', program },
    {
      workDir,
      pulumiCommand: await PulumiCommand.get({ root: tools().pulumi }),
      pulumiHome: lab.pulumiHome,
      envVars: {
        PATH: [launcher, path.dirname(process.execPath), process.env['PATH']].join(path.delimiter),
        KUBECONFIG: lab.kubernetes.adminKubeconfig,
        PULUMI_BACKEND_URL: `file://${backend}`,
        PULUMI_CONFIG_PASSPHRASE: 'a passphrase of the test',
        PULUMI_SKIP_UPDATE_CHECK: 'true',
      },
    },
  );
}
