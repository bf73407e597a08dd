import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { KubernetesClient } from '../../lab/kubernetes-client';
import type { StatusReport } from '../../src/inspect/status/report';
import { runPaused, runWithFault } from '../faults/sweep';
import { documentedFields, fieldsOf } from '../unit/docs/documented';
import type { Run } from './support/command';
import { run } from './support/command';
import { databases, labWith } from './support/labs';
import { putSecret } from './support/secrets';
import {
  alterPassword,
  expectCode,
  expectHealthy,
  expectNoSecret,
  leftOnDisk,
  replaceLogin,
  snapshot,
} from './support/world';
import type { WorldSnapshot } from './support/world';
import { Writes } from './support/writes';

type Changes = Record<string, string | undefined>;

// Which database it is matters only to the logins, which other tests try on both.
for (const database of databases.slice(0, 1)) {
  describe(`status (${database})`, function () {
    this.timeout(240_000);
    let lab: Lab;
    let site: Site;

    beforeEach(async () => {
      lab = await labWith(database);
    });

    /** The text, which must hold no password. */
    async function text(changes: Changes = {}): Promise<Run> {
      const shown = await run(site, ['status'], changes);
      expectNoSecret(site.canaries(), { stdout: shown.stdout, stderr: shown.stderr });
      return shown;
    }

    /** The JSON, of which docs/json.md describes every field. */
    async function status(changes: Changes = {}): Promise<StatusReport & { code: number | null }> {
      const { stdout, stderr, code } = await run(site, ['status', '--json'], changes);
      expectNoSecret(site.canaries(), { stdout, stderr });
      const report = JSON.parse(stdout) as StatusReport;
      expect([...documentedFields('status').keys()]).to.include.members([...fieldsOf(report).keys()]);
      expect(report.exitCode).to.equal(code);
      return { ...report, code };
    }

    describe('of a world that nobody rotated yet', () => {
      let healthy: WorldSnapshot;
      before(async () => {
        lab = await labWith(database);
        site = await lab.createSite();
        healthy = await snapshot(site);
      });
      after(() => site.remove());

      it('all agrees: the first line says what is live, the last what to do; nothing is written anywhere', async () => {
        const files = Object.keys(leftOnDisk(site));
        const writes = new Writes(lab, site);
        const shown = await text();
        expectCode(shown, 0);
        const lines = shown.stdout.trim().split('\n');
        expect(lines[0]).to.equal(`✓ OpenEMR runs on slot A (${site.users.A}), and everything agrees.`);
        expect(lines.at(-1)).to.match(/^Next: Nothing to do\. The next run moves OpenEMR to slot B/);
        expect(await writes.found()).to.deep.equal([]);
        expect(await snapshot(site)).to.deep.equal(healthy);
        expect(Object.keys(leftOnDisk(site)), 'state and home').to.deep.equal(files);
      });

      it('Secrets Manager denied: the rest is told; listing versions denied: only the age is a lower bound', async () => {
        const respond = { status: 400, type: 'AccessDeniedException', message: 'no' };
        const { slotSecretId: secretId } = site;
        const denied = lab.aws.fault({ action: 'GetSecretValue', secretId, when: 'before', respond });
        const hidden = await status();
        denied();
        expect(hidden.unreadable.map(({ part }) => part)).to.deep.equal(['slot secret']);
        expect(hidden.code).to.equal(3);
        expect(hidden.live).to.include({ username: site.users.A, slot: null, works: true });
        const unlisted = lab.aws.fault({ action: 'ListSecretVersionIds', when: 'before', respond });
        const shown = await status();
        unlisted();
        expect(shown.code).to.equal(0);
        expect(shown.passwords.every(({ since }) => since !== null)).to.equal(true);
      });

      it('each drift is found by itself, with exit code 10', async () => {
        const kinds = async (): Promise<string[]> => {
          const { drift, code, unreadable } = await status();
          expect(unreadable).to.deep.equal([]);
          expect(code).to.equal(10);
          return drift.map(({ kind }) => kind);
        };
        const { A, B, admin, slots } = healthy;
        await alterPassword(lab, B.username, 'Drifted-away-1234');
        expect(await kinds()).to.deep.equal(['slot-login-refused']);
        await alterPassword(lab, A.username, 'Restored-from-backup-1');
        expect(await kinds()).to.deep.equal([
          'live-login-refused',
          'kubernetes-login-refused',
          'slot-login-refused',
        ]);
        for (const { username, password } of [A, B]) await alterPassword(lab, username, password);

        await putSecret(site, site.slotSecretId, JSON.stringify({ ...slots, active_slot: 'B' }));
        expect(await kinds()).to.deep.equal(['active-slot']);
        await putSecret(site, site.slotSecretId, JSON.stringify(slots));

        await patchSecret({ 'mysql-user': B.username, 'mysql-password': B.password });
        expect(await kinds()).to.deep.equal(['kubernetes-secret']);
        await patchSecret({ 'mysql-user': A.username, 'mysql-password': A.password });

        const file = readFileSync(site.sqlconfFile, 'utf8');
        writeFileSync(site.sqlconfFile, replaceLogin(file, admin));
        expect(await kinds()).to.deep.equal(['neither-slot', 'kubernetes-secret']);
        writeFileSync(site.sqlconfFile, file);

        await putSecret(site, site.adminSecretId, JSON.stringify({ ...admin, password: 'Not-yet-set-1' }), [
          'AWSPENDING',
        ]);
        expect(await kinds()).to.deep.equal(['pending-label']);
        await alterPassword(lab, admin.username, 'Not-yet-set-1');
        expect(await kinds()).to.deep.equal(['admin-login-refused', 'pending-label']);
        await alterPassword(lab, admin.username, admin.password);
      });

      it('Kubernetes down: the rest is told, and the exit code is that failure’s', async () => {
        const file = `${site.folder}/closed.kubeconfig`;
        const config = readFileSync(site.environment['KUBECONFIG'] ?? '', 'utf8');
        writeFileSync(file, config.replace(/https:\/\/[^"]+/, 'https://127.0.0.1:1'));
        const { unreadable, code, live, lock } = await status({ KUBECONFIG: file });
        expect(unreadable.map(({ part }) => part)).to.deep.equal(['Kubernetes Secret', 'Deployment']);
        expect(code).to.equal(4);
        expect(live).to.include({ slot: 'A', works: true });
        expect(lock).to.include({ held: false });
      });

      it('database not trusted, or down: the rest is told', async () => {
        const untrusted = await status({ DATABASE_CA_FILE: undefined });
        expect(untrusted.unreadable.map(({ part }) => part)).to.deep.equal(['database']);
        expect(untrusted.code).to.equal(3);
        expect(untrusted.places.kubernetesSecret).to.include({ slot: 'A', works: null });
        const { A, B, admin, slots } = healthy;
        const down = { port: '1' };
        const moved = { ...slots, A: { ...A, ...down }, B: { ...B, ...down } };
        await putSecret(site, site.slotSecretId, JSON.stringify(moved));
        await putSecret(site, site.adminSecretId, JSON.stringify({ ...admin, ...down }));
        const closed = await status();
        expect(closed.unreadable.map(({ part }) => part)).to.deep.equal(['database']);
        expect(closed.unreadable[0]?.reason).to.include(':1 cannot be reached');
        expect(closed.code).to.equal(4);
        expect(closed.rollout).to.include({ state: 'complete' });
        await putSecret(site, site.slotSecretId, JSON.stringify(slots));
        await putSecret(site, site.adminSecretId, JSON.stringify(admin));
      });
    });

    it('while a run is at work, after it was killed, and when it was finished', async () => {
      site = await lab.createSite();
      try {
        let running: StatusReport | undefined;
        const killed = await runWithFault(site, { point: 'file: rename', mode: 'kill-after' });
        expect(killed.signal).to.equal('SIGKILL');
        const unfinished = await status();
        expect(unfinished.code).to.equal(10);
        expect(unfinished.live).to.include({ slot: 'B', works: true });
        expect(unfinished.unfinished).to.include({ kind: 'rotate', from: 'A', to: 'B' });
        expect(unfinished.next).to.include({ resumes: true });
        expect(unfinished.labels.map(({ label }) => label)).to.include('CREDENTIAL_ROTATION_RENEWED');

        // The slot secret lags behind the file: that is seen without the state, and drift is exit 10.
        const closed = await text({ PULUMI_CONFIG_PASSPHRASE: 'wrong' });
        expectCode(closed, 10);
        expect(closed.stdout).to.match(/✗ state: The passphrase or key does not open/);
        expect(closed.stdout).to.include(`OpenEMR runs on slot B (${site.users.B})`);
        expect(closed.stdout).to.include('active_slot in the slot secret is A');

        const finishing = await runPaused(site, 'slot secret: flip active_slot', 'before', async () => {
          running = await status();
        });
        expectCode(finishing, 0);
        expect(running?.lock).to.include({ held: true });
        expect(running?.advice).to.include('unlock');
        await expectHealthy(site, 'B');
        const done = await status();
        expect(done.code).to.equal(0);
        expect(done.live).to.include({ slot: 'B' });
        expect(done.lastRotation).to.include({ id: unfinished.unfinished?.id, end: 'done' });
        expect(done.passwords.find(({ account }) => account === 'A')).to.include({ exact: true });

        rmSync((site.environment['PULUMI_BACKEND_URL'] ?? '').replace('file://', ''), { recursive: true });
        const lost = await status();
        expect(lost.code).to.equal(0);
        expect(lost.state).to.include({ found: false });
        expect(lost.notes.join()).to.include('knows of no rotation');
        expect(lost.live).to.include({ slot: 'B' });
      } finally {
        await site.remove();
      }
    });

    async function patchSecret(stringData: Record<string, string>): Promise<void> {
      const { users } = JSON.parse(readFileSync(lab.kubernetes.adminKubeconfig, 'utf8')) as {
        users: { user: { token: string } }[];
      };
      const client = new KubernetesClient(
        lab.kubernetes.server,
        lab.database.caFile,
        users[0]?.user.token ?? '',
      );
      const { namespace, kubernetesSecret } = site;
      await client.patch(`/api/v1/namespaces/${namespace}/secrets/${kubernetesSecret}`, { stringData });
    }
  });
}
