import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { runPaused, runWithFault } from '../faults/sweep';
import { run } from './support/command';
import { databases, labWith } from './support/labs';
import { labelsOf, putSecret, secretUnderNewest, takeLabel, writeRequests } from './support/secrets';
import { expectCode, expectHealthy, snapshot } from './support/world';
import { Writes } from './support/writes';

type Fault = Parameters<Lab['aws']['fault']>[0];

/** Begins the label of the version that a rotation makes of the admin secret. */
const ownLabel = 'CREDENTIAL_ROTATION_ADMIN_';

const answer = (type: string): NonNullable<Fault['respond']> => ({ status: 400, type, message: 'lab' });

// Secrets Manager does not know the kind of database.
describe('Secrets Manager fails in the middle of a rotation', function () {
  this.timeout(240_000);
  let lab: Lab;
  let site: Site;

  beforeEach(async () => {
    lab = await labWith(databases[0] ?? 'mysql');
    site = await lab.createSite();
  });
  afterEach(() => site.remove());

  it('quota at step 4, expired token at step 9, quota at step 11, lost replies: each safe end, one rotation', async () => {
    const before = await snapshot(site);
    const canary = site.canary();
    const [slots, admin] = [site.slotSecretId, site.adminSecretId];
    const failing = async (fault: Omit<Fault, 'when'>, code: number, message: RegExp): Promise<void> => {
      const release = lab.aws.fault({ ...fault, when: 'before' });
      const result = await run(site);
      release();
      expectCode(result, code);
      expect(result.stderr).to.match(message);
    };
    const quota = answer('LimitExceededException');
    const flipped = { action: 'PutSecretValue', secretId: slots, stage: 'CREDENTIAL_ROTATION_FLIPPED' };
    await failing(
      { ...flipped, respond: quota },
      4,
      /Step 4 failed\. \S+ is at a quota.*Nothing was switched/,
    );
    expect(await snapshot(site)).to.deep.equal(before);
    const flip = { action: 'UpdateSecretVersionStage', secretId: slots, stage: 'AWSCURRENT' };
    await failing(
      { ...flip, respond: answer('ExpiredTokenException') },
      12,
      /Step 9 failed\. The AWS credentials expired/,
    );
    const pending = { action: 'PutSecretValue', secretId: admin, stage: ownLabel };
    await failing({ ...pending, respond: quota }, 12, /Step 11 failed\. \S+ is at a quota/);
    expect((await snapshot(site)).admin, 'the database did not learn a password').to.deep.equal(before.admin);
    const lost = [pending, { ...flip, secretId: admin }, { ...flip, secretId: admin, stage: ownLabel }];
    const since = lab.aws.requests().length;
    lost.forEach((fault) => lab.aws.fault({ ...fault, when: 'after', times: 1 }));
    expectCode(await run(site), 0);
    const withheld = writeRequests(lab, site, since).filter(({ status }) => status === 0);
    expect(withheld, 'the lost replies').to.have.length(3);
    const after = await expectHealthy(site, 'B');
    expect(after.B.password, 'the same rotation').to.equal(before.B.password);
    const { failed, failures } = await canary.stop();
    expect(failed, failures.join('\n')).to.equal(0);
  });

  it('labels that are read lag behind: no false "changed by someone else", and lost replies of both promotions @long', async () => {
    let first: unknown;
    const release = lab.aws.fault({
      action: 'DescribeSecret',
      secretId: site.slotSecretId,
      when: 'after',
      rewrite: (body) => {
        first ??= body['VersionIdsToStages'];
        return { ...body, VersionIdsToStages: first };
      },
    });
    expectCode(await run(site), 0);
    release();
    await expectHealthy(site, 'B');
    const flip = { action: 'UpdateSecretVersionStage', secretId: site.slotSecretId, stage: 'AWSCURRENT' };
    lab.aws.fault({ ...flip, when: 'after', times: 1 });
    expectCode(await run(site), 0);
    await expectHealthy(site, 'A');
  });

  it('an AWSPENDING that somebody else left on a secret: exit 2 with the reason and the cure, nothing is written', async () => {
    const { admin } = await snapshot(site);
    const left: [string, string | Buffer][] = [
      [site.adminSecretId, 'not JSON'],
      [site.adminSecretId, Buffer.from('binary')],
      [site.adminSecretId, JSON.stringify({ ...admin, password: 'Pending-of-another-rotation-1' })],
      [site.slotSecretId, 'not JSON'],
    ];
    for (const [secretId, content] of left) {
      const versionId = await putSecret(site, secretId, content, ['AWSPENDING']);
      const [before, labels, writes] = [await snapshot(site), await labelsOf(site), new Writes(lab, site)];
      for (const args of [['--dry-run'], []]) {
        const result = await run(site, args);
        expectCode(result, 2);
        const said = result.stderr + result.stdout;
        expect(said).to.include(secretId).and.to.include(`--remove-from-version-id ${versionId}`);
      }
      expect(await writes.found()).to.deep.equal([]);
      expect(await snapshot(site)).to.deep.equal(before);
      expect(await labelsOf(site)).to.deep.equal(labels);
      await takeLabel(site, secretId, 'AWSPENDING', versionId);
    }
    expectCode(await run(site), 0);
    await expectHealthy(site, 'B');
  });

  it("somebody else's AWSPENDING in the middle of a rotation is not taken away: held at step 11, finished when it is gone", async () => {
    const { admin } = await snapshot(site);
    let versionId = '';
    const held = await runPaused(site, 'slot secret: flip active_slot', 'before', async () => {
      const other = JSON.stringify({ ...admin, password: 'Pending-of-another-rotation-1' });
      versionId = await putSecret(site, site.adminSecretId, other, ['AWSPENDING']);
    });
    expectCode(held, 12);
    expect(held.stderr).to.include('Step 11 failed').and.to.include(versionId);
    const [, labels] = await labelsOf(site);
    expect(labels?.[versionId]).to.deep.equal(['AWSPENDING']);
    expect((await snapshot(site)).admin).to.deep.equal(admin);
    await takeLabel(site, site.adminSecretId, 'AWSPENDING', versionId);
    expectCode(await run(site), 0);
    await expectHealthy(site, 'B');
  });

  it('each write of a rotation is throttled twice: it waits, and rotates @long', async () => {
    const [slots, admin] = [site.slotSecretId, site.adminSecretId];
    const labels: [string, string, string][] = [
      ['PutSecretValue', slots, 'CREDENTIAL_ROTATION_FLIPPED'],
      ['PutSecretValue', slots, 'CREDENTIAL_ROTATION_RENEWED'],
      ['UpdateSecretVersionStage', slots, 'AWSCURRENT'],
      ['PutSecretValue', admin, ownLabel],
      ['UpdateSecretVersionStage', admin, 'AWSCURRENT'],
      ['UpdateSecretVersionStage', admin, ownLabel],
    ];
    const respond = answer('ThrottlingException');
    for (const [action, secretId, stage] of labels)
      lab.aws.fault({ action, secretId, stage, times: 2, when: 'before', respond });
    const since = lab.aws.requests().length;
    expectCode(await run(site), 0);
    const throttled = writeRequests(lab, site, since).filter(({ error }) => error === 'ThrottlingException');
    expect(throttled).to.have.lengthOf(2 * labels.length);
    await expectHealthy(site, 'B');
  });

  it("garbage under AWSPENDING does not hide AWSPREVIOUS when the current password is not the database's @long", async () => {
    const { admin } = await snapshot(site);
    const garbage = await putSecret(site, site.adminSecretId, Buffer.from('binary'), ['AWSPENDING']);
    await putSecret(site, site.adminSecretId, JSON.stringify({ ...admin, password: 'Never-told-1' }));
    const refused = await run(site, ['--dry-run']);
    expectCode(refused, 2);
    expect(refused.stdout + refused.stderr).to.include(garbage);
    await takeLabel(site, site.adminSecretId, 'AWSPENDING', garbage);
    expectCode(await run(site, ['--dry-run']), 0);
  });

  it("the run's own pending version of before a kill is the password that the next run sets", async () => {
    const killed = await runWithFault(site, { point: 'admin secret: create AWSPENDING', mode: 'kill-after' });
    expect(killed.signal).to.equal('SIGKILL');
    const text = await secretUnderNewest(site, site.adminSecretId, ownLabel);
    const pending = JSON.parse(text ?? '{}') as { password?: string };
    expect(pending.password).to.be.a('string');
    expectCode(await run(site), 0);
    const { admin } = await expectHealthy(site, 'B');
    expect(admin.password === pending.password).to.equal(true);
  });
});
