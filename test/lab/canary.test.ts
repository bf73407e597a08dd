import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { Lab, Load, Site } from '../../lab';
import { runWithFault } from '../faults/sweep';
import { Cluster } from './support/cluster';
import { run } from './support/command';
import { connectAs } from './support/database';
import { databases, labWith } from './support/labs';
import { longUnless } from './support/long';
import { expectCode, expectHealthy, snapshot } from './support/world';
import type { WorldSnapshot } from './support/world';

/** The canary is off in the lab for the sake of all other tests. */
const canary = (mode: string): string[] => ['--canary', mode];

for (const database of databases) {
  describe(`a canary before the cut-over (${database})`, function () {
    this.timeout(400_000);
    let lab: Lab;
    let site: Site;
    let cluster: Cluster;
    let load: Load;

    before(async () => {
      lab = await labWith(database);
      site = await lab.createSite({ canary: true });
      cluster = new Cluster(lab, site);
      load = site.load({ ratePerSecond: 10 });
    });
    after(async () => {
      await load.stop();
      await site.remove();
    });

    /** Pod, Secret and file of a canary that are there now. */
    const left = async (): Promise<string[]> => {
      const files = readdirSync(path.dirname(site.sqlconfFile)).filter((name) => name.includes('canary'));
      return [...(await cluster.canaries()), ...files];
    };

    const expectNothingFailed = (): void => {
      expect(load.result.failed, load.result.examples.join('\n')).to.equal(0);
    };

    /** A run whose canary finds the login of the standby bad: nothing is switched, and no request fails. */
    const expectFound = async (said: RegExp, more: Record<string, string> = {}): Promise<void> => {
      const switched = ({ active, fileHash, secret }: WorldSnapshot): object => ({
        active,
        fileHash,
        secret,
      });
      const [before, restarted] = [await snapshot(site), (await cluster.deployment()).metadata.generation];
      const found = await run(site, canary('auto'), more);
      expectCode(found, 4);
      expect(found.stderr)
        .to.match(/Step 4 failed\. A canary pod with/)
        .and.to.match(said);
      expect(found.stderr).to.match(/Nothing was switched: OpenEMR still runs on/);
      expect(switched(await snapshot(site))).to.deep.equal(switched(before));
      expect((await cluster.deployment()).metadata.generation, 'Deployment').to.equal(restarted);
      expect(await left()).to.deep.equal([]);
      expectNothingFailed();
    };

    /** A stored function that every page calls: `refuses` is a condition under which it is refused. */
    const routine = async (refuses: string): Promise<void> => {
      const name = `\`${site.schema}\`.page_gate`;
      await lab.database.root(`DROP FUNCTION IF EXISTS ${name}`);
      await lab.database.root(
        `CREATE FUNCTION ${name}() RETURNS INT READS SQL DATA BEGIN IF ${refuses} THEN ` +
          `SIGNAL SQLSTATE '42000' SET MESSAGE_TEXT = 'execute command denied'; END IF; RETURN 1; END`,
      );
    };
    const bothUsers = async (clause: string): Promise<void> => {
      for (const user of [site.users.A, site.users.B])
        await lab.database.root(`ALTER USER ?@'%' ${clause}`, [user]);
    };
    const isStandby = (): string => `USER() LIKE '${site.users.B}@%'`;

    it(`a page that answers 500 for the new user only${longUnless(database === 'mysql')}`, async () => {
      await site.pages({ refuses: [site.users.B] });
      await expectFound(
        /HTTP 500 in \d+ answers in a row, while one with \S+ is well\. The database let it in/,
      );
      await site.pages({});
    });

    // Step 4 gives the standby each right of the account in use, EXECUTE too: so the routine itself tells the users apart.
    it(`a routine that a page needs, and that the standby may not execute${longUnless(database === 'mysql')}`, async () => {
      await routine(isStandby());
      await site.pages({ routine: 'page_gate' });
      await expectFound(/status "error" in \d+ answers in a row, .* The database let it in/);
      await site.pages({});
    });

    // Step 4 refuses a standby with another TLS requirement than the account in use: so it is the routine that asks for it.
    it(`TLS required of the standby, and OpenEMR logs in without${longUnless(database === 'mysql')}`, async () => {
      await bothUsers('REQUIRE NONE');
      const status = database === 'mysql' ? 'performance_schema' : 'information_schema';
      const cipher = `(SELECT VARIABLE_VALUE FROM ${status}.session_status WHERE VARIABLE_NAME = 'Ssl_cipher')`;
      await routine(`${isStandby()} AND ${cipher} = ''`);
      await site.pages({ tls: false, routine: 'page_gate' });
      await expectFound(/status "error" in \d+ answers in a row/);
      await site.pages({});
      await bothUsers('REQUIRE SSL');
    });

    it('an account that only the rotation’s own subnet may use', async () => {
      const { B } = await snapshot(site);
      await lab.database.root(`RENAME USER ?@'%' TO ?@'127.9.%'`, [B.username, B.username]);
      await expectFound(
        /container openemr ended with exit code 1, .* The database let nobody in from there/,
        {
          NODE_OPTIONS: `--require ${path.join(__dirname, 'support', 'fromAddress.js')}`,
          TEST_FROM_ADDRESS: '127.9.0.1',
          TEST_TO_PORT: String(lab.database.port),
        },
      );
      await lab.database.root(`RENAME USER ?@'127.9.%' TO ?@'%'`, [B.username, B.username]);
    });

    // Step 4 gives the standby the limits of the account in use: so it is somebody else's sessions that use them up.
    it('MAX_USER_CONNECTIONS, of which a pod in use needs more than are left', async () => {
      await bothUsers('WITH MAX_USER_CONNECTIONS 10');
      await routine(`${isStandby()} AND SLEEP(0.2) <> 0`);
      await site.pages({ routine: 'page_gate' });
      const { B } = await snapshot(site);
      const held = await Promise.all(Array.from({ length: 8 }, () => connectAs(lab, B)));
      try {
        await expectFound(/is good alone, but .* when 8 requests come at once/);
      } finally {
        await Promise.all(held.map((connection) => connection.end()));
        await site.pages({});
        await bothUsers('WITH MAX_USER_CONNECTIONS 0');
      }
    });

    it(`killed at one of its effects: the next run leaves no pod, file or Secret, and rotates without a failed request${longUnless(database === 'mysql')}`, async () => {
      for (const point of database === 'mysql' ? killPoints : killPoints.slice(1, 2)) {
        const killed = await runWithFault(site, { point, mode: 'kill-after' }, undefined, canary('auto'));
        expect(killed.signal, `${point}: ${killed.stderr}`).to.equal('SIGKILL');
        // What the run before has left was removed first.
        expect((await left()).length, point).to.be.at.most(3);
      }
      expectCode(await run(site, canary('require')), 0);
      await expectHealthy(site, 'B');
      expect(await left()).to.deep.equal([]);
      expectNothingFailed();
    });
  });
}

/** All of its effects are the sweep's; here are those that leave the most. */
const killPoints = [
  'kubernetes: create the canary Secret',
  'kubernetes: create the canary pod',
  'file: remove the canary file',
];
