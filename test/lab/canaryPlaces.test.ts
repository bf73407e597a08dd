import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { V1Pod, V1PodSpec } from '@kubernetes/client-node';
import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { canaryLeft } from '../faults/sweep';
import { Cluster } from './support/cluster';
import type { Run } from './support/command';
import { run } from './support/command';
import { databases, labWith } from './support/labs';
import { until } from './support/until';
import { expectCode, expectHealthy, snapshot } from './support/world';

const canaryPod = 'credential-rotation-canary-openemr';
/** What an init container of the image's kind does at each start: the set-up, unless it is somebody else's. */
const setUp = (log: string): string[] => ['/bin/sh', '-c', `echo "\${MANUAL_SETUP:-set-up}" >> '${log}'`];

/** A template with what clusters add to it. The lab's kubelet runs the first container and the init containers. */
function rich(spec: V1PodSpec, log: string): V1PodSpec {
  const [openemr, ...more] = spec.containers;
  if (openemr === undefined) throw new Error('the Deployment has no container');
  const { image, volumeMounts = [] } = openemr;
  const token = { path: 'token', audience: 'sts.amazonaws.com', expirationSeconds: 3600 };
  return {
    ...spec,
    serviceAccountName: 'openemr-app',
    imagePullSecrets: [{ name: 'registry' }],
    initContainers: [
      { name: 'prepare', image: image ?? '', command: setUp(log), volumeMounts },
      { name: 'proxy', image: 'mesh/proxy:1', restartPolicy: 'Always' },
    ],
    containers: [
      {
        ...openemr,
        imagePullPolicy: 'IfNotPresent',
        readinessProbe: { ...openemr.readinessProbe, initialDelaySeconds: 300 },
        volumeMounts: [...volumeMounts, { name: 'aws-token', mountPath: '/var/run/aws' }],
      },
      ...more,
      { name: 'logs', image: 'fluent-bit:1' },
    ],
    volumes: [
      ...(spec.volumes ?? []),
      { name: 'aws-token', projected: { sources: [{ serviceAccountToken: token }] } },
    ],
  };
}

const nameOf = ({ metadata }: V1Pod): string => metadata?.name ?? '';

/** What a pod has of its template, and a canary like the others. */
const kept = (spec: V1PodSpec | undefined): object => ({
  account: spec?.serviceAccountName,
  pull: spec?.imagePullSecrets,
  volumes: spec?.volumes,
  init: spec?.initContainers?.map(({ name, image, restartPolicy }) => ({ name, image, restartPolicy })),
  containers: spec?.containers.map(({ name, image, imagePullPolicy }) => ({ name, image, imagePullPolicy })),
});

