import { expect } from 'chai';
import type { Canary, Lab, Site } from '../../lab';
import { Failure } from '../../src/base/failure';
import { sqlconf } from '../../src/steps/05-sqlconf/apply';
import { runPaused, runWithFault } from '../faults/sweep';
import { makeBucket, useBucket } from './support/backends';
import { Cluster } from './support/cluster';
import { run } from './support/command';
import { databases, labWith } from './support/labs';
import { enginesOf, signalAll } from './support/runProcesses';
import { makeCurrent } from './support/secrets';
import { expectCode, expectHealthy, snapshot } from './support/world';
import { letPass, until } from './support/until';

const forbidden = { status: 403, type: 'AccessDenied', message: 'not authorized (lab)' };
const unavailable = { status: 503, reason: 'ServiceUnavailable', message: 'busy (lab)' };

/**
 * What fails after the renewal, or without the engine saying where: the password of the slot that was left is another
 * one, so nothing may go back to it. The kind of database does not matter here.
 */
for (const database of databases.slice(0, 1)) {
  describe(`a failure that no step is to blame for, or after the renewal (${database})`, function () {
    this.timeout(300_000);
    let lab: Lab;
    let site: Site;
    let canary: Canary;

    beforeEach(async () => {
      lab = await labWith(database);
      site = await lab.createSite({ progressDeadlineSeconds: 6 });
      canary = site.canary();
    });
    afterEach(async () => {
      await canary.stop();
      await site.remove();
    });

    async function expectNoLoginFailed(): Promise<void> {
      const { failed, failures } = await canary.stop();
      expect(failed, failures.slice(0, 5).join('\n')).to.equal(0);
    }

    /** The state in a bucket of the lab, so that single requests of the engine can be refused. */
    async function stateInBucket(): Promise<void> {
      const bucket = `state-of-${site.name}`;
      await makeBucket(lab, bucket);
      await useBucket(lab, site, bucket);
    }

    /** A run that ended held, and one clean run after it. */
    async function expectHeldThenHealthy(held: Awaited<ReturnType<typeof run>>): Promise<void> {
      expectCode(held, 12);
      expect(held.stderr).not.to.include('Rolling back');
      expect(held.stderr).to.include('Run again');
      const { file, B } = await snapshot(site);
      expect(file.login, 'OpenEMR stays where it is').to.equal(B.username);
      expectCode(await run(site), 0);
      const { active_slot: active } = await site.slotDocument();
      await expectHealthy(site, active === 'A' ? 'A' : 'B');
      await expectNoLoginFailed();
    }

    it('the history cannot be written after step 11: held, nothing goes back, and the next run ends healthy @long', async () => {
      await stateInBucket();
      const before = await snapshot(site);
      const release = lab.aws.fault({
        action: 'S3 PUT',
        path: `/state-of-${site.name}/.pulumi/history/`,
        times: 1,
        when: 'before',
        respond: forbidden,
      });
      const held = await run(site);
      release();
      const { A, admin } = await snapshot(site);
      expect(A.password, 'the renewal is done').not.to.equal(before.A.password);
      expect(admin.password, 'step 11 is done').not.to.equal(before.admin.password);
      await expectHeldThenHealthy(held);
      expect(held.stderr)
        .to.include('All steps were carried out; only their record failed.')
        .and.to.include(`OpenEMR runs on ${before.B.username}, which works`);
    });

    it('only the engine is killed after the renewal in the database: held, nothing goes back, and the next run finishes', async () => {
      const before = await snapshot(site);
      const held = await runPaused(site, 'database: ALTER USER of slot A', 'after', async () => {
        const engines = enginesOf(site);
        expect(engines, 'engines at work').to.have.lengthOf(1);
        signalAll(engines, 'SIGKILL');
        await until('the engine is gone', () => enginesOf(site).length === 0);
        await letPass(1000, 'the command has seen its end before the step goes on');
      });
      expect(held.stderr).to.include('Step 10');
      await expectHeldThenHealthy(held);
      expect((await snapshot(site)).active, 'the same rotation, not another one').to.equal('B');
      expect(await site.canLogin(before.A.username, before.A.password)).to.equal(false);
    });

    it('only the engine is killed in step 7: rolled back, and the next run rotates @long', async () => {
      await site.podFault('never-ready', { rollouts: 1 });
      const timer = setInterval(() => {
        const restarted = lab.kubernetes
          .requests()
          .some(
            ({ verb, resource, namespace }) =>
              verb === 'patch' && resource === 'deployments' && namespace === site.namespace,
          );
        if (!restarted) return;
        clearInterval(timer);
        signalAll(enginesOf(site), 'SIGKILL');
      }, 50);
      const failed = await run(site).finally(() => clearInterval(timer));
      // Between two resources no step is to blame; the old login was looked at, and works.
      expectCode(failed, 13);
      await expectHealthy(site, 'A');
      await site.podFault('none');
      expectCode(await run(site), 0);
      await expectHealthy(site, 'B');
      await expectNoLoginFailed();
    });

    it('a rotation that is taken up after the renewal, and the engine cannot begin: held, and the next run finishes @long', async () => {
      await stateInBucket();
      await runWithFault(site, { point: 'slot secret: promote the renewal', mode: 'kill-after' });
      const release = lab.aws.fault({
        action: 'S3 PUT',
        path: `/state-of-${site.name}/.pulumi/locks/`,
        times: 1,
        when: 'before',
        respond: forbidden,
      });
      const held = await run(site);
      release();
      await expectHeldThenHealthy(held);
      expect((await snapshot(site)).active, 'the same rotation, not another one').to.equal('B');
    });

    it('a rotation that is taken up after the renewal, and the Secret cannot be patched: held, and the next run finishes @long', async () => {
      await runWithFault(site, { point: 'slot secret: promote the renewal', mode: 'kill-after' });
      // Somebody puts another login there that works: it is to be patched again.
      const { A } = await snapshot(site);
      await new Cluster(lab, site).setSecret({ 'mysql-user': A.username, 'mysql-password': A.password });
      const release = lab.kubernetes.fault({
        verb: 'patch',
        resource: 'secrets',
        namespace: site.namespace,
        when: 'before',
        respond: unavailable,
      });
      const held = await run(site);
      release();
      expect(held.stderr).to.include('Step 6');
      await expectHeldThenHealthy(held);
      expect((await snapshot(site)).active, 'the same rotation, not another one').to.equal('B');
    });

    it('step 8 fails, and somebody has changed the old password: held, sqlconf.php does not go back to it', async () => {
      const before = await snapshot(site);
      await site.podFault('health-500', { rollouts: 1 });
      lab.kubernetes.fault({
        verb: 'patch',
        resource: 'deployments',
        namespace: site.namespace,
        times: 1,
        when: 'after',
        respond: 'pass',
        onDone: async () =>
          void (await lab.database.root("ALTER USER ?@'%' IDENTIFIED BY 'Changed-by-hand-1'", [
            before.A.username,
          ])),
      });
      const held = await run(site);
      expect(held.stderr)
        .to.include('Step 8')
        .and.to.include(`the database refuses ${before.A.username} with the password from before`);
      await site.podFault('none');
      await site.restart();
      await expectHeldThenHealthy(held);
    });

    it('a rollback that was cut off, and the labels have moved since: not finished any more, planned from what is there @long', async () => {
      await site.podFault('health-500', { rollouts: 1 });
      const release = lab.kubernetes.fault({
        verb: 'patch',
        resource: 'secrets',
        namespace: site.namespace,
        skip: 1,
        when: 'before',
        respond: unavailable,
      });
      const held = await run(site);
      release();
      expectCode(held, 12);
      expect(held.stderr)
        .to.include('The rollback did not finish either')
        .and.to.include(`OpenEMR runs on ${site.users.A}, which works. Run again to finish the rollback.`);
      await site.podFault('none');
      await makeCurrent(site, site.slotSecretId, 'CREDENTIAL_ROTATION_FLIPPED');
      const ill = await run(site);
      expectCode(ill, 4);
      expect(ill.stderr).to.match(/HTTP 500 already, before anything is changed.*Make OpenEMR healthy first/);
      await site.restart();
      const next = await run(site);
      expectCode(next, 0);
      expect(next.stderr).to.match(
        /[Rr]ollback \S+ is no longer being finished: AWSCURRENT of \S+ has moved/,
      );
      await expectHealthy(site, 'A');
      await expectNoLoginFailed();
    });

    it('the last line of defence: the act that writes sqlconf.php writes no login that the database refuses', async () => {
      const { A, B, file, fileHash } = await snapshot(site);
      const context = {
        region: 'us-east-1',
        adminSecretId: site.adminSecretId,
        slotSecretId: site.slotSecretId,
        sitesRoot: site.sitesRoot,
        site: 'default',
        kubernetes: {
          namespace: site.namespace,
          deployment: site.deployment,
          secret: site.kubernetesSecret,
        },
        trust: { caFile: lab.database.caFile },
      };
      const login = { username: B.username, host: file.host, port: file.port, dbname: file.dbase };
      const replaces = [A.username, B.username];
      let refused: unknown;
      await Promise.resolve(
        sqlconf.apply({ context, ...login, replaces, password: 'Not-its-password-1' }),
      ).catch((error: unknown) => (refused = error));
      expect(refused).to.be.instanceOf(Failure);
      expect((refused as Failure).message)
        .to.include(`The database refuses ${B.username}`)
        .and.to.include('was left as it is')
        .and.not.to.include('Not-its-password-1');
      expect((await snapshot(site)).fileHash).to.equal(fileHash);
      await expectNoLoginFailed();
    });
  });
}
