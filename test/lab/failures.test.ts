import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { run } from './support/command';
import { connectAs } from './support/database';
import { databases, labWith } from './support/labs';
import { longUnless } from './support/long';
import { resultOf } from './support/log';
import { expectCode, expectHealthy, expectNoSecret, leftOnDisk, snapshot } from './support/world';

const denied = { status: 400, type: 'AccessDeniedException', message: 'not authorized (lab)' };

for (const database of databases) {
  describe(`a step fails (${database})${longUnless(database === 'mysql')}`, function () {
    this.timeout(240_000);
    let lab: Lab;
    let site: Site;

    beforeEach(async () => {
      lab = await labWith(database);
      site = await lab.createSite({ progressDeadlineSeconds: 6 });
    });
    afterEach(() => site.remove());

    // One of each kind on both databases; the other two differ only in what the pods do.
    const more = database === 'mysql' ? (['login-page', 'crash'] as const) : [];
    for (const fault of ['health-500', 'never-ready', ...more] as const) {
      it(`steps 7 and 8, ${fault}: rolled back with exit code 13, nothing renewed, and the next run rotates${longUnless(fault === 'health-500')}`, async () => {
        const before = await snapshot(site);
        const canary = site.canary();
        const load = site.load({ ratePerSecond: 20 });
        await site.podFault(fault, { rollouts: 1 });
        const failed = await run(site);
        expectCode(failed, 13);
        expect(failed.stderr).to.match(/Rolled back: OpenEMR runs on \S+ again/);
        const after = await expectHealthy(site, 'A');
        expect(after.fileHash, 'the file has its old bytes').to.equal(before.fileHash);
        expect(after.slots).to.deep.equal(before.slots);
        expect(after.admin).to.deep.equal(before.admin);
        expectNoSecret(site.canaries(), {
          stdout: failed.stdout,
          stderr: failed.stderr,
          ...leftOnDisk(site),
        });
        await site.podFault('none');
        expectCode(await run(site), 0);
        await expectHealthy(site, 'B');
        const [served, logins] = [await load.stop(), await canary.stop()];
        expect(served.failed, JSON.stringify(served)).to.equal(0);
        expect(logins.failed, logins.failures.join('\n')).to.equal(0);
      });
    }

    it('step 10, the old account is still in use: held, its client host is named, and the next run finishes', async () => {
      const before = await snapshot(site);
      const held = await connectAs(lab, before.A);
      const failed = await run(site, ['--idle-limit', '2']);
      expectCode(failed, 12);
      expect(failed.stderr)
        .to.include('Step 10')
        .and.to.match(/still in use from (127\.0\.0\.1|localhost)/);
      expect((await snapshot(site)).active).to.equal('B');
      await held.end();
      expectCode(await run(site), 0);
      await expectHealthy(site, 'B');
    });

    // Secrets Manager does not know the kind of database.
    if (database !== 'mysql') return;

    it('step 4, Secrets Manager refuses a new version: exit code 3, nothing switched, and the next run rotates @long', async () => {
      const before = await snapshot(site);
      const release = lab.aws.fault({
        action: 'PutSecretValue',
        secretId: site.slotSecretId,
        stage: 'CREDENTIAL_ROTATION_FLIPPED',
        when: 'before',
        respond: denied,
      });
      const failed = await run(site);
      release();
      expectCode(failed, 3);
      expect(failed.stderr).to.match(/Step 4 failed\. .*AccessDenied.*Nothing was switched/);
      expect(await snapshot(site)).to.deep.equal(before);
      expectCode(await run(site), 0);
      await expectHealthy(site, 'B');
    });

    it('step 9, the flip is refused: held with exit code 12, and the next run finishes with the same passwords', async () => {
      await expectHeldAndFinished(
        site,
        () =>
          lab.aws.fault({
            action: 'UpdateSecretVersionStage',
            secretId: site.slotSecretId,
            stage: 'AWSCURRENT',
            times: 1,
            when: 'before',
            respond: denied,
          }),
        9,
      );
    });

    it('step 10, the renewal cannot be promoted: held, and the next run finishes with the same password @long', async () => {
      await expectHeldAndFinished(site, () => faultOnSecondCall(lab, site), 10);
    });

    it('step 11, the admin secret cannot be written: held, and the next run finishes @long', async () => {
      await expectHeldAndFinished(
        site,
        () =>
          lab.aws.fault({
            action: 'PutSecretValue',
            secretId: site.adminSecretId,
            stage: 'CREDENTIAL_ROTATION_ADMIN_',
            times: 1,
            when: 'before',
            respond: denied,
          }),
        11,
      );
    });
  });
}

/** Lets the first AWSCURRENT move of the slot secret through and refuses the second. */
function faultOnSecondCall(lab: Lab, site: Site): () => void {
  let release = (): void => undefined;
  const watch = setInterval(() => {
    const moves = lab.aws
      .requests()
      .filter(
        ({ action, secretId, stages }) =>
          action === 'UpdateSecretVersionStage' &&
          secretId === site.slotSecretId &&
          stages.includes('AWSCURRENT'),
      );
    if (moves.length < 1) return;
    clearInterval(watch);
    release = lab.aws.fault({
      action: 'UpdateSecretVersionStage',
      secretId: site.slotSecretId,
      stage: 'AWSCURRENT',
      when: 'before',
      respond: denied,
    });
  }, 5);
  return () => {
    clearInterval(watch);
    release();
  };
}

async function expectHeldAndFinished(site: Site, fault: () => () => void, step: number): Promise<void> {
  const before = await snapshot(site);
  const canary = site.canary();
  const release = fault();
  const failed = await run(site, ['--log-json']);
  release();
  expectCode(failed, 12);
  const { steps, message, outcome } = resultOf(failed);
  expect(outcome).to.equal('held');
  expect(message).to.include(`Step ${step}`).and.to.include('Run again to finish this rotation');
  const statuses = steps.map(({ number }) =>
    number < step ? 'done' : number > step ? 'not-reached' : 'failed',
  );
  expect(steps.map(({ status }) => status)).to.deep.equal(statuses);
  const held = await snapshot(site);
  expect(held.file.login, 'OpenEMR stays on the new slot').to.equal(before.B.username);
  const finished = await run(site, ['--log-json']);
  expectCode(finished, 0);
  expect(resultOf(finished)).to.include({ outcome: 'done', resumed: true });
  const after = await expectHealthy(site, 'B');
  expect(after.B.password, 'the same rotation, not another one').to.equal(before.B.password);
  expect(after.A.password).not.to.equal(before.A.password);
  expect(after.admin.password).not.to.equal(before.admin.password);
  const logins = await canary.stop();
  expect(logins.failed, logins.failures.join('\n')).to.equal(0);
}