for (const database of databases.slice(0, 1)) {
  describe(`where a canary is made (${database})`, function () {
    this.timeout(300_000);
    let lab: Lab;
    let site: Site;
    let cluster: Cluster;
    let log: string;

    before(async () => {
      lab = await labWith(database);
      site = await lab.createSite({ canary: true, progressDeadlineSeconds: 900 });
      cluster = new Cluster(lab, site);
      log = path.join(site.folder, 'starts.log');
      await cluster.create('serviceaccounts', { metadata: { name: 'openemr-app' } });
      await cluster.changeTemplate((spec) => rich(spec, log));
      await cluster.createAutoscaler(2, 5);
    });
    after(async () => {
      cluster.close();
      await site.remove();
    });

    /** A run, every pod that was there during it by its name, and those that the autoscaler counted. */
    async function watched(
      args: string[],
    ): Promise<{ run: Run; pods: Map<string, V1Pod>; counted: Set<string> }> {
      const [pods, counted] = [new Map<string, V1Pod>(), new Set<string>()];
      const selector = await cluster.scaleSelector();
      let ended = false;
      const running = run(site, args).finally(() => (ended = true));
      const look = async (): Promise<boolean> => {
        const [all, selected] = await Promise.all([cluster.pods(), cluster.pods(selector)]);
        for (const pod of all) pods.set(nameOf(pod), pods.get(nameOf(pod)) ?? pod);
        for (const pod of selected) counted.add(nameOf(pod));
        return ended;
      };
      await until('the run has ended', look, { limitMs: 200_000, everyMs: 50 });
      return { run: await running, pods, counted };
    }

    /** Nothing was switched, restarted or left. */
    async function expectRefused(args: string[], why: RegExp): Promise<void> {
      const [before, { generation }] = [await snapshot(site), (await cluster.deployment()).metadata];
      const refused = await run(site, args);
      expectCode(refused, 4);
      expect(refused.stdout + refused.stderr)
        .to.match(/which --canary require asks for/)
        .and.to.match(why);
      expect(await snapshot(site)).to.deep.equal(before);
      expect((await cluster.deployment()).metadata.generation).to.equal(generation);
      expect(await canaryLeft(lab, site)).to.deep.equal([]);
    }

    /** One notice, and the rotation goes on without a canary. */
    async function expectNoticed(why: RegExp): Promise<void> {
      const to = (await snapshot(site)).active === 'A' ? 'B' : 'A';
      const { run: rotated, pods } = await watched(['--canary', 'auto']);
      expectCode(rotated, 0);
      const notices = rotated.stderr.split('\n').filter((line) => line.includes('no canary pod could prove'));
      expect(notices, rotated.stderr).to.have.lengthOf(1);
      expect(notices[0]).to.match(why);
      expect([...pods.keys()]).not.to.include(canaryPod);
      await expectHealthy(site, to);
    }

    it('behind a probe of 300 s, an autoscaler, sidecars and a quota with room for one more pod: proved, and nothing restarts twice', async () => {
      const quota = { metadata: { name: 'three' }, spec: { hard: { pods: '3' } } };
      await cluster.create('resourcequotas', quota);
      await cluster.quotaCounts(quota.metadata.name, 2);
      const [begun, { generation }] = [performance.now(), (await cluster.deployment()).metadata];
      const { run: rotated, pods, counted } = await watched(['--canary', 'require']);
      await cluster.delete('resourcequotas', quota.metadata.name);
      expectCode(rotated, 0);
      await expectHealthy(site, 'B');
      expect(performance.now() - begun, 'the probe of 300 s').to.be.below(120_000);
      const canary = pods.get(canaryPod);
      const others = [...pods.values()].filter((pod) => nameOf(pod) !== canaryPod);
      expect(kept(canary?.spec)).to.deep.equal(kept(others.at(-1)?.spec));
      expect(others, 'two old pods and two new ones').to.have.lengthOf(4);
      expect([...counted].sort()).to.deep.equal(others.map(nameOf).sort());
      const now = await cluster.deployment();
      expect([now.spec.replicas, now.metadata.generation]).to.deep.equal([2, generation + 1]);
      expect(await canaryLeft(lab, site)).to.deep.equal([]);
    });

    it('its init containers are told to do no set-up, and only they', () => {
      expect(existsSync(log)).to.equal(true);
      const starts = readFileSync(log, 'utf8').trim().split('\n');
      expect(starts).to.deep.equal(['set-up', 'set-up', 'yes', 'set-up', 'set-up']);
    });

    it('a quota of pods that have a deadline: require refuses, in the dry run too, and auto says why and rotates @long', async () => {
      const quota = { metadata: { name: 'no-jobs' }, spec: { hard: { pods: '0' }, scopes: ['Terminating'] } };
      await cluster.create('resourcequotas', quota);
      await cluster.quotaCounts(quota.metadata.name, 0);
      const why = /the API server refused it \(403: .*exceeded quota: no-jobs/;
      await expectRefused(['--canary', 'require', '--dry-run'], why);
      await expectRefused(['--canary', 'require'], why);
      await expectNoticed(why);
      await cluster.delete('resourcequotas', quota.metadata.name);
    });

    it('without the Role: require refuses, in the dry run too, and auto says why and rotates', async () => {
      await cluster.denyCanaries();
      const why = /RBAC does not allow "create" on pods; infra\/kubernetes\/role-canary\.yaml grants it/;
      await expectRefused(['--canary', 'require', '--dry-run'], why);
      await expectRefused(['--canary', 'require'], why);
      await expectNoticed(why);
    });
  });
}
