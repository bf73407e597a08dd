import { expect } from 'chai';
import type { KubernetesFault, Lab, Site } from '../../lab';
import type { StatusReport } from '../../src/inspect/status/report';
import type { Slot } from '../../src/rotation/slot';
import { otherSlot } from '../../src/rotation/slot';
import { killRun } from '../faults/killRun';
import { runPaused } from '../faults/sweep';
import { Cluster } from './support/cluster';
import type { Run } from './support/command';
import { run } from './support/command';
import { databases, labWith } from './support/labs';
import { longUnless } from './support/long';
import { putSecret } from './support/secrets';
import type { WorldSnapshot } from './support/world';
import {
  alterPassword,
  expectCode,
  expectHealthy,
  expectNoSecret,
  leftOnDisk,
  snapshot,
} from './support/world';
import { until } from './support/until';

const busy = { status: 503, reason: 'ServiceUnavailable', message: 'the API server is busy (lab)' };
const restartedAt = 'credential-rotation/restartedAt';
const slotOf = (active: string): Slot => (active === 'A' ? 'A' : 'B');

// The database does not matter to what the API server does.
for (const database of databases.slice(0, 1)) {
  describe(`Kubernetes in the way of a rotation (${database})`, function () {
    this.timeout(600_000);
    let lab: Lab;
    let site: Site;
    let cluster: Cluster;

    before(async () => {
      lab = await labWith(database);
    });

    async function open(options: Parameters<Lab['createSite']>[0]): Promise<void> {
      site = await lab.createSite(options);
      cluster = new Cluster(lab, site);
    }
    async function close(): Promise<void> {
      cluster.close();
      await site.remove();
    }
    const fault = (rule: Omit<KubernetesFault, 'namespace'>): (() => void) =>
      lab.kubernetes.fault({ namespace: site.namespace, ...rule });

    /** Runs with and without `--dry-run`; both are refused in the same words and write nothing anywhere. */
    async function expectRefused(code: number, message: RegExp): Promise<void> {
      const before = await snapshot(site).catch(() => undefined);
      const [kubernetes, aws] = [lab.kubernetes.requests().length, lab.aws.requests().length];
      for (const args of [['--dry-run'], []]) {
        const result = await run(site, args);
        expectCode(result, code);
        expect(`${result.stdout}\n${result.stderr}`).to.match(message);
        expectNoSecret(site.canaries(), { stdout: result.stdout, stderr: result.stderr });
      }
      await lab.aws.settled();
      const writes = [...lab.kubernetes.requests().slice(kubernetes), ...lab.aws.requests().slice(aws)];
      // The preflight asks for some rights by requests that are refused.
      expect(writes.filter(({ write, status }) => write && status < 400)).to.deep.equal([]);
      expect(await snapshot(site).catch(() => undefined)).to.deep.equal(before);
    }

    describe('is refused before any write, in the dry run too', () => {
      before(() => open({ replicas: 1 }));
      after(close);

      for (const [resource, verb] of [
        ['secrets', 'get'],
        ['secrets', 'patch'],
        ['deployments', 'get'],
        ['deployments', 'patch'],
      ] as const) {
        it(`the Role lacks "${verb}" on ${resource}: exit 3, and the verb is named${longUnless(verb === 'patch')}`, async () => {
          const rules = await cluster.rules();
          const without = rules.map((rule) =>
            rule.resources[0] === resource
              ? { ...rule, verbs: rule.verbs.filter((each) => each !== verb) }
              : rule,
          );
          await cluster.setRules(without);
          try {
            const kind = resource === 'secrets' ? 'secret' : 'deployment';
            await expectRefused(3, new RegExp(`"${verb}" on ${kind}s? `, 'i'));
          } finally {
            await cluster.setRules(rules);
          }
        });
      }

      it('a DaemonSet is named instead of a Deployment: exit 2, and the message says so', async () => {
        const rules = await cluster.rules();
        const named = rules.map((rule) =>
          rule.apiGroups[0] === 'apps' ? { ...rule, resourceNames: ['openemr-daemon'] } : rule,
        );
        await cluster.setRules(named);
        const { environment } = site;
        site.environment = { ...environment, K8S_DEPLOYMENT_NAME: 'openemr-daemon' };
        try {
          await expectRefused(2, /openemr-daemon does not exist .*DaemonSet is not a Deployment/);
        } finally {
          site.environment = environment;
          await cluster.setRules(rules);
        }
      });

      it('no replicas, and a paused Deployment: exit 2, and what to do @long', async () => {
        await cluster.patchDeployment({ spec: { paused: true } });
        await expectRefused(2, /is paused.*kubectl rollout resume/);
        await cluster.patchDeployment({ spec: { paused: false, replicas: 0 } });
        await expectRefused(2, /has no replicas.*scale it up/);
        await cluster.patchDeployment({ spec: { replicas: 1 } });
      });

      it('the Secret has a second owner: exit 2, and the owner is named, by status too @long', async () => {
        const data = await site.kubernetesSecretData();
        const user = data['mysql-user'] ?? '';
        await cluster.setSecret({ 'mysql-user': `${user}x` }, 'argocd-controller');
        await cluster.setSecret({ 'mysql-user': user }, 'argocd-controller');
        await expectRefused(2, /has mysql-user written by Argo CD/);
        const status = await run(site, ['status', '--json']);
        expectCode(status, 10);
        const { drift } = JSON.parse(status.stdout) as StatusReport;
        expect(drift.map(({ kind }) => kind)).to.deep.equal(['other-owner']);
        expect(drift[0]?.text).to.include('written by Argo CD');
        await cluster.deleteSecret();
        const owner = {
          apiVersion: 'external-secrets.io/v1',
          kind: 'ExternalSecret',
          name: 'db',
          uid: 'u-1',
        };
        await cluster.createSecret(data);
        await cluster.patchSecret({ metadata: { ownerReferences: [{ ...owner, controller: true }] } });
        // The garbage collector of the lab cannot find such an owner, and takes the Secret away in the end.
        await expectRefused(2, /belongs to ExternalSecret db/);
        await cluster.deleteSecret().catch(() => undefined);
        await cluster.createSecret(data);
      });

      it('the Secret is immutable, or is not there: exit 2', async () => {
        const data = await site.kubernetesSecretData();
        await cluster.deleteSecret();
        await expectRefused(2, /Secret \S+ does not exist/);
        await cluster.createSecret(data, { immutable: true });
        await expectRefused(2, /is immutable/);
        await cluster.deleteSecret();
        await cluster.createSecret(data);
      });

      it('an API server that is busy, or cuts the connection, is asked again; one that stays away ends with exit 4', async () => {
        for (const how of [{ respond: { ...busy, status: 429 } }, { respond: busy }, {}])
          fault({ verb: 'get', resource: 'secrets', times: 1, when: 'before', ...how });
        expectCode(await run(site, ['--dry-run']), 0);
        const remove = fault({ verb: '*', resource: '*', when: 'before', respond: busy });
        await expectRefused(4, /does not answer "get".*503/);
        remove();
      });
    });

    describe('a restart that could not succeed is refused before any write, in the dry run and by verify', () => {
      before(() => open({ replicas: 1 }));
      after(close);

      /** Only this site's namespace. */
      const ours = (): object => ({ matchLabels: { 'kubernetes.io/metadata.name': site.namespace } });
      const updatesOf = (group: string, resources: string): object => ({
        apiGroups: [group],
        apiVersions: ['v1'],
        operations: ['UPDATE'],
        resources: [resources],
      });

      it('a webhook that is down, for the Secret, and a policy that denies, for the Deployment: exit 3 with both, then 4', async () => {
        const webhook = {
          name: 'guard.lab.example',
          clientConfig: { url: 'https://127.0.0.1:1/guard' },
          rules: [updatesOf('', 'secrets')],
          namespaceSelector: ours(),
          failurePolicy: 'Fail',
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
        };
        const named = { metadata: { name: `lab-${site.namespace}` } };
        const noWebhook = await cluster.createGuard('validatingwebhookconfigurations', {
          ...named,
          webhooks: [webhook],
        });
        const matchConstraints = {
          namespaceSelector: ours(),
          resourceRules: [updatesOf('apps', 'deployments')],
        };
        const validations = [{ expression: 'false', message: 'no deploy at night' }];
        const noPolicy = await cluster.createGuard('validatingadmissionpolicies', {
          ...named,
          spec: { failurePolicy: 'Fail', matchConstraints, validations },
        });
        const noBinding = await cluster.createGuard('validatingadmissionpolicybindings', {
          ...named,
          spec: { policyName: named.metadata.name, validationActions: ['Deny'] },
        });
        try {
          await Promise.all([cluster.refuses('Secret'), cluster.refuses('Deployment')]);
          const down =
            /The patch of Secret \S+ would be refused because the admission webhook guard\.lab\.example gives no answer \(.*connection refused/;
          const denies =
            /The patch of Deployment \S+ would be refused \(422: .*ValidatingAdmissionPolicy .*no deploy at night\); let that rule allow/;
          await expectRefused(3, new RegExp(`${down.source}[^]*${denies.source}`));
          const verified = await run(site, ['verify']);
          expectCode(verified, 3);
          expect(verified.stdout).to.match(down).and.to.match(denies);
          await Promise.all([noPolicy(), noBinding()]);
          expectCode(await run(site, ['--sync-db-users', '--dry-run']), 0);
          await cluster.takes('Deployment');
          const alone = await run(site, ['--dry-run']);
          expectCode(alone, 4);
          expect(`${alone.stdout}\n${alone.stderr}`).to.match(down).and.not.to.match(denies);
        } finally {
          await noWebhook();
        }
      });

      it('a webhook that does not take dry runs is no refusal: the rotation says what it could not see', async () => {
        await cluster.takes('Secret');
        const message = 'admission webhook "guard.lab.example" does not support dry run';
        const respond = { status: 400, reason: 'BadRequest', message };
        const remove = fault({ verb: 'patch', resource: 'secrets', dryRun: true, when: 'before', respond });
        const result = await run(site, ['--dry-run']).finally(remove);
        expectCode(result, 0);
        expect(`${result.stdout}\n${result.stderr}`).to.match(
          /Whether Secret \S+ can be patched shows at the patch only: admission webhook "guard\.lab\.example"/,
        );
      });

      it('a quota without room for one more pod, where the Role lets quotas be seen: exit 4', async () => {
        const rules = await cluster.rules();
        await cluster.setRules([
          ...rules,
          { apiGroups: [''], resources: ['resourcequotas'], verbs: ['list'] },
        ]);
        const metadata = { name: 'one-pod' };
        await cluster.create('resourcequotas', { metadata, spec: { hard: { pods: '1' } } });
        try {
          await cluster.quotaCounts(metadata.name, 1);
          await expectRefused(
            4,
            /ResourceQuota one-pod has no room for one more pod .*\(pods: 1 of 1 used\)/,
          );
        } finally {
          await cluster.delete('resourcequotas', metadata.name);
          await cluster.setRules(rules);
        }
      });

      it('a rollout that is stuck: exit 4; but not where the database refuses the login of OpenEMR: that one is mended @long', async () => {
        const before = await snapshot(site);
        await site.podFault('never-ready', { rollouts: 1 });
        const template = { metadata: { annotations: { 'lab/release': '2' } } };
        await cluster.patchDeployment({ spec: { progressDeadlineSeconds: 2, template } });
        await until('the rollout is stuck', async () => {
          const { conditions = [] } = (await cluster.deployment()).status as {
            conditions?: { reason: string }[];
          };
          return conditions.some(({ reason }) => reason === 'ProgressDeadlineExceeded');
        });
        await expectRefused(
          4,
          /The last rollout of Deployment \S+ is stuck: .*timed out progressing; fix that/,
        );
        const verified = await run(site, ['verify']);
        expectCode(verified, 4);
        expect(verified.stdout).to.match(/The last rollout of .*; fix that/);
        await cluster.patchDeployment({ spec: { progressDeadlineSeconds: 60 } });
        const { username } = before[slotOf(before.active)];
        await alterPassword(lab, username, 'Changed-by-somebody-1');
        const mended = await run(site);
        expectCode(mended, 0);
        expect(mended.stderr).to.match(/The last rollout of|still rolling out/);
        await expectHealthy(site, otherSlot(slotOf(before.active)));
      });
    });

    describe('on the way of a rotation', () => {
      before(() => open({ progressDeadlineSeconds: 60 }));
      after(close);

      /** Runs until all is well, at most twice; the other slot is active then, and foreign keys of the Secret stand. */
      async function rotatesInTheEnd(code: 0 | 13, first: () => Promise<Run>): Promise<void> {
        const before = await snapshot(site);
        const canary = site.canary();
        expectCode(await first(), code);
        if (code !== 0) {
          const undone = await snapshot(site);
          expect(undone.slots).to.deep.equal(before.slots);
          expectCode(await run(site), 0);
        }
        const after = await expectHealthy(site, otherSlot(slotOf(before.active)));
        expect(after.secret['openemr-admin-password']).to.equal(before.secret['openemr-admin-password']);
        const logins = await canary.stop();
        expect(logins.failed, logins.failures.join('\n')).to.equal(0);
      }

      it('409 and 429 to the patches, which are not tried again: rolled back, and the next run rotates @long', async () => {
        const refusals: [string, { status: number; reason: string }][] = [
          ['secrets', { status: 409, reason: 'Conflict' }],
          ['deployments', { status: 429, reason: 'TooManyRequests' }],
        ];
        for (const [resource, answer] of refusals) {
          const respond = { ...answer, message: 'said the lab' };
          await rotatesInTheEnd(13, async () => {
            const remove = fault({ verb: 'patch', resource, times: 1, when: 'before', respond });
            return run(site).finally(remove);
          });
        }
      });

      it('killed while the pods are replaced: the next run waits for the same rollout, and restarts nothing again', async () => {
        const { metadata } = await cluster.deployment();
        const runId = `wait-${site.name}`;
        let remove = (): void => undefined;
        const wait = { verb: 'get', resource: 'deployments', when: 'before' } as const;
        fault({
          verb: 'patch',
          resource: 'deployments',
          times: 1,
          when: 'after',
          respond: 'pass',
          onDone: () => void (remove = fault({ ...wait, times: 1, onMatch: () => killRun(runId) })),
        });
        const killed = await run(site, [], { FAULT_RUN: runId });
        remove();
        expect(killed.signal).to.equal('SIGKILL');
        const token = (await cluster.deployment()).spec.template.metadata.annotations?.[restartedAt];
        expectCode(await run(site), 0);
        const after = await cluster.deployment();
        expect(after.spec.template.metadata.annotations?.[restartedAt]).to.equal(token);
        expect(after.metadata.generation).to.equal(metadata.generation + 1);
      });

      it('a deploy at the same time, slow: waits for the newest generation, longer than the deadline, and both are running', async () => {
        await cluster.patchDeployment({ spec: { minReadySeconds: 4, progressDeadlineSeconds: 7 } });
        const deploy = { spec: { template: { metadata: { annotations: { 'lab/release': '2' } } } } };
        const remove = fault({
          verb: 'patch',
          resource: 'deployments',
          times: 1,
          when: 'after',
          respond: 'pass',
          onDone: () => cluster.patchDeployment(deploy),
        });
        const started = Date.now();
        await rotatesInTheEnd(0, async () => run(site).finally(remove));
        expect(Date.now() - started, 'slower than the deadline').to.be.greaterThan(7000);
        const { spec, status, metadata } = await cluster.deployment();
        expect(spec.template.metadata.annotations)
          .to.include({ 'lab/release': '2' })
          .and.to.have.property(restartedAt);
        expect(status).to.include({
          observedGeneration: metadata.generation,
          updatedReplicas: 2,
          replicas: 2,
        });
        await cluster.patchDeployment({ spec: { minReadySeconds: 0, progressDeadlineSeconds: 60 } });
      });

      it('new pods crash: ends early with the reason of the pod, where the Role lets it see pods', async () => {
        const rules = await cluster.rules();
        await cluster.setRules([...rules, { apiGroups: [''], resources: ['pods'], verbs: ['list'] }]);
        const before = await snapshot(site);
        await site.podFault('crash', { rollouts: 1 });
        const result = await run(site);
        expectCode(result, 13);
        expect(result.stderr).to.match(/does not roll out: .*pod \S+: its container ended \d+ times/);
        expect((await snapshot(site)).slots).to.deep.equal(before.slots);
        await expectHealthy(site, slotOf(before.active));
        await site.podFault('none');
        await cluster.setRules(rules);
      });

      it('a quota forbids new pods: ends early with what the Deployment says, is held, and the next run rotates @long', async () => {
        const metadata = { name: 'no-more-pods' };
        await cluster.create('resourcequotas', { metadata, spec: { hard: { pods: '2' } } });
        await cluster.quotaCounts(metadata.name, 2);
        const canary = site.canary();
        const load = site.load({ ratePerSecond: 10 });
        const before = await snapshot(site);
        const held = await run(site);
        await cluster.delete('resourcequotas', metadata.name);
        expectCode(held, 12);
        expect(held.stderr).to.match(/FailedCreate \(.*exceeded quota/);
        expect((await snapshot(site)).file).to.deep.equal(before.file);
        expectCode(await run(site), 0);
        await expectHealthy(site, otherSlot(slotOf(before.active)));
        const [logins, served] = [await canary.stop(), await load.stop()];
        expect(logins.failed, logins.failures.join('\n')).to.equal(0);
        expect(served.failed, served.examples.join('\n')).to.equal(0);
      });

      it('the API server goes away after the restart was asked for: held, both passwords work, and the next run rotates', async () => {
        const before = await snapshot(site);
        let remove = (): void => undefined;
        fault({
          verb: 'patch',
          resource: 'deployments',
          times: 1,
          when: 'after',
          respond: 'pass',
          onDone: () => void (remove = fault({ verb: '*', resource: '*', when: 'before', respond: busy })),
        });
        const held = await run(site, ['--timeout', '3']);
        remove();
        expectCode(held, 12);
        expect(held.stderr).to.match(/rollback did not finish.*Run again to finish/);
        await expectPasswordsOf(before);
        expectCode(await run(site), 0);
        await expectHealthy(site, otherSlot(slotOf(before.active)));
      });

      /** No account of before was changed. */
      async function expectPasswordsOf(before: WorldSnapshot): Promise<void> {
        const now = await snapshot(site);
        expect(now.slots['A']).to.deep.equal(before.slots['A']);
        for (const { username, password } of [before.A, before.B])
          expect(await site.canLogin(username, password), `${username} logs in`).to.equal(true);
      }
    });

    describe('somebody else writes the Secret', () => {
      before(() => open({ replicas: 1 }));
      after(close);

      /** Does something to the world just before the Secret is read the last time before the cut-over. */
      async function runWhile(meanwhile: () => Promise<void>): Promise<Run> {
        let met = 0;
        const remove = fault({
          verb: 'get',
          resource: 'secrets',
          // The first two are the observation's and the preflight's.
          skip: 2,
          times: 1,
          when: 'before',
          respond: 'pass',
          onMatch: () => meanwhile().then(() => void (met += 1)),
        });
        const result = await run(site).finally(remove);
        expect(met).to.equal(1);
        return result;
      }

      it('our keys before the cut-over: stops before the switch and leaves them; then rotates from there, whatever happens to other keys @long', async () => {
        const before = await snapshot(site);
        const data = { 'mysql-host': 'localhost' };
        const stopped = await runWhile(() => cluster.setSecret(data));
        expectCode(stopped, 4);
        expect(stopped.stderr).to.match(/changed by somebody else during this rotation \(mysql-host\)/);
        expect(stopped.stderr).to.match(/Nothing was switched/);
        const now = await snapshot(site);
        expect(now).to.deep.equal({ ...before, secret: { ...before.secret, ...data } });
        const foreign = { 'openemr-admin-password': 'changed-meanwhile' };
        const rotated = await runWhile(() => cluster.setSecret(foreign));
        expectCode(rotated, 0);
        const after = await expectHealthy(site, 'B');
        expect(after.secret).to.include(foreign);
      });

      it('a controller that puts it back at once: rolled back, nothing renewed', async () => {
        const before = await snapshot(site);
        const back = Object.fromEntries(
          Object.entries(before.secret).filter(([key]) => key.startsWith('mysql-')),
        );
        const remove = fault({
          verb: 'patch',
          resource: 'secrets',
          when: 'after',
          respond: 'pass',
          onDone: () => cluster.setSecret(back, 'some-controller'),
        });
        const canary = site.canary();
        const result = await run(site).finally(remove);
        expectCode(result, 13);
        expect(result.stderr).to.match(/no longer says what this rotation wrote.*another controller/);
        expect((await snapshot(site)).slots).to.deep.equal(before.slots);
        await expectHealthy(site, slotOf(before.active));
        expect((await canary.stop()).failed).to.equal(0);
      });

      it('put back after the flip: held, the account that it names is not renewed; the next run patches it again and finishes @long', async () => {
        const before = await snapshot(site);
        const left = before[slotOf(before.active)];
        const back = { 'mysql-user': left.username, 'mysql-password': left.password };
        const canary = site.canary();
        const held = await runPaused(site, 'slot secret: flip active_slot', 'after', () =>
          cluster.setSecret(back),
        );
        expectCode(held, 12);
        expect(held.stderr).to.match(/is in use by Secret/);
        expect(await site.canLogin(left.username, left.password)).to.equal(true);
        expectCode(await run(site), 0);
        await expectHealthy(site, otherSlot(slotOf(before.active)));
        const logins = await canary.stop();
        expect(logins.failed, logins.failures.join('\n')).to.equal(0);
      });

      it('put back between two rotations, and the slot secret too: one run reconciles all of them @long', async () => {
        const { active, slots, ...before } = await snapshot(site);
        const [here, other] = [slotOf(active), otherSlot(slotOf(active))];
        await cluster.setSecret({
          'mysql-user': before[other].username,
          'mysql-password': before[other].password,
        });
        await putSecret(site, site.slotSecretId, JSON.stringify({ ...slots, active_slot: other }));
        expectCode(await run(site), 0);
        const after = await expectHealthy(site, here);
        const kept = (slot: Slot): boolean => after[slot].password === before[slot].password;
        expect(kept(here), 'the live account is not touched').to.equal(true);
        expect(kept(other), 'the other is renewed').to.equal(false);
      });
    });

    it('pods that keep the login of their start rotate without a failed request', async () => {
      await open({ phpMode: 'cached' });
      const load = site.load({ ratePerSecond: 20 });
      const canary = site.canary();
      const result = await run(site);
      const [served, logins] = [await load.stop(), await canary.stop()];
      expectCode(result, 0);
      await expectHealthy(site, 'B');
      expect(served.failed, served.examples.join('\n')).to.equal(0);
      expect(logins.failed, logins.failures.join('\n')).to.equal(0);
      expectNoSecret(site.canaries(), leftOnDisk(site));
      await close();
    });
  });
}
