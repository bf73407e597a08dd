import { appendFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import type { ComponentResourceOptions, Inputs } from '@pulumi/pulumi';
import { ComponentResource, secret } from '@pulumi/pulumi';
import type { PulumiFn, Stack } from '@pulumi/pulumi/automation';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { ownSchema } from '../../infra/package/ownSchema';
import { componentType, packageName } from '../../infra/package/schema';
import type { Lab, Site } from '../../lab';
import type { KubernetesClient } from '../../lab/kubernetes-client';
import { repositoryFile } from '../unit/docs/readme';
import { awsVariables } from './support/backends';
import type { Run } from './support/command';
import { adminClient } from './support/jobs';
import { databases, labWith } from './support/labs';
import { platformStack, said } from './support/platformStack';
import { pathWithPulumi, runDocumented } from './support/workingCopy';
import { expectCode } from './support/world';

const folder = repositoryFile('infra/package');

/** The component as a program of any language has it: by name, made by the engine in the plugin's own process. */
class Remote extends ComponentResource {
  constructor(name: string, inputs: Inputs, options?: ComponentResourceOptions) {
    super(componentType, name, inputs, options, true);
  }
}

describe('infra/ as a Pulumi component package, by the real engine', function () {
  this.timeout(180_000);
  let lab: Lab;
  let site: Site;
  let client: KubernetesClient;
  let stack: Stack;
  let own: string;

  const inputs = (change: Inputs = {}): Inputs => ({
    name: 'packaged',
    namespace: site.namespace,
    region: 'us-east-1',
    existing: {
      // As it comes from another resource: known, but as an output, and secret.
      slotSecret: secret('arn:aws:secretsmanager:us-east-1:123456789012:secret:openemr/slots-AbCdEf'),
      adminSecret: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:openemr/admin-AbCdEf',
      backendUrl: 's3://state?region=us-east-1',
      secretsProvider: 'awskms://alias/rotation?region=us-east-1',
    },
    sites: { fileSystem: 'fs-0123456789abcdef0', accessPoint: 'fsap-0123456789abcdef0' },
    kubernetes: {
      deployment: site.deployment,
      secret: site.kubernetesSecret,
      image: 'credential-rotation:lab',
      ...change,
    },
  });
  const program =
    (change: Inputs = {}): PulumiFn =>
    async () =>
      void new Remote('packaged', inputs(change));

  before(async () => {
    lab = await labWith(databases[0] ?? 'mysql');
    site = await lab.createSite({ replicas: 1 });
    client = adminClient(lab);
    own = path.join(site.folder, 'packaged');
    mkdirSync(own);
    const PATH = await pathWithPulumi(path.join(own, 'hosts'));
    stack = await platformStack(lab, own, program(), { envVars: { PATH, ...awsVariables(lab) } });
    // The plugin in this clone, not one that was installed.
    const plugins = { providers: [{ name: packageName, path: folder }] };
    appendFileSync(path.join(own, 'Pulumi.yaml'), stringify({ plugins }));
  });
  after(async () => {
    await stack.destroy();
    client.close();
    await site.remove();
  });

  const pulumi = async (...words: string[]): Promise<Run> => {
    const env = { ...stack.workspace.envVars, HOME: own, PULUMI_HOME: lab.pulumiHome };
    return runDocumented({ environment: {}, words: ['pulumi', ...words] }, { cwd: own, env });
  };

  it('gives `pulumi package add` the schema that is checked in', async () => {
    const got = await pulumi('package', 'get-schema', folder);
    expectCode(got, 0);
    const { types, resources, version } = JSON.parse(got.stdout) as ReturnType<typeof ownSchema>;
    const { types: ownTypes, resources: ownResources, version: ownVersion } = ownSchema();
    expect(version).to.equal(ownVersion);
    expect(Object.keys(types).sort()).to.deep.equal(Object.keys(ownTypes).sort());
    expect(resources).to.have.all.keys(Object.keys(ownResources));
  });

  it('makes what the component makes, by name', async () => {
    const { summary } = await stack.up();
    expect(summary.resourceChanges).to.deep.equal({ create: 10 });
    const cronJob = await client.get<{ spec: { concurrencyPolicy: string } }>(
      `/apis/batch/v1/namespaces/${site.namespace}/cronjobs/packaged`,
    );
    expect(cronJob.spec.concurrencyPolicy).to.equal('Forbid');
    const again = await stack.up({ expectNoChanges: true });
    expect(again.summary.resourceChanges).to.deep.equal({ same: 10 });
  });

  it('says which input is wrong, by the component’s own sentence', async () => {
    stack.workspace.program = program({ image: 'no image', secrets: 'x' });
    const told = await said(stack.preview());
    expect(told)
      .to.include('kubernetes.secrets is no input; remove it, or see docs/platform.md for its name.')
      .and.to.include('kubernetes.image is "no image"; give ');
  });
});
