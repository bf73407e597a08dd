import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import type { StatusReport } from '../../src/inspect/status/report';
import { runWithFault } from '../faults/sweep';
import { s3Backend } from './support/backends';
import { Cluster } from './support/cluster';
import { run } from './support/command';
import { databases, labWith } from './support/labs';
import { putSecret } from './support/secrets';
import { alterPassword, expectCode, expectNoSecret, replaceLogin, snapshot } from './support/world';
import { until } from './support/until';

type Changes = Record<string, string | undefined>;

// Which database it is matters only to the logins, which other tests try on both.
for (const database of databases.slice(0, 1)) {
  describe(`status of what differs (${database})`, function () {
    this.timeout(240_000);
    let lab: Lab;
    let site: Site;
    let cluster: Cluster;

    before(async () => {
      lab = await labWith(database);
    });
    beforeEach(async () => {
      site = await lab.createSite();
      cluster = new Cluster(lab, site);
    });
    afterEach(async () => {
      cluster.close();
      await site.remove();
    });

    async function status(changes: Changes = {}): Promise<StatusReport> {
      const { stdout, stderr, code } = await run(site, ['status', '--json'], changes);
      expectNoSecret(site.canaries(), { stdout, stderr });
      const report = JSON.parse(stdout) as StatusReport;
      expect(code).to.equal(report.exitCode);
      return report;
    }

    /** The kinds of drift, and nothing else is wrong. */
    async function kinds(): Promise<string[]> {
      const { drift, exitCode, unreadable } = await status();
      expect(unreadable).to.deep.equal([]);
      expect(exitCode).to.equal(drift.length === 0 ? 0 : 10);
      return drift.map(({ kind }) => kind);
    }

    it('endpoint: the slot secret names the server otherwise than the file; the admin secret may do so for the same server', async () => {
      const { A, B, admin, slots } = await snapshot(site);
      const named = { host: 'localhost' };
      await putSecret(site, site.adminSecretId, JSON.stringify({ ...admin, ...named }));
      expect(await kinds(), 'another name of the same server').to.deep.equal([]);
      const moved = { ...slots, A: { ...A, ...named }, B: { ...B, ...named } };
      await putSecret(site, site.slotSecretId, JSON.stringify(moved));
      expect(await kinds()).to.deep.equal(['endpoint']);
    });

    it('stale-password: a person changed the live password everywhere but in the slot secret', async () => {
      const { A } = await snapshot(site);
      const changed = { username: A.username, password: 'Changed-by-a-person-1' };
      await alterPassword(lab, changed.username, changed.password);
      writeFileSync(site.sqlconfFile, replaceLogin(readFileSync(site.sqlconfFile, 'utf8'), changed));
      await cluster.setSecret({ 'mysql-password': changed.password });
      expect(await kinds()).to.deep.equal(['stale-password', 'slot-login-refused']);
    });

    it('rollout: a rollout that never ends', async () => {
      await site.podFault('never-ready', { rollouts: 1 });
      await cluster.patchDeployment({
        spec: {
          progressDeadlineSeconds: 2,
          template: { metadata: { annotations: { 'lab/release': '2' } } },
        },
      });
      let seen: string[] = [];
      await until(
        'status tells a drift',
        async () => (seen = (await status()).drift.map(({ kind }) => kind)).length > 0,
        { limitMs: 60_000, everyMs: 500 },
      );
      expect(seen).to.deep.equal(['rollout']);
    });

    it('state: OpenEMR was moved by hand after a rotation; the password of either slot was changed by hand', async () => {
      expectCode(await run(site), 0);
      expect(await kinds()).to.deep.equal([]);
      const { A, B, slots } = await snapshot(site);
      const replaced = { ...A, password: 'Changed-by-a-person-1' };
      await alterPassword(lab, A.username, replaced.password);
      await putSecret(site, site.slotSecretId, JSON.stringify({ ...slots, A: replaced }));
      const { drift } = await status();
      expect(drift.map(({ kind, text }) => [kind, /password for slot A/.test(text)])).to.deep.equal([
        ['state', true],
      ]);
      await alterPassword(lab, A.username, A.password);
      await putSecret(site, site.slotSecretId, JSON.stringify({ ...slots, active_slot: 'A' }));
      writeFileSync(site.sqlconfFile, replaceLogin(readFileSync(site.sqlconfFile, 'utf8'), A));
      await cluster.setSecret({ 'mysql-user': A.username, 'mysql-password': A.password });
      expect(await kinds()).to.deep.equal(['state']);
      expect(B.username).to.equal(site.users.B);
    });

    it('the last rotation: why it stopped, then why it was rolled back; a sync is none, and hides none', async () => {
      const held = await runWithFault(site, { point: 'slot secret: flip active_slot', mode: 'fail-before' });
      expectCode(held, 12);
      const { unfinished, exitCode } = await status();
      expect(exitCode).to.equal(10);
      expect(unfinished?.failure?.step).to.equal(9);
      expect(unfinished?.failure?.message).to.match(/\w/);
      expectCode(await run(site), 0);
      const finished = await status();
      expect(finished.lastRotation).to.include({ id: unfinished?.id, end: 'done', failure: null });

      await site.podFault('health-500', { rollouts: 1 });
      expectCode(await run(site), 13);
      const { lastRotation: undone } = await status();
      expect(undone).to.include({ kind: 'rollback', end: 'rolled-back' });
      expect(undone?.failure?.step).to.equal(8);

      expectCode(await run(site, ['--sync-db-users']), 0);
      const synced = await status();
      expect(synced.exitCode).to.equal(0);
      expect(synced.lastRotation).to.deep.include({
        id: undone?.id,
        end: 'rolled-back',
        failure: undone?.failure,
      });
      expect(synced.notes.join()).to.include('A sync of the users');
    });

    describe('with a backend that is away', () => {
      /** Nobody listens there. */
      const closed = (): Changes => ({
        PULUMI_BACKEND_URL: `s3://bucket?${s3Backend(lab).replace(/endpoint=[^&]+/, 'endpoint=127.0.0.1:9')}`,
      });

      it('all else is told: exit 4 and “?” where nothing differs, 10 where something does', async () => {
        const shown = await run(site, ['status'], closed());
        expectCode(shown, 4);
        const lines = shown.stdout.trim().split('\n');
        expect(lines[0]).to.equal(
          `? OpenEMR runs on slot A (${site.users.A}), and all that could be read agrees; not known: whether a rotation is unfinished (the state cannot be read).`,
        );
        expect(shown.stdout).to.match(/✗ state: .*does not answer/);
        expect(lines.at(-1)).to.match(/^Next: Fix the state first/);
        const { B } = await snapshot(site);
        await alterPassword(lab, B.username, 'Drifted-away-1234');
        const report = await status(closed());
        expect([report.outcome, report.exitCode]).to.deep.equal(['drift', 10]);
        expect(report.unreadable.map(({ part }) => part)).to.deep.equal(['state']);
        expect(report.drift.map(({ kind }) => kind)).to.deep.equal(['slot-login-refused']);
      });

      it('a folder that is gone knows of no rotation; verify says that there is no stack', async () => {
        expectCode(await run(site), 0);
        const folder = (site.environment['PULUMI_BACKEND_URL'] ?? '').replace('file://', '');
        rmSync(folder, { recursive: true });
        const { exitCode, state, notes } = await status();
        expect([exitCode, state?.found]).to.deep.equal([0, false]);
        expect(notes.join()).to.include('The state knows of no rotation');
        const verified = await run(site, ['verify']);
        expectCode(verified, 0);
        expect(verified.stdout).to.match(/\? the state can be read.*: There is no stack in/);
        mkdirSync(folder);
      });

      it('verify says so, and checks all else', async () => {
        const verified = await run(site, ['verify'], closed());
        expectCode(verified, 4);
        expect(verified.stdout).to.match(/✗ the state can be read.*does not answer/);
        expect(verified.stdout)
          .to.match(/✓ both secrets can be written/)
          .and.to.match(/✓ the health page is good/);
      });
    });
  });
}
