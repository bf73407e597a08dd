import { renameSync } from 'node:fs';
import { createServer } from 'node:https';
import { expect } from 'chai';
import type { Connection } from 'mysql2/promise';
import type { Lab, Site } from '../../lab';
import { runPaused } from '../faults/sweep';
import { badCertificates } from './support/badCertificates';
import type { BadCertificate } from './support/badCertificates';
import type { Run } from './support/command';
import { run } from './support/command';
import { connectAs } from './support/database';
import { databases, labWith } from './support/labs';
import type { WorldSnapshot } from './support/world';
import { expectCode, expectHealthy, snapshot } from './support/world';

// The kind of database does not matter here.
for (const database of databases.slice(0, 1)) {
  describe(`faults in the middle of a rotation (${database})`, function () {
    this.timeout(300_000);
    let lab: Lab;
    let site: Site;

    beforeEach(async () => {
      lab = await labWith(database);
      site = await lab.createSite({ replicas: 1, progressDeadlineSeconds: 10 });
    });
    afterEach(() => site.remove());

    /** Nothing was retired: all three passwords are those of before, and work. */
    async function expectNothingRetired(before: WorldSnapshot): Promise<void> {
      const now = await snapshot(site);
      expect(now.slots).to.deep.equal(before.slots);
      expect(now.admin).to.deep.equal(before.admin);
      for (const { username, password } of [before.A, before.B, before.admin])
        expect(await site.canLogin(username, password), `${username} logs in`).to.equal(true);
    }

    it('too many connections when the standby is validated: exit 4, nothing is switched, and the next run rotates', async () => {
      const before = await snapshot(site);
      let release = async (): Promise<void> => undefined;
      lab.aws.fault({
        action: 'PutSecretValue',
        secretId: site.slotSecretId,
        stage: 'CREDENTIAL_ROTATION_RENEWED',
        when: 'after',
        rewrite: (body) => body,
        onDone: async () => void (release = await fillConnections()),
      });
      const result = await run(site);
      await release();
      expectCode(result, 4);
      expect(result.stderr)
        .to.match(/Step 4 failed\. .*does not take a connection now/)
        .and.to.include(`Nothing was switched: OpenEMR still runs on ${site.users.A}`);
      expect(await snapshot(site)).to.deep.equal(before);
      expectCode(await run(site), 0);
      await expectHealthy(site, 'B');
    });

    it('too many connections after the cut-over, to the end: held, since the old login cannot be tried; nothing is retired, and the next run rotates @long', async () => {
      const before = await snapshot(site);
      let release = async (): Promise<void> => undefined;
      const result = await runPaused(site, 'file: rename', 'after', async () => {
        release = await fillConnections();
      });
      await release();
      expectCode(result, 12);
      expect(result.stderr).to.include('Not rolled back: whether the password from before still works');
      await expectNothingRetired(before);
      expectCode(await run(site), 0);
      await expectHealthy(site, 'B');
    });

    it('the sites folder goes away, also for the rollback: held, nothing is retired; it is back: the next run rotates @long', async () => {
      const before = await snapshot(site);
      const root = site.environment['OPENEMR_SITES_MOUNT_ROOT'] ?? '';
      const remove = lab.kubernetes.fault({
        namespace: site.namespace,
        verb: 'patch',
        resource: 'deployments',
        times: 1,
        when: 'after',
        respond: 'pass',
        onDone: () => renameSync(root, `${root}-gone`),
      });
      const held = await run(site).finally(() => renameSync(`${root}-gone`, root));
      remove();
      expectCode(held, 12);
      expect(held.stderr)
        .to.include('rollback did not finish')
        .and.to.include('sqlconf.php')
        .and.to.include('Run again to finish');
      await expectNothingRetired(before);
      expectCode(await run(site), 0);
      await expectHealthy(site, 'B');
    });

    it('a health page whose certificate is not to be trusted: never asked, and refused before anything is changed @long', async () => {
      const before = await snapshot(site);
      const certificates = await badCertificates(lab);
      let asked = 0;
      const failed = async (name: BadCertificate, args: string[], host = '127.0.0.1'): Promise<Run> => {
        const server = createServer(certificates[name], (_request, response) => {
          asked += 1;
          response.end('{"status":"ready"}');
        });
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        const address = server.address();
        const port = typeof address === 'object' && address !== null ? address.port : 0;
        const trust = { NODE_EXTRA_CA_CERTS: lab.database.caFile };
        const page = ['--health-url', `https://${host}:${port}/readyz`];
        const result = await run(site, [...args, ...page], trust);
        server.close();
        expect(result.stdout + result.stderr).to.match(
          /health page \S+ cannot be reached \(\w*(SELF_SIGNED|CERT)\w*\)/,
          name,
        );
        expect(asked, 'requests that got an answer').to.equal(0);
        return result;
      };
      // An address may have the image's self-signed certificate; a name of the world outside must not.
      await failed('selfSigned', ['verify'], 'localhost');
      await failed('otherHost', ['verify']);
      expectCode(await failed('expired', []), 2);
      expect(await snapshot(site)).to.deep.equal(before);
      expectCode(await run(site), 0);
      await expectHealthy(site, 'B');
    });

    /** As many connections as the server takes, by lowering its limit; gives the function that lifts it again. */
    async function fillConnections(): Promise<() => Promise<void>> {
      const [row] = (await lab.database.root('SELECT @@GLOBAL.max_connections AS most')) as {
        most: number;
      }[];
      await lab.database.root('SET GLOBAL max_connections = 10');
      const { admin } = await snapshot(site);
      const held: Connection[] = [];
      try {
        for (let left = 30; left > 0; left -= 1) held.push(await connectAs(lab, admin));
      } catch {
        // The server is full.
      }
      return async () => {
        await lab.database.root(`SET GLOBAL max_connections = ${row?.most ?? 151}`);
        held.forEach((connection) => connection.destroy());
      };
    }
  });
}
