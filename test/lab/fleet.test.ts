import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { sleep } from '../../src/base/errors';
import type { Lab, Site } from '../../lab';
import type { MemberResult } from '../../src/fleet/outcome';
import { documentedFields, fieldsOf } from '../unit/docs/documented';
import type { Run } from './support/command';
import { documented } from './support/documented';
import { fleetChart, Helm } from './support/chart/helm';
import { makeFleet } from './support/fleet';
import type { Fleet } from './support/fleet';
import { logFolder, runFleet, startFleet } from './support/fleetRun';
import { fleetFileForPods, killIndex, podsOfIndex, prepareFleet, reportOf } from './support/fleetJob';
import { Jobs } from './support/jobs';
import { databases, labWith } from './support/labs';
import { Operator } from './support/operator';
import { expectCode, expectHealthy, expectNoSecret, filesBelow, snapshot } from './support/world';

/** `npm run fleet-demo` has twenty; the cases need no more than these. */
const size = Number(process.env['TEST_FLEET_SIZE'] ?? 4);

interface RunReport {
  outcome: string;
  exitCode: number;
  resumed: boolean;
  since: string;
  counts: Record<string, number>;
  deployments: MemberResult[];
}

for (const database of databases.slice(0, 1)) {
  describe(`fleet (${database})`, function () {
    this.timeout(600_000);
    let lab: Lab;
    let fleet: Fleet;
    let broken: Site;
    let sound: Site[];

    before(async () => {
      lab = await labWith(database);
      fleet = await makeFleet(lab, 'clinic', size);
      [broken, sound] = [fleet.sites.at(-1) as Site, fleet.sites.slice(0, -1)];
    });
    after(() => fleet.remove());

    /** The JSON of a command, of which docs/json.md describes every field. */
    function parsed<T>(section: string, { stdout }: Run): T {
      const report: unknown = JSON.parse(stdout);
      expect([...documentedFields(section).keys()]).to.include.members([...fieldsOf(report).keys()]);
      return report as T;
    }

    /** No password that was or is anywhere stands in what was said, or in a file that the fleet keeps. */
    async function expectNothingLeaked(runs: Run[]): Promise<void> {
      const known = fleet.sites.map(async (site) => {
        const { A, B, admin } = await snapshot(site);
        return [...site.canaries(), A.password, B.password, admin.password];
      });
      const said = runs.flatMap(({ stdout, stderr }) => [stdout, stderr]).join('\n');
      const kept = filesBelow(path.join(fleet.folder, 'home'));
      expectNoSecret([...(await Promise.all(known)).flat(), 'lab-passphrase'], { said, ...kept });
    }

    it('plan and status read every deployment by its own settings, whatever the environment names', async () => {
      const before = await Promise.all(fleet.sites.map(snapshot));
      const plan = await runFleet(fleet, ['plan', '--json']);
      expectCode(plan, 0);
      const { deployments } = parsed<{ deployments: Record<string, unknown>[] }>('fleet plan', plan);
      expect(deployments.map(({ name }) => name)).to.deep.equal(fleet.sites.map(({ name }) => name));
      for (const each of deployments)
        expect(each).to.deep.include({ kind: 'rotate', from: 'A', to: 'B', due: true, problems: [] });
      const two = fleet.sites.slice(1, 3).map(({ name }) => name);
      const status = await runFleet(fleet, ['status', '--json', '--only', ...two]);
      expectCode(status, 0);
      const said = parsed<{ deployments: { slot: string; findings: string[] }[] }>('fleet status', status);
      expect(said.deployments).to.have.lengthOf(2);
      for (const each of said.deployments) expect(each).to.deep.include({ slot: 'A', findings: [] });
      expect(await Promise.all(fleet.sites.map(snapshot))).to.deep.equal(before);
    });

    it('run: one of them breaks and is rolled back, all others are rotated, and no login fails', async () => {
      await broken.podFault('health-500', { rollouts: 1 });
      const canaries = [fleet.sites[0], fleet.sites[1], broken].map((site) => site?.canary());
      const result = await runFleet(fleet, ['run', '--json']);
      for (const canary of canaries) {
        const watched = await canary?.stop();
        expect(watched?.logins).to.be.greaterThan(0);
        expect(watched?.failures).to.deep.equal([]);
      }
      expectCode(result, 13);
      const report = parsed<RunReport>('fleet run', result);
      expect(report.counts).to.deep.equal({
        ...{ all: size, done: size - 1, notDue: 0, rolledBack: 1, held: 0, failed: 0, notStarted: 0 },
      });
      expect(report).to.include({ outcome: 'rolled-back', exitCode: 13, resumed: false });
      const ofBroken = report.deployments.find(({ name }) => name === broken.name);
      expect(ofBroken).to.include({ outcome: 'rolled-back', exitCode: 13, from: 'A', to: 'B', slot: 'A' });
      expect(ofBroken?.message).to.include('HTTP 500');
      for (const site of sound) await expectHealthy(site, 'B');
      await expectHealthy(broken, 'A');
      const status = await runFleet(fleet, ['status', '--since', report.since, '--json']);
      expectCode(status, 13);
      const { counts } = parsed<RunReport>('fleet status', status);
      expect(counts).to.include({ all: size, rotated: size - 1, rolledBack: 1 });
      const [run = ''] = readdirSync(logFolder(fleet));
      for (const { name } of fleet.sites)
        expect(statSync(path.join(logFolder(fleet), run, `${name}.log`)).mode & 0o777).to.equal(0o600);
      await expectNothingLeaked([result]);
    });

    it('the next run touches only what is not rotated; what was killed in it is finished by the one after', async () => {
      const before = await Promise.all(sound.map(snapshot));
      const running = startFleet(fleet, []);
      const worker = await running.step(broken.name, 6);
      process.kill(-worker, 'SIGKILL');
      const killed = await running.ended;
      expectCode(killed, 1);
      expect(killed.stdout).to.match(new RegExp(`^${broken.name} +killed`, 'm'));
      expect(killed.stdout).to.match(/ended by SIGKILL in step \d+; run the fleet again/);
      const last = await runFleet(fleet, ['run', '--json']);
      expectCode(last, 0);
      const report = parsed<RunReport>('fleet run', last);
      expect(report).to.include({ outcome: 'done', resumed: true });
      expect(report.counts).to.include({ all: size, done: size });
      await expectHealthy(broken, 'B');
      expect(await Promise.all(sound.map(snapshot)), 'those rotated before').to.deep.equal(before);
      await expectNothingLeaked([killed, last]);
    });

    it('a signal stops it in order; the run after it begins with what was interrupted, without the journal too', async () => {
      const [first, second, third] = fleet.sites.slice(0, 3) as [Site, Site, Site];
      const words = ['--only', second.name, third.name, '--concurrency', '1'];
      const running = startFleet(fleet, [...words, '--anew']);
      await running.step(second.name, 5);
      running.signal('SIGTERM');
      const stopped = await running.ended;
      expectCode(stopped, 8);
      expect(stopped.stdout).to.match(new RegExp(`^${second.name} +cancelled +8 `, 'm'));
      expect(stopped.stdout).to.match(new RegExp(`^${third.name} +not started`, 'm'));
      expect((await third.slotDocument())['active_slot']).to.equal('B');
      const { since } = /--since (?<since>\S+)\./.exec(stopped.stdout)?.groups ?? {};
      rmSync(path.dirname(logFolder(fleet)), { recursive: true });
      const all = ['--only', first.name, second.name, third.name];
      const finished = await runFleet(fleet, ['run', ...all, '--concurrency', '1', '--since', since ?? '']);
      expectCode(finished, 0);
      const order = [...finished.stderr.matchAll(/^(\S+): started/gm)].map(([, name]) => name);
      expect(order).to.deep.equal([second.name, first.name, third.name]);
      for (const site of [first, second, third]) await expectHealthy(site, 'A');
    });

    it('run with an age leaves out what is younger, by the state of each', async () => {
      const result = await runFleet(fleet, ['run', '--if-older-than', '1d', '--json']);
      expectCode(result, 0);
      const { counts } = parsed<RunReport>('fleet run', result);
      expect(counts).to.include({ all: size, notDue: size });
    });
  });

  describe(`fleet as an Indexed Job (${database})`, function () {
    this.timeout(300_000);
    const namespace = 'rotation-of-wards';
    let lab: Lab;
    let fleet: Fleet;
    let jobs: Jobs;
    /** Of the first Job: what it rotated is left alone. */
    let began = '';

    before(async () => {
      lab = await labWith(database);
      fleet = await makeFleet(lab, 'ward', 3);
      jobs = new Jobs(lab, namespace);
    });
    after(async () => {
      jobs.close();
      await fleet.remove();
    });

    it('shares out the work, takes up the index of a killed pod, and gives up the one that was rolled back', async () => {
      const [killed, sound, broken] = fleet.sites as [Site, Site, Site];
      writeFileSync(fleet.file, await fleetFileForPods(lab, fleet, namespace));
      // Whole seconds, and later than the passwords that the fleet begins with: else those were "rotated since".
      const soon = Math.ceil(Date.now() / 1000) * 1000;
      await sleep(soon - Date.now());
      began = `${new Date(soon).toISOString().slice(0, 19)}Z`;
      const manifest = await runFleet(fleet, ['manifest', '--concurrency', '3']);
      expectCode(manifest, 0);
      await broken.podFault('health-500', { rollouts: 1 });
      // It assembles the image without a pause, in which a login that waits would seem to time out.
      await prepareFleet(lab, fleet, namespace);
      const canary = killed.canary();
      const kubectl = new Operator(lab, killed, killed.folder);
      const applied = await kubectl.run(['kubectl', 'apply', '-f', '-'], manifest.stdout);
      const [, job = ''] = /^job\S*\/(\S+) created$/m.exec(applied) ?? [];

      const victim = await killIndex(jobs, job, 0, 6);

      expect(await jobs.ended(job, 240_000)).to.equal('Failed');
      const { completedIndexes, failedIndexes, failed } = await jobs.status(job);
      expect({ completedIndexes, failedIndexes, failed }).to.deep.equal({
        ...{ completedIndexes: '0,1', failedIndexes: '2', failed: 2 },
      });
      const { failures } = await canary.stop();
      expect(failures).to.deep.equal([]);
      const second = (await podsOfIndex(jobs, job, 0)).filter((name) => name !== victim);
      expect(second).to.have.lengthOf(1);
      expect(lab.podLogs(namespace, second[0] ?? '')).to.include('"resumed":true');
      expect(await podsOfIndex(jobs, job, 2), 'tries of the one that was rolled back').to.have.lengthOf(1);
      for (const site of [killed, sound]) await expectHealthy(site, 'B');
      await expectHealthy(broken, 'A');

      const report = await reportOf(jobs, job);
      expect([...documentedFields('fleet status').keys()]).to.include.members([...fieldsOf(report).keys()]);
      expect(report.exitCode).to.equal(13);
      expect(report.counts).to.deep.equal({
        ...{ all: 3, rotated: 2, rolledBack: 1, unfinished: 0, notDue: 0, notRotated: 0 },
      });
      expect(report.deployments.map(({ slot, standing }) => `${slot} ${standing}`)).to.deep.equal([
        'B rotated',
        'B rotated',
        'A rolled-back',
      ]);
      const known = fleet.sites.flatMap((site) => site.canaries());
      const said = JSON.stringify(report);
      const logs = (await jobs.logs(job)).join('\n');
      expectNoSecret(known, { manifest: manifest.stdout, logs, said });
    });

    it('the Helm chart, with the fleet file as its values, rotates what the first Job left', async () => {
      const [, , broken] = fleet.sites as [Site, Site, Site];
      const helm = new Helm(fleet.folder, lab.kubernetes.adminKubeconfig);
      const given: Record<string, string> = {
        clinics: 'wards',
        'infra/fleet-chart': fleetChart,
        'credential-rotation': namespace,
        'fleet.yaml': fleet.file,
        'since=2026-01-31T03:00:00Z': `since=${began}`,
      };
      const [, ...words] = documented('docs/fleet.md', 'helm').words;
      const own = ['--set', 'name=wards,report=true'];
      const installed = await helm.run(...words.map((word) => given[word] ?? word), ...own);
      expect(installed.code, installed.stderr).to.equal(0);
      const [, job = ''] = /get job (\S+)/.exec(installed.stdout) ?? [];
      expect(await jobs.ended(job, 180_000), (await jobs.logs(job)).join('\n')).to.equal('Complete');
      await expectHealthy(broken, 'B');
      const { exitCode, counts } = await reportOf(jobs, job);
      expect({ exitCode, rotated: counts['rotated'] }).to.deep.equal({ exitCode: 0, rotated: 3 });
      const removed = await helm.run(
        'uninstall',
        'wards',
        '-n',
        namespace,
        '--wait',
        '--cascade',
        'foreground',
      );
      expect(removed.code, removed.stderr).to.equal(0);
      for (const { namespace: of } of fleet.sites) {
        const roles = `/apis/rbac.authorization.k8s.io/v1/namespaces/${of}/roles`;
        const { items } = await jobs.client.get<{ items: { metadata: { name: string } }[] }>(roles);
        expect(items.map(({ metadata }) => metadata.name)).not.to.include('wards-rotation-role');
      }
    });
  });
}
