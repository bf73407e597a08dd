import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { parse, stringify } from 'yaml';
import type { Lab, Site } from '../../lab';
import { packageRoot, tools } from '../../lab/package';
import { Boto } from '../lab/support/aws/boto';
import { awsLauncher } from '../lab/support/aws/launcher';
import { awsVariables } from '../lab/support/backends';
import type { Run } from '../lab/support/command';
import { documented } from '../lab/support/documented';
import { adminClient } from '../lab/support/jobs';
import { labWith } from '../lab/support/labs';
import { pathWithPulumi, runDocumented } from '../lab/support/workingCopy';
import { expectCode, expectNoSecret } from '../lab/support/world';
import { codeBlocks, repositoryText } from '../unit/docs/readme';
import type { ShellCommand } from '../unit/docs/shell';

interface Program {
  packages?: Record<string, string>;
  resources: Record<string, { properties: Record<string, Record<string, unknown>> }>;
}

/**
 * `npm run test:yaml`: the program of docs/platform.md in YAML, run by Pulumi's own language host for YAML. Building that
 * takes minutes on a small machine, so it is no part of `npm test`, which makes the same component by name.
 */
describe('a program in YAML with the component package', function () {
  this.timeout(400_000);
  const [text = ''] = codeBlocks('yaml', repositoryText('docs/platform.md'));
  const password = 'an admin password of the test';
  let lab: Lab;
  let site: Site;
  let own: string;
  let env: Record<string, string>;
  const said: Run[] = [];

  before(async () => {
    lab = await labWith('mysql');
    site = await lab.createSite({ replicas: 1 });
    own = path.join(site.folder, 'program');
    const [hosts, modules] = [path.join(own, 'hosts'), path.join(own, 'node_modules')];
    mkdirSync(modules, { recursive: true });
    symlinkSync(packageRoot(), path.join(modules, 'openemr-credential-rotation'));
    const PATH = await pathWithPulumi(hosts);
    await awsLauncher(hosts);
    symlinkSync(tools().yamlHost, path.join(hosts, 'pulumi-language-yaml'));
    mkdirSync(path.join(own, 'state'));
    env = {
      HOME: own,
      PATH,
      PULUMI_HOME: lab.pulumiHome,
      PULUMI_BACKEND_URL: `file://${own}/state`,
      PULUMI_CONFIG_PASSPHRASE: 'a passphrase of the test',
      PULUMI_SKIP_UPDATE_CHECK: 'true',
      KUBECONFIG: lab.kubernetes.adminKubeconfig,
      NO_COLOR: '1',
      ...awsVariables(lab),
    };
  });
  after(() => site.remove());

  const run = async (command: ShellCommand | string[], input?: string): Promise<Run> => {
    const whole = Array.isArray(command) ? { environment: {}, words: ['pulumi', ...command] } : command;
    const ended = await runDocumented(whole, { cwd: own, env, ...(input === undefined ? {} : { input }) });
    said.push(ended);
    return ended;
  };

  it('pulumi package add takes the folder of the npm package', async () => {
    const { packages, ...rest } = parse(text) as Program;
    const properties = rest.resources['rotation']?.properties ?? {};
    const boto = new Boto({ PATH: process.env['PATH'], ...awsVariables(lab) });
    const { FileSystemId } = await boto.call('efs', 'create_file_system', { CreationToken: 'yaml' });
    boto.close();
    // This site's own values. The lab has objects of the usual name already.
    Object.assign(properties, { name: 'packaged', namespace: site.namespace, region: 'us-east-1' });
    Object.assign(properties['sites'] ?? {}, { fileSystem: FileSystemId });
    Object.assign(properties['kubernetes'] ?? {}, {
      deployment: site.deployment,
      secret: site.kubernetesSecret,
    });
    writeFileSync(path.join(own, 'Pulumi.yaml'), stringify(rest));
    expectCode(await run(documented('docs/platform.md', 'pulumi package add')), 0);
    const added = parse(readFileSync(path.join(own, 'Pulumi.yaml'), 'utf8')) as Program;
    expect(added.packages).to.deep.equal(packages);
  });

  it('up makes both halves in AWS and in the cluster, and again changes nothing', async () => {
    expectCode(await run(['stack', 'init', 'prod']), 0);
    expectCode(await run(['config', 'set', '--secret', 'adminPassword'], `${password}\n`), 0);
    expectCode(await run(['up', '--yes']), 0);
    const outputs = JSON.parse((await run(['stack', 'output', '--json'])).stdout) as Record<string, string>;
    expect(outputs['slotSecretArn']).to.match(/^arn:aws:secretsmanager:/);
    expect(outputs['secretsProvider']).to.match(/^awskms:\/\/\//);
    const client = adminClient(lab);
    const cronJob = await client.get<{ spec: { concurrencyPolicy: string } }>(
      `/apis/batch/v1/namespaces/${site.namespace}/cronjobs/packaged`,
    );
    client.close();
    expect(cronJob.spec.concurrencyPolicy).to.equal('Forbid');
    const again = await run(['up', '--yes', '--expect-no-changes']);
    expectCode(again, 0);
  });

  it('the password is in nothing that was said', () => {
    expectNoSecret([password], { said: JSON.stringify(said) });
  });
});
