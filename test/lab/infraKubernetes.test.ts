import path from 'node:path';
import { ConfigMap } from '@pulumi/kubernetes/core/v1/configMap';
import type { PulumiFn, Stack } from '@pulumi/pulumi/automation';
import { expect } from 'chai';
import { CredentialRotation } from '../../infra/component/credentialRotation';
import type { RotationInputs } from '../../infra/inputs/inputs';
import { readInputs } from '../../infra/inputs/read';
import { rotationPodSpec } from '../../infra/kubernetes/pod';
import type { Rule } from '../../infra/kubernetes/role';
import { neededRules } from '../../infra/kubernetes/role';
import { settingsOf } from '../../infra/settingsOf';
import type { Lab, Site } from '../../lab';
import type { KubernetesClient } from '../../lab/kubernetes-client';
import type { Check } from '../../src/inspect/verify/check';
import { run } from './support/command';
import { adminClient, createNamespace } from './support/jobs';
import { databases, labWith } from './support/labs';
import { platformStack, said, withPolicies as options } from './support/platformStack';
import { title, verbsOf, without } from './support/roleVerbs';
import { kubeconfigOf } from './support/rotationPods';
import { expectCode, expectHealthy } from './support/world';

// Which database it is does not matter to the objects.
for (const database of databases.slice(0, 1)) {
  describe('the cluster’s half of infra/, by the real plugin', function () {
    this.timeout(180_000);
    let lab: Lab;
    let site: Site;
    let client: KubernetesClient;
    let stack: Stack;

    const inputs = (change: object = {}): RotationInputs => ({
      // The site has objects of the usual name already.
      name: 'platform',
      namespace: site.namespace,
      region: 'us-east-1',
      existing: {
        slotSecret: site.slotSecretId,
        adminSecret: site.adminSecretId,
        backendUrl: 's3://state?region=us-east-1',
        secretsProvider: 'awskms://alias/rotation?region=us-east-1',
      },
      sites: { fileSystem: 'fs-0123456789abcdef0', accessPoint: 'fsap-0123456789abcdef0' },
      kubernetes: {
        deployment: site.deployment,
        secret: site.kubernetesSecret,
        image: 'credential-rotation:lab',
        optionalRights: { pods: true },
        ...change,
      },
    });
    const program =
      (change: object = {}): PulumiFn =>
      async () =>
        void new CredentialRotation('platform', inputs(change));

    before(async () => {
      lab = await labWith(database);
      site = await lab.createSite({ replicas: 1 });
      client = adminClient(lab);
      stack = await platformStack(lab, path.join(site.folder, 'platform'), program());
    });
    after(async () => {
      await stack.destroy();
      client.close();
      await site.remove();
    });

    const get = <T>(api: string, resource: string): Promise<T> =>
      client.get<T>(`/${api}/namespaces/${site.namespace}/${resource}`);

    it('is applied beside a running OpenEMR, within the rules of the policy pack', async () => {
      const { summary, stdout } = await stack.up(options);
      expect(summary.resourceChanges).to.deep.equal({ create: 10 });
      expect(stdout).to.match(/openemr-credential-rotation@/);
      const role = await get<{ rules: unknown[] }>(
        'apis/rbac.authorization.k8s.io/v1',
        'roles/platform-role',
      );
      const names = { deployment: site.deployment, kubernetesSecret: site.kubernetesSecret };
      const needed = neededRules(names);
      expect(role.rules.slice(0, needed.length)).to.deep.equal(needed);
      const cronJob = await get<{ spec: object; status: { active?: unknown[] } }>(
        'apis/batch/v1',
        'cronjobs/platform',
      );
      expect(cronJob.spec).to.include({ concurrencyPolicy: 'Forbid', suspend: false, timeZone: 'Etc/UTC' });
    });

    it('is left as it is when it is applied again', async () => {
      const { summary } = await stack.up({ ...options, expectNoChanges: true, refresh: true });
      expect(summary.resourceChanges).to.deep.equal({ same: 10 });
    });

    const rbac = 'apis/rbac.authorization.k8s.io/v1';
    const rulesNow = async (): Promise<Rule[]> =>
      (await get<{ rules: Rule[] }>(rbac, 'roles/platform-role')).rules;

    it('makes an account and a Role by which a rotation runs, and that grant nothing it does not ask for', async () => {
      const KUBECONFIG = await kubeconfigOf(lab, site, client, 'platform-sa');
      const from = lab.kubernetes.requests().length;
      expectCode(await run(site, [], { KUBECONFIG }), 0);
      await expectHealthy(site, 'B');
      const requests = lab.kubernetes
        .requests()
        .slice(from)
        .filter(({ namespace }) => namespace === site.namespace);
      const [refused, granted] = [true, false].map((is) =>
        requests
          .filter(({ status }) => (status === 403) === is)
          .map(({ verb, resource, subresource }) => [verb, resource, subresource].filter(Boolean).join(' ')),
      );
      // Pulumi's plugin would show the Events of what it patches; without the right it does without.
      expect([...new Set(refused)]).to.deep.equal(['list events']);
      const applied = verbsOf(await rulesNow()).map(({ verb, resource }) => `${verb} ${resource}`);
      expect([...new Set(granted)].sort()).to.deep.equal([...new Set(applied)].sort());
    });

    it('grants no verb that verify does not miss when it is taken out of the applied Role', async () => {
      const KUBECONFIG = await kubeconfigOf(lab, site, client, 'platform-sa');
      const rules = await rulesNow();
      const role = `/${rbac}/namespaces/${site.namespace}/roles/platform-role`;
      const names = { deployment: site.deployment, kubernetesSecret: site.kubernetesSecret };
      const needed = verbsOf(neededRules(names)).map(title);
      for (const granted of verbsOf(rules)) {
        await client.patch(role, { rules: without(rules, granted) });
        const verified = await run(site, ['verify', '--json'], { KUBECONFIG });
        const state = needed.includes(title(granted)) ? 'missing' : 'optional';
        expectCode(verified, state === 'missing' ? 3 : 0);
        const { checks } = JSON.parse(verified.stdout) as { checks: Check[] };
        const lacking = checks
          .filter((each) => each.title.startsWith('may ') && each.state !== 'ok')
          .map((each) => [each.title, each.state]);
        expect(lacking).to.deep.equal([[title(granted), state]]);
      }
      await client.patch(role, { rules });
    });

    it('binds the claim of the pods to the volume', async () => {
      const claim = await get<{ status: { phase: string }; spec: { volumeName: string } }>(
        'api/v1',
        'persistentvolumeclaims/platform-sites',
      );
      expect(claim.status.phase).to.equal('Bound');
      expect(claim.spec.volumeName).to.equal(`${site.namespace}-platform-sites`);
    });

    it('does not rotate by being applied', async () => {
      const { items } = await get<{ items: { metadata: { name: string } }[] }>('api/v1', 'pods');
      expect(items.filter(({ metadata }) => metadata.name.startsWith('platform'))).to.deep.equal([]);
      const job = await get<{ status: { conditions?: { type: string }[] } }>(
        'apis/batch/v1',
        'jobs/platform-once',
      );
      expect(job.status.conditions?.map(({ type }) => type)).to.deep.equal(['Suspended']);
    });

    it('changes only what an input changes; a new image makes the suspended Job anew', async () => {
      stack.workspace.program = program({ schedule: '5 4 * * *', image: 'credential-rotation:next' });
      expect((await stack.up(options)).summary.resourceChanges).to.deep.equal({
        same: 8,
        update: 1,
        replace: 1,
      });
    });

    it('makes pods that the restricted Pod Security Standard admits', async () => {
      const namespace = `${site.namespace}-restricted`;
      const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
      await createNamespace(client, namespace, labels);
      const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'platform-sa' } };
      await client.create(`/api/v1/namespaces/${namespace}/serviceaccounts`, account);
      const { kubernetes, existing, ...rest } = readInputs(inputs());
      if (!kubernetes || !existing) throw new Error('a half is missing');
      const spec = rotationPodSpec(settingsOf(rest, kubernetes, existing));
      const pod = (change: object): object => ({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'x' },
        spec: { ...spec, ...change },
      });
      const create = (change: object): Promise<string> =>
        client.create(`/api/v1/namespaces/${namespace}/pods?dryRun=All`, pod(change)).then(
          () => 'admitted',
          (error: Error) => error.message,
        );
      expect(await create({})).to.equal('admitted');
      expect(await create({ securityContext: {} })).to.match(/violates PodSecurity "restricted/);
      await client.delete(`/api/v1/namespaces/${namespace}`);
    });

    it('is refused by the policy pack with a secret in the open', async () => {
      stack.workspace.program = async () =>
        void new ConfigMap('open', {
          metadata: { namespace: site.namespace },
          data: { 'mysql-password': 'x' },
        });
      const ended = await said(stack.preview(options));
      expect(ended)
        .to.include('no-plain-secret')
        .and.to.include('Key mysql-password of the ConfigMap is a secret');
    });

    it('ends the preview with a sentence for a wrong input', async () => {
      stack.workspace.program = program({ schedule: 'daily' });
      const ended = await said(stack.preview(options));
      expect(ended)
        .to.include('kubernetes.schedule is "daily"; give a cron schedule')
        .and.not.to.include('    at ');
    });
  });
}
