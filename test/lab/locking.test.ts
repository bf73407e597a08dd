import { readFileSync } from 'node:fs';
import net from 'node:net';
import { expect } from 'chai';
import type { Connection } from 'mysql2/promise';
import type { Lab, Site } from '../../lab';
import { lockName } from '../../src/mysql/lock';
import { portsIn } from '../../src/sdk/automation';
import { runPaused } from '../faults/sweep';
import { act, acts, clientOf } from '../providerCalls';
import { run } from './support/command';
import { connectAs } from './support/database';
import { databases, labWith } from './support/labs';
import { longUnless } from './support/long';
import { grantOptionalRights, SiteLease } from './support/optionalRights';
import { enginesOf, processesOf, signalAll } from './support/runProcesses';
import { arnOf, labelsOf } from './support/secrets';
import { expectCode, expectHealthy, snapshot } from './support/world';
import { Writes } from './support/writes';
import { letPass, until } from './support/until';

for (const database of databases) {
  describe(`one writer (${database})`, function () {
    this.timeout(300_000);
    let lab: Lab;
    let site: Site;
    let name: string;

    beforeEach(async () => {
      lab = await labWith(database);
      site = await lab.createSite();
      name = lockName(await arnOf(site, site.slotSecretId));
    });
    afterEach(() => site.remove());

    it("the lock's connection is dropped, as by a failover: the lock is taken again and the rotation ends well", async () => {
      const canary = site.canary();
      const result = await runPaused(site, 'file: rename', 'before', () => killHolder(lab, name));
      expectCode(result, 0);
      await expectHealthy(site, 'B');
      const { failed, failures } = await canary.stop();
      expect(failed, failures.join('\n')).to.equal(0);
    });

    // What follows does not depend on the kind of database.
    if (database !== 'mysql') return;

    for (const [point, when, code] of [
      ['database: ALTER USER of slot A', 'before', 12],
      // Nothing was switched, so that the lost lock itself is the outcome.
      ['file: rename', 'before', 11],
      ['admin secret: create AWSPENDING', 'before', 12],
      ['database: ALTER USER of the admin', 'before', 12],
    ] as const) {
      it(`somebody else has the lock at "${point}": not even that write, and the next run finishes${longUnless(point === 'file: rename')}`, async () => {
        const thief = await connectionOf(lab, site);
        let writes: Writes | undefined;
        let left: Awaited<ReturnType<typeof snapshot>> | undefined;
        const result = await runPaused(site, point, when, async () => {
          await steal(thief);
          [writes, left] = [new Writes(lab, site), await snapshot(site)];
          await letPass(4000, 'the command looks every two seconds: it must not write');
        });
        expectCode(result, code);
        expect(result.stderr).to.match(/lost its lock/);
        const written = await writes?.found({ readsKubernetes: false });
        expect(written, 'writes after the lock was lost').to.deep.equal([]);
        expect(await snapshot(site)).to.deep.equal(left);
        const blocked = await run(site);
        expectCode(blocked, 11);
        await thief.end();
        expectCode(await run(site), 0);
        await expectHealthy(site, (await snapshot(site)).active === 'A' ? 'A' : 'B');
      });
    }

    it('somebody else has the lock when the Secret is patched: the Deployment, which a plugin patches, is not', async () => {
      const thief = await connectionOf(lab, site);
      let since = 0;
      const remove = lab.kubernetes.fault({
        namespace: site.namespace,
        verb: 'patch',
        resource: 'secrets',
        times: 1,
        when: 'after',
        respond: 'pass',
        onDone: async () => {
          await steal(thief);
          since = lab.kubernetes.requests().length;
        },
      });
      const result = await run(site);
      remove();
      expectCode(result, 12);
      expect(result.stderr).to.match(/lost its lock/);
      const later = lab.kubernetes.requests().slice(since);
      expect(later.filter(({ write, status }) => write && status < 400)).to.deep.equal([]);
      await thief.end();
      expectCode(await run(site), 0);
      await expectHealthy(site, 'B');
    });

    /** Takes the lock away from the run; the command may be quicker than that: then it is no test. */
    async function steal(thief: Awaited<ReturnType<typeof connectionOf>>): Promise<void> {
      await killHolder(lab, name);
      const [rows] = await thief.query('SELECT GET_LOCK(?, 5) AS taken', [name]);
      if (JSON.stringify(rows) !== '[{"taken":1}]') throw new Error('the lock was not to be had');
    }

    it("a foreign process that calls the command's provider during a run is refused, and the run ends well", async () => {
      const answers: string[] = [];
      let servers: boolean[] = [];
      const result = await runPaused(site, 'file: rename', 'before', async () => {
        const [engine] = enginesOf(site);
        const environment = readFileSync(`/proc/${engine}/environ`, 'utf8').split('\0');
        const attach = environment.find((entry) => entry.startsWith('PULUMI_DEBUG_PROVIDERS=')) ?? '';
        const client = clientOf(attach);
        for (const name of Object.keys(acts)) answers.push(`${name}: ${await act(client, name)}`);
        client.close();
        const args = readFileSync(`/proc/${engine}/cmdline`, 'utf8').split('\0');
        servers = await Promise.all(portsIn(args).map(isOpen));
      });
      // That of the program, and that of the events.
      expect(servers, "the Automation API's own servers").to.deep.equal([false, false]);
      expect(answers).to.deep.equal(Object.keys(acts).map((name) => `${name}: UNAUTHENTICATED`));
      expectCode(result, 0);
      await expectHealthy(site, 'B');
    });

    it('a Lease where RBAC grants it: taken, renewed, given back', async () => {
      await grantOptionalRights(lab, site);
      const lease = new SiteLease(lab, site);
      let held = '';
      const result = await runPaused(site, 'file: rename', 'before', async () => {
        held = (await lease.read()).spec?.holderIdentity ?? '';
        const first = String((await lease.read()).spec?.renewTime);
        await until(
          'the Lease is renewed',
          async () => String((await lease.read()).spec?.renewTime) !== first,
          { limitMs: 30_000 },
        );
      });
      expectCode(result, 0);
      expect(held).to.match(/\/\d+\/[0-9a-f]{8}$/);
      expect((await lease.read()).spec?.holderIdentity ?? '').to.equal('');
    });

    it('a Lease that somebody holds: exit 11 with the holder while it is renewed, taken over when it is not', async () => {
      await grantOptionalRights(lab, site);
      const lease = new SiteLease(lab, site);
      const before = await snapshot(site);
      await lease.hold('other-pod/1/abcd');
      const renewing = setInterval(() => void lease.hold('other-pod/1/abcd'), 1500);
      const writes = new Writes(lab, site);
      const refused = await run(site).finally(() => clearInterval(renewing));
      expectCode(refused, 11);
      // That it was refused is told, by an Event.
      const report = `create /api/v1/namespaces/${site.namespace}/events`;
      expect((await writes.found()).filter((write) => write !== report)).to.deep.equal([]);
      expect(refused.stderr).to.include('other-pod/1/abcd').and.to.include(site.namespace);
      expect(await snapshot(site)).to.deep.equal(before);
      await lease.hold('dead-pod/1/abcd', 3);
      expectCode(await run(site), 0);
      await expectHealthy(site, 'B');
    });

    it('the Lease is taken by somebody else during the run: it stops before its next write @long', async () => {
      await grantOptionalRights(lab, site);
      const lease = new SiteLease(lab, site);
      const result = await runPaused(site, 'database: ALTER USER of slot A', 'before', () =>
        lease.hold('other-pod/1/abcd'),
      );
      expectCode(result, 12);
      expect(result.stderr).to.match(/lost its Lease .*other-pod/);
      await lease.hold('', 15);
      expectCode(await run(site), 0);
      await expectHealthy(site, 'B');
    });

    it('the Lease is taken by somebody else after the cut-over: the Secret, which a plugin patches, is not patched @long', async () => {
      await grantOptionalRights(lab, site);
      const lease = new SiteLease(lab, site);
      const before = await snapshot(site);
      const result = await runPaused(site, 'file: rename', 'after', () => lease.hold('other-pod/1/abcd'));
      expectCode(result, 12);
      expect(result.stderr).to.match(/lost its Lease .*other-pod/);
      expect((await snapshot(site)).secret).to.deep.equal(before.secret);
      await lease.hold('', 15);
      expectCode(await run(site), 0);
      await expectHealthy(site, 'B');
    });

    it('each GRANT is a write of its own: the lock is lost between two of them, and the second is not carried out @long', async () => {
      const { A, B } = site.users;
      await lab.database.root("GRANT PROCESS ON *.* TO ?@'%'", [A]);
      await lab.database.root(`GRANT SELECT ON ${site.schema}.patient_data TO ?@'%'`, [A]);
      const thief = await connectionOf(lab, site);
      const result = await runPaused(site, 'database: GRANT to slot B (2)', 'before', async () => {
        await killHolder(lab, name);
        await thief.query('SELECT GET_LOCK(?, 5) AS taken', [name]);
      });
      await thief.end();
      expectCode(result, 11);
      expect(result.stderr).to.match(/lost its lock/);
      const rows = (await lab.database.root("SHOW GRANTS FOR ?@'%'", [B])) as Record<string, string>[];
      const grants = rows
        .map((row) => Object.values(row)[0] ?? '')
        .filter((line) => /PROCESS|patient_data/.test(line));
      expect(grants, grants.join('\n')).to.have.lengthOf(1);
      expectCode(await run(site), 0);
      await expectHealthy(site, 'B');
    });

    for (const others of [1, 2]) {
      it(`a whole run is stopped for a while (SIGSTOP), unlock and ${others} other run(s) come and go: it writes nothing more${longUnless(others === 2)}`, async () => {
        const canary = site.canary();
        let [after, labels] = [await snapshot(site), await labelsOf(site)];
        const result = await runPaused(site, 'slot secret: flip active_slot', 'before', async () => {
          const stopped = processesOf(site);
          signalAll(stopped, 'SIGSTOP');
          try {
            expectCode(await run(site, ['unlock', '--yes']), 0);
            for (let each = 0; each < others; each += 1) expectCode(await run(site), 0);
            after = await expectHealthy(site, others === 1 ? 'B' : 'A');
            labels = await labelsOf(site);
          } finally {
            signalAll(stopped, 'SIGCONT');
          }
        });
        expectCode(result, 12);
        expect(result.stderr).to.match(/lost its lock/);
        expect(await snapshot(site)).to.deep.equal(after);
        expect(await labelsOf(site)).to.deep.equal(labels);
        expectCode(await run(site), 0);
        const { active_slot: active } = await site.slotDocument();
        await expectHealthy(site, active === 'A' ? 'A' : 'B');
        const { failed, failures } = await canary.stop();
        expect(failed, failures.slice(0, 5).join('\n')).to.equal(0);
      });
    }

    it('unlock: shows the holder, asks for --yes, ends the run, and the next run finishes', async () => {
      let shown: Awaited<ReturnType<typeof run>> | undefined;
      let cleared: typeof shown;
      const result = await runPaused(site, 'database: ALTER USER of slot A', 'before', async () => {
        shown = await run(site, ['unlock']);
        cleared = await run(site, ['unlock', '--yes']);
      });
      expectCode(shown ?? result, 2);
      expect(shown?.stdout).to.match(
        /Database lock: held by \S+@\S+, connection \d+; its last statement was \d+ s ago: it is alive/,
      );
      expect(shown?.stderr).to.include('--yes');
      expectCode(cleared ?? result, 0);
      expectCode(result, 12);
      expect(result.stderr).to.match(/lost its lock/);
      const free = await run(site, ['unlock', '--yes', '--json']);
      expectCode(free, 0);
      expect(JSON.parse(free.stdout)).to.deep.include({ schema: 1, type: 'unlock', cleared: true });
      expectCode(await run(site), 0);
      await expectHealthy(site, 'B');
    });
  });
}

async function killHolder(lab: Lab, name: string): Promise<void> {
  const [row] = (await lab.database.root('SELECT IS_USED_LOCK(?) AS id', [name])) as { id: number | null }[];
  if (row?.id === null || row?.id === undefined) throw new Error('nobody holds the lock');
  await lab.database.root(`KILL ${row.id}`);
}

async function connectionOf(lab: Lab, site: Site): Promise<Connection> {
  const { admin } = await snapshot(site);
  return connectAs(lab, admin);
}

/** Whether that port of the loopback keeps a connection open that says nothing. */
function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.on('error', () => undefined).on('close', () => resolve(false));
    setTimeout(() => {
      resolve(true);
      socket.destroy();
    }, 1000);
  });
}
