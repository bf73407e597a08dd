import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { kubernetesSecretData } from '../../../../src/rotation/observation';
import type { HealthProofInputs } from '../../../../src/steps/08-health/apply';
import { healthProof } from '../../../../src/steps/08-health/apply';
import { listenToNotices } from '../../../../src/base/notices';
import { expectRefused, withFaults } from '../../handMade/faults';
import type { HandMadeWorld } from '../../handMade/world';
import { openWorld, passwords } from '../../handMade/world';

const healthy = JSON.stringify({ status: 'ready', checks: { installed: true, database: true } });
const ill = JSON.stringify({ status: 'ready', checks: { installed: true, database: false } });

describe('step 8: the proof of health', () => {
  let world: HandMadeWorld;
  let page: Server;
  let asked: number;
  let answer: (time: number) => string;
  beforeEach(async () => {
    world = await openWorld();
    const login = world.login('openemr_b', passwords.B);
    await world.writeFile(login);
    world.kubernetes.secretData = kubernetesSecretData(login);
    world.kubernetes.deployment = { spec: { replicas: 1 } };
    [asked, answer] = [0, () => healthy];
    page = createServer((_request, response) => response.end(answer((asked += 1))));
    await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    page.close();
    listenToNotices(() => undefined);
    await world.close();
  });

  const url = (): string => `http://127.0.0.1:${(page.address() as AddressInfo).port}/meta/health/readyz`;
  const apply = (given: Partial<HealthProofInputs> = {}): Promise<unknown> => {
    const login = world.login('openemr_b', passwords.B);
    const inputs = {
      ...{ context: world.context, run: 'run-1', ...login, kubernetesSecret: kubernetesSecretData(login) },
      ...{ healthUrl: url(), answersInARow: 2, limitSeconds: 5, kind: 'rotate', ...given },
    };
    return withFaults(world, undefined, () => healthProof.apply(inputs));
  };

  it('file and Secret say the new login, it logs in, and the page is good so many times: nothing is written', async () => {
    const outs = await apply();
    const counts = { judged: 2, good: 2, asBefore: 0, wanted: 2 };
    expect(outs).to.deep.equal({
      ...{ username: 'openemr_b', host: '127.0.0.1', answersInARow: 2 },
      measured: { username: 'openemr_b', page: url(), ...counts },
    });
    expect(world.log).to.deep.equal(['login openemr_b']);
    expect(asked).to.equal(2);
  });

  it('one good answer between two bad ones proves nothing', async () => {
    answer = (time) => (time === 1 ? healthy : ill);
    await expectRefused(world, () => apply({ limitSeconds: 0.4 }), 'before-switch', /database check fails/);
  });

  it('each answer is counted, and of the address nothing that may be a secret is kept', async () => {
    answer = (time) => (time === 2 ? ill : healthy);
    const outs = await apply({ healthUrl: `${url()}?token=canary` });
    const counts = { judged: 4, good: 3, asBefore: 0, wanted: 2 };
    expect(outs).to.deep.include({ measured: { username: 'openemr_b', page: url(), ...counts } });
  });

  it('a page that answers nothing', async () => {
    const nobody = { healthUrl: 'http://127.0.0.1:1/readyz', limitSeconds: 0.1 };
    await expectRefused(world, () => apply(nobody), 'before-switch', /cannot be reached \(ECONNREFUSED\)/);
  });

  it('without a page the login alone is the proof, and it is made', async () => {
    const inputs = { ...world.login('openemr_b', passwords.B), context: world.context, run: 'run-1' };
    const kubernetesSecret = world.kubernetes.secretData;
    const outs = await healthProof.apply({ ...inputs, kubernetesSecret, answersInARow: 2, limitSeconds: 1 });
    const counts = { judged: 0, good: 0, asBefore: 0, wanted: 0 };
    expect(outs).to.deep.equal({
      ...{ username: 'openemr_b', host: '127.0.0.1', answersInARow: 0 },
      measured: { username: 'openemr_b', ...counts },
    });
    expect(world.log).to.deep.equal(['login openemr_b']);
  });

  it('a page of somebody else, as before the switch, proves nothing, and is told of', async () => {
    answer = () => 'a page of somebody';
    const told: string[] = [];
    listenToNotices((text) => told.push(text));
    await apply({ before: { url: url(), fault: 'wrong-page', failing: [] } });
    expect(told.join()).to.include('it proves nothing, and did not before');
  });

  it('a file that names another user or another password', async () => {
    await world.writeFile(world.login('openemr_a', passwords.A));
    await expectRefused(
      world,
      () => apply(),
      'before-switch',
      /no longer names openemr_b: somebody else changed it/,
    );
    await world.writeFile(world.login('openemr_b', 'another'));
    await expectRefused(world, () => apply(), 'before-switch', /no longer names openemr_b/);
    expect(asked, 'the page is not asked').to.equal(0);
  });

  it('a Secret that somebody changed back', async () => {
    world.kubernetes.secretData = kubernetesSecretData(world.login('openemr_a', passwords.A));
    await expectRefused(
      world,
      () => apply(),
      'before-switch',
      /\(mysql-user, mysql-password\): another controller/,
    );
  });

  it('a login that the database refuses, serves as another account, or takes no writes from', async () => {
    world.database.servedAs.set('openemr_b', 'anybody');
    await expectRefused(world, () => apply(), 'before-switch', /is served as anybody@%/);
    world.database.servedAs.clear();
    world.database.variables['read_only'] = 'ON';
    await expectRefused(world, () => apply(), 'before-switch', /read-only/);
    Object.assign(world.database.account('openemr_b') ?? {}, { password: 'another' });
    await expectRefused(world, () => apply(), 'permission', /refuse/);
    expect(asked, 'the page is not asked').to.equal(0);
  });

  it('is made anew in each run, also where an earlier run of the rotation has made it', async () => {
    expect(await healthProof.diff({ run: 'first' }, { run: 'second' })).to.equal(true);
    expect(await healthProof.diff({ run: 'first' }, { run: 'first' })).to.equal(false);
  });
});
