import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { adminPendingId } from '../../src/aws/adminPendingId';
import { runPaused } from '../faults/sweep';
import { run } from './support/command';
import { generalLog } from './support/database';
import { databases, labWith } from './support/labs';
import { longUnless } from './support/long';
import { putSecret, stagesOf } from './support/secrets';
import { expectCode, expectHealthy, snapshot } from './support/world';
import { letPass } from './support/until';

/**
 * A server may lock an account after failed logins (FAILED_LOGIN_ATTEMPTS): a run makes three for an account at most. Two
 * here find the login that works; all that comes after knows it.
 */
for (const database of databases) {
  describe(`login tries of a run (${database})${longUnless(database === 'mysql')}`, function () {
    this.timeout(240_000);
    let lab: Lab;
    let site: Site;

    beforeEach(async () => {
      lab = await labWith(database);
      site = await lab.createSite();
      const { admin } = await snapshot(site);
      const wrong = (password: string): string => JSON.stringify({ ...admin, password });
      // A version that becomes current makes the one before previous: only that one works.
      await putSecret(site, site.adminSecretId, wrong('Never-told-to-anyone-1'));
      // Pending from an earlier rotation of this tool: that of another is refused before.
      const ours = adminPendingId('20260301-020304-c0ffee', 0);
      await putSecret(site, site.adminSecretId, wrong('Never-told-to-anyone-2'), ['AWSPENDING'], ours);
      const labels = Object.values(await stagesOf(site, site.adminSecretId)).flat();
      expect(labels).to.include.members(['AWSCURRENT', 'AWSPENDING', 'AWSPREVIOUS']);
    });
    afterEach(() => site.remove());

    async function expectTwoRefused(action: () => ReturnType<typeof run>): Promise<void> {
      const since = generalLog(lab).length;
      expectCode(await action(), 0);
      await expectHealthy(site, 'B');
      const refused = generalLog(lab)
        .slice(since)
        .filter((line) => line.includes(`Access denied for user '${site.users.admin}'`));
      expect(refused, refused.join('\n')).to.have.lengthOf(2);
    }

    it('two wrong stages of the admin secret and a good previous one: two refused logins, by command and engine together', async () => {
      await expectTwoRefused(() => run(site));
    });

    it('and no more when every session is dropped before the secret is healed', async () => {
      await expectTwoRefused(() =>
        runPaused(site, 'admin secret: heal AWSCURRENT', 'before', async () => {
          const sessions = (await lab.database.root(
            'SELECT ID AS id FROM information_schema.PROCESSLIST WHERE USER = ?',
            [site.users.admin],
          )) as { id: number }[];
          for (const { id } of sessions) await lab.database.root(`KILL ${id}`).catch(() => undefined);
          await letPass(4000, 'the command looks for its lock every two seconds: it must not log in again');
        }),
      );
    });
  });
}
