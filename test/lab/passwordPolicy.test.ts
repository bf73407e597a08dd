import path from 'node:path';
import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { defaultUsername } from '../../src/rotation/slot';
import { run } from './support/command';
import { databases, labWith } from './support/labs';
import { refusePassword, takeAnyPassword } from './support/passwordHistory';
import { labelsOf, secretUnder, secretUnderNewest, writeRequests } from './support/secrets';
import { dropDefaultUsers, expectCode, expectHealthy, snapshot } from './support/world';

/** Where a run stores a password before the database learns it, and whose it is. */
interface Pending {
  secretId: string;
  stage: string;
  username: string;
  passwordIn: (document: Record<string, { password: string }>) => string | undefined;
}

// MariaDB's policies are plugins, which the lab does not have.
for (const database of databases.filter((each) => each === 'mysql')) {
  describe(`the database refuses a new password (${database})`, function () {
    this.timeout(300_000);
    let lab: Lab;
    let site: Site;
    const refused: string[] = [];

    before(async () => {
      lab = await labWith(database);
    });
    beforeEach(() => void refused.splice(0));
    afterEach(async () => {
      await site.remove();
      await dropDefaultUsers(lab);
    });

    it('step 4, the password of the slot secret: another one is made, stored and set by the same run', async () => {
      site = await lab.createSite();
      const before = await snapshot(site);
      await lab.database.root("ALTER USER ?@'%' IDENTIFIED BY 'Drifted-away-123'", [before.B.username]);
      await refusePassword(lab, before.B.username, before.B.password);
      const canary = site.canary();
      const result = await run(site);
      expectCode(result, 0);
      expect(result.stdout + result.stderr).to.include(
        'refused the password of slot B; another one is generated',
      );
      const after = await expectHealthy(site, 'B');
      expect(after.B.password === before.B.password, 'the refused one').to.equal(false);
      const { failed, failures } = await canary.stop();
      expect(failed, failures.join('\n')).to.equal(0);
      expectCode(await run(site), 0);
      await expectHealthy(site, 'A');
    });

    it('step 4, every password: one new try and no more, nothing is switched, and the next run makes another @long', async () => {
      site = await lab.createSite();
      const before = await snapshot(site);
      await lab.database.root("ALTER USER ?@'%' IDENTIFIED BY 'Drifted-away-123'", [before.B.username]);
      const stored = flipped();
      const release = refuseEach(stored);
      const since = lab.aws.requests().length;
      const result = await run(site);
      release();
      expectCode(result, 4);
      expect(result.stderr)
        .to.include('Step 4 failed')
        .and.to.include('PASSWORD HISTORY')
        .and.to.include('Nothing was switched')
        .and.to.include(before.A.username);
      expect(storedSince(stored, since), 'passwords stored by this run').to.equal(2);
      expect(await snapshot(site)).to.deep.equal(before);
      expectCode(await run(site), 0);
      const after = await expectHealthy(site, 'B');
      expect(refused).to.have.lengthOf(2).and.not.to.include(after.B.password);
    });

    it('step 4, a password that the rotation made itself: the next run does not use it again @long', async () => {
      site = await lab.createSite({ start: 'empty-standby' });
      const B = defaultUsername('B');
      await lab.database.root("CREATE USER IF NOT EXISTS ?@'%' IDENTIFIED BY 'Drifted-away-123'", [B]);
      const release = refuseEach({ ...flipped(), username: B });
      expectCode(await run(site), 4);
      release();
      expectCode(await run(site), 0);
      const after = await expectHealthy(site, 'B');
      expect(refused).to.have.lengthOf(2).and.not.to.include(after.B.password);
    });

    it('step 10: the same run makes another; all refused: held, and the next run finishes with another', async () => {
      site = await lab.createSite();
      const canary = site.canary();
      const release = refuseEach(renewed('A'), 1);
      expectCode(await run(site), 0);
      release();
      const once = await expectHealthy(site, 'B');
      expect(refused).to.have.lengthOf(1).and.not.to.include(once.A.password);
      await expectRenewedIsCurrent();

      // A saved plan is carried out by the same command until it is done.
      const planned = ['--plan', path.join(site.folder, 'plan.json')];
      expectCode(await run(site, ['--dry-run', ...planned]), 0);
      const stored = renewed('B');
      const releaseAll = refuseEach(stored);
      const since = lab.aws.requests().length;
      const held = await run(site, planned);
      releaseAll();
      expectCode(held, 12);
      expect(held.stderr)
        .to.include('Step 10 failed')
        .and.to.include('PASSWORD HISTORY')
        .and.to.include(`OpenEMR runs on ${site.users.A}`);
      expect(storedSince(stored, since), 'passwords stored by this run').to.equal(2);
      expect(await site.canLogin(site.users.B, once.B.password), 'the left user is as it was').to.equal(true);
      expectCode(await run(site, planned), 0);
      const after = await expectHealthy(site, 'A');
      expect(refused).to.have.lengthOf(3).and.not.to.include(after.B.password);
      await expectRenewedIsCurrent();
      const { failed, failures } = await canary.stop();
      expect(failed, failures.join('\n')).to.equal(0);
    });

    it('step 11, the admin: the same run makes another; all refused: held, and the next run finishes with another @long', async () => {
      site = await lab.createSite();
      const stored = await pendingOfAdmin();
      const release = refuseEach(stored, 1);
      expectCode(await run(site), 0);
      release();
      const once = await expectHealthy(site, 'B');
      expect(refused).to.have.lengthOf(1).and.not.to.include(once.admin.password);
      const [, labels] = await labelsOf(site);
      expect(Object.values(labels ?? {}).flat()).to.have.members(['AWSCURRENT', 'AWSPREVIOUS']);

      const releaseAll = refuseEach(stored);
      const since = lab.aws.requests().length;
      const held = await run(site);
      releaseAll();
      expectCode(held, 12);
      expect(held.stderr).to.include('Step 11 failed').and.to.include('PASSWORD HISTORY');
      expect(storedSince(stored, since), 'passwords stored by this run').to.equal(2);
      expect((await snapshot(site)).admin).to.deep.equal(once.admin);
      expect(await site.canLogin(once.admin.username, once.admin.password)).to.equal(true);
      expectCode(await run(site), 0);
      const after = await expectHealthy(site, 'A');
      expect(refused).to.have.lengthOf(3).and.not.to.include(after.admin.password);
    });

    it('what is refused only for a while is set: a password that is stored is tried first', async () => {
      site = await lab.createSite();
      const release = refuseEach(renewed('A'));
      expectCode(await run(site), 12);
      release();
      await takeAnyPassword(lab, site.users.A);
      expectCode(await run(site), 0);
      const after = await expectHealthy(site, 'B');
      expect(after.A.password === refused[1]).to.equal(true);
    });

    const flipped = (): Pending => ({
      secretId: site.slotSecretId,
      stage: 'CREDENTIAL_ROTATION_FLIPPED',
      username: site.users.B,
      passwordIn: (document) => document['B']?.password,
    });

    const renewed = (slot: 'A' | 'B'): Pending => ({
      secretId: site.slotSecretId,
      stage: 'CREDENTIAL_ROTATION_RENEWED',
      username: site.users[slot],
      passwordIn: (document) => document[slot]?.password,
    });

    async function pendingOfAdmin(): Promise<Pending> {
      const { username } = (await snapshot(site)).admin;
      return {
        secretId: site.adminSecretId,
        stage: 'CREDENTIAL_ROTATION_ADMIN_',
        username,
        passwordIn: (document) => document['password'] as unknown as string,
      };
    }

    /** Makes the database refuse each password as soon as a run has stored it. */
    function refuseEach({ secretId, stage, username, passwordIn }: Pending, times = Infinity): () => void {
      return lab.aws.fault({
        action: 'PutSecretValue',
        secretId,
        stage,
        times,
        when: 'after',
        rewrite: (body) => body,
        onDone: async () => {
          const text = (await secretUnderNewest(site, secretId, stage)) ?? '{}';
          const password = passwordIn(JSON.parse(text) as Record<string, { password: string }>) ?? '';
          refused.push(password);
          await refusePassword(lab, username, password);
        },
      });
    }

    function storedSince({ secretId, stage }: Pending, since: number): number {
      return writeRequests(lab, site, since).filter(
        (request) =>
          request.action === 'PutSecretValue' &&
          request.stages.some((label) => label.startsWith(stage)) &&
          secretId.includes(request.secretId ?? '-'),
      ).length;
    }

    async function expectRenewedIsCurrent(): Promise<void> {
      const renewedText = await secretUnder(site, site.slotSecretId, 'CREDENTIAL_ROTATION_RENEWED');
      expect(JSON.parse(renewedText ?? '{}')).to.deep.equal(await site.slotDocument());
    }
  });
}
