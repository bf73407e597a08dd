import { expect } from 'chai';
import type { Connection } from 'mysql2/promise';
import type { Lab, Site } from '../../lab';
import { run } from './support/command';
import { connectAs, generalLog } from './support/database';
import { databases, labWith } from './support/labs';
import { longUnless } from './support/long';
import { alterPassword, expectCode, expectHealthy, snapshot } from './support/world';
import { until } from './support/until';

for (const database of databases) {
  describe(`somebody has a session as the standby, whose password is to be set (${database})${longUnless(database === 'mysql')}`, function () {
    this.timeout(240_000);
    let lab: Lab;
    let site: Site;
    let session: Connection;

    beforeEach(async () => {
      lab = await labWith(database);
      site = await lab.createSite({ replicas: 1 });
      const { B } = await snapshot(site);
      session = await connectAs(lab, B);
      await alterPassword(lab, B.username, 'Nobody-remembers-this-1');
    });
    afterEach(async () => {
      session.destroy();
      await site.remove();
    });

    /** How often a run has asked the server who uses the standby. */
    function looks(): number {
      const asked = `PROCESSLIST WHERE USER = '${site.users.B}'`;
      return generalLog(lab).filter((line) => line.includes(asked)).length;
    }

    it('it stays: the password is not changed; it ends: the next run rotates', async () => {
      const before = await snapshot(site);
      const failed = await run(site);
      expectCode(failed, 4);
      expect(failed.stderr).to.match(
        new RegExp(
          `${site.users.B} is in use from (127\\.0\\.0\\.1|localhost) \\(1\\); its password was not changed`,
        ),
      );
      const { fileHash, secret } = await snapshot(site);
      expect({ fileHash, secret }).to.deep.equal({ fileHash: before.fileHash, secret: before.secret });
      await session.end();
      expectCode(await run(site), 0);
      await expectHealthy(site, 'B');
    });

    it('it ends while the step looks, as a login does that was refused just before: rotated', async () => {
      const running = run(site);
      let over = false;
      void running.finally(() => (over = true));
      await until('the step looks', () => looks() > 0 || over, { limitMs: 120_000, everyMs: 10 });
      expect(over, 'the run ended before it looked').to.equal(false);
      await session.end();
      expectCode(await running, 0);
      await expectHealthy(site, 'B');
    });
  });
}
