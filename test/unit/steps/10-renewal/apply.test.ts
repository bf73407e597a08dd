import { statSync } from 'node:fs';
import { expect } from 'chai';
import { kubernetesSecretData } from '../../../../src/rotation/observation';
import { databaseUser } from '../../../../src/steps/04-users/apply';
import { beginToWatch } from '../../../../src/steps/10-renewal/idle';
import type { IdleProofInputs } from '../../../../src/steps/10-renewal/apply';
import { idleProof } from '../../../../src/steps/10-renewal/apply';
import { promotion } from '../../../../src/steps/promotion';
import {
  expectGuarded,
  expectRefused,
  failureOf,
  killEverywhere,
  withFaults,
  writesIn,
} from '../../handMade/faults';
import type { HandMadeWorld } from '../../handMade/world';
import { openWorld, passwords } from '../../handMade/world';

/** An OpenEMR that has moved to slot B; the old slot, A, is to be renewed. */
async function switched(version?: string): Promise<HandMadeWorld> {
  const world = await openWorld(version);
  const login = world.login('openemr_b', passwords.B);
  await world.writeFile(login);
  world.kubernetes.secretData = kubernetesSecretData(login);
  return world;
}

/** A server that counts no logins is looked at by samples. */
const countsNothing = (world: HandMadeWorld): void =>
  void (world.database.variables['performance_schema'] = 'OFF');

const somebodyLogsInAllTheTime = ({ database }: HandMadeWorld, username: string): void => {
  const ask = database.query.bind(database);
  database.query = (client, sql) => {
    if (sql.includes('performance_schema.accounts')) database.somebodyLogsIn(username);
    return ask(client, sql);
  };
};

describe('step 10: nobody uses the old slot', () => {
  let world: HandMadeWorld;
  beforeEach(async () => (world = await switched()));
  afterEach(() => world.close());

  const apply = (given: Partial<IdleProofInputs> = {}): Promise<unknown> => {
    const rules = { graceSeconds: 0, limitSeconds: 0, oldLoginSeconds: 0 };
    const inputs = { context: world.context, run: 'run-1', username: 'openemr_a', ...rules, ...given };
    return withFaults(world, undefined, () => idleProof.apply(inputs));
  };

  it('is proved, and nothing is written', async () => {
    world.database.somebodyLogsIn('openemr_a');
    const outs = (await apply()) as { measured: { quietMs: number; logins: { before: number } } };
    // Of the whole process: other tests of it have logged in to servers that are gone.
    const { quietMs, logins: counted } = outs.measured;
    expect(quietMs).to.be.within(0, 5000);
    const measured = { username: 'openemr_a', graceSeconds: 0, quietMs, servers: 1, unreachedReaders: 0 };
    const logins = { before: counted.before, after: counted.before };
    expect(outs).to.deep.equal({
      ...{ username: 'openemr_a', graceSeconds: 0 },
      measured: { ...measured, logins },
    });
    expect(world.log).to.deep.equal(['login admin']);
  });

  it('a file or a Secret that names it again is told at once', async () => {
    const login = world.login('openemr_a', passwords.A);
    world.kubernetes.secretData = kubernetesSecretData(login);
    await expectRefused(
      world,
      () => apply(),
      'old-login-in-use',
      /openemr_a is in use by Secret .*its password was not renewed/,
    );
    await world.writeFile(login);
    await expectRefused(world, () => apply(), 'old-login-in-use', /openemr_a is in use by .*sqlconf\.php/);
  });

  it('where the server counts nothing, the proof says why', async () => {
    countsNothing(world);
    const { measured } = (await apply()) as { measured: object };
    expect(measured).not.to.have.property('logins');
    expect(measured)
      .to.have.property('sampled')
      .that.matches(/^performance_schema is OFF/);
  });

  it('somebody who logs in and out, however short', async () => {
    somebodyLogsInAllTheTime(world, 'openemr_a');
    await expectRefused(
      world,
      () => apply(),
      'old-login-in-use',
      /still in use from 10\.0\.0\.7; its password was not renewed/,
    );
  });

  it('who may still read the old login is waited for: from the last change of the file on', async () => {
    const { ctimeMs } = statSync(world.file);
    await apply({ oldLoginSeconds: 0.5 });
    expect(Date.now() - ctimeMs).to.be.at.least(500);
  });

  it('and from the last change of the Secret on', async () => {
    const writtenAt = Date.now();
    world.kubernetes.secretWrittenAt = new Date(writtenAt);
    await apply({ oldLoginSeconds: 0.5 });
    expect(Date.now() - writtenAt).to.be.at.least(500);
  });

  it('is made anew in each run, also where an earlier run of the rotation has made it', async () => {
    expect(await idleProof.diff({ run: 'first' }, { run: 'second' })).to.equal(true);
    expect(await idleProof.diff({ run: 'first' }, { run: 'first' })).to.equal(false);
  });
});

describe("step 10: the old slot's password", () => {
  const worlds: HandMadeWorld[] = [];
  const open = async (version?: string): Promise<HandMadeWorld> => {
    const world = await switched(version);
    worlds.push(world);
    await beginToWatch(world.context, 'openemr_a');
    world.log.length = 0;
    return world;
  };
  afterEach(async () => {
    for (const world of worlds.splice(0)) await world.close();
  });

  const inputsOf = (world: HandMadeWorld, given: object = {}): Record<string, unknown> => {
    const login = world.login('openemr_a', passwords.newA);
    const rules = { repair: false, graceSeconds: 0, limitSeconds: 0, oldPassword: 'end' };
    return { context: world.context, slot: 'A', ...login, like: 'openemr_b', ...rules, ...given };
  };
  const apply = (world: HandMadeWorld, given: object = {}): Promise<unknown> =>
    withFaults(world, undefined, () => databaseUser.apply(inputsOf(world, given)));
  const alone = "sql ALTER USER 'openemr_a'@'%' IDENTIFIED BY 'Slot-A-2'";
  const beside = `${alone} RETAIN CURRENT PASSWORD`;
  const discard = "sql ALTER USER 'openemr_a'@'%' DISCARD OLD PASSWORD";

  it('where logins are counted the new one is set alone, proved by a login; a second time nothing is written', async () => {
    const world = await open();
    await apply(world);
    expect(writesIn(world.log)).to.deep.equal([alone]);
    expect(world.log.at(-1)).to.equal('login openemr_a');
    expectGuarded(world.log);
    world.log.length = 0;
    await apply(world);
    expect(writesIn(world.log)).to.deep.equal([]);
  });

  it('where they are not, the old one works beside it until the new one is proved, and is discarded then', async () => {
    const world = await open();
    countsNothing(world);
    await apply(world);
    expect(writesIn(world.log)).to.deep.equal([beside, discard]);
    const order = [beside, 'login openemr_a', discard].map((event) => world.log.indexOf(event));
    expect(order).to.deep.equal([...order].sort((one, two) => one - two));
    expect(world.database.account('openemr_a')?.older).to.equal(undefined);
  });

  it('kept on request: both work, and a second time nothing is written', async () => {
    const world = await open();
    await apply(world, { oldPassword: 'keep' });
    await apply(world, { oldPassword: 'keep' });
    expect(writesIn(world.log)).to.deep.equal([beside]);
    expect(world.database.accepts('openemr_a', passwords.A)).to.equal(true);
  });

  it('a server that cannot keep it: refused, and nothing is written', async () => {
    const world = await open('8.0.13');
    const keep = (): Promise<unknown> => apply(world, { oldPassword: 'keep' });
    await expectRefused(
      world,
      keep,
      'dual-password-unsupported',
      /cannot keep the old password of openemr_a/,
    );
  });

  it('the slot that OpenEMR is on is never renewed', async () => {
    const world = await open();
    const wrong = (): Promise<unknown> =>
      apply(world, { ...world.login('openemr_b', passwords.newB), slot: 'B', like: 'openemr_a' });
    await expectRefused(world, wrong, 'before-switch', /openemr_b is in use by .*sqlconf\.php/);
    expect(world.database.accepts('openemr_b', passwords.B)).to.equal(true);
  });

  it('somebody who came back since the proof: refused right before the change', async () => {
    const world = await open();
    somebodyLogsInAllTheTime(world, 'openemr_a');
    await expectRefused(world, () => apply(world), 'before-switch', /openemr_a is in use from 10\.0\.0\.7/);
  });

  it('two passwords, of which the wanted one is the older: it is the one that is left', async () => {
    const world = await open();
    Object.assign(world.database.account('openemr_a') ?? {}, { password: 'newer', older: passwords.newA });
    await apply(world);
    expect(writesIn(world.log)).to.deep.equal([discard, alone]);
    expect(world.log.at(-1)).to.equal('login openemr_a');
  });

  it('two passwords of the slot that OpenEMR is on: both stay', async () => {
    const world = await open();
    Object.assign(world.database.account('openemr_b') ?? {}, { older: 'older' });
    await apply(world, { ...world.login('openemr_b', passwords.B), slot: 'B', like: 'openemr_a' });
    expect(writesIn(world.log)).to.deep.equal([]);
  });

  it('two passwords, and somebody logs in: the older one is not discarded', async () => {
    const world = await open();
    Object.assign(world.database.account('openemr_a') ?? {}, { older: passwords.newA });
    somebodyLogsInAllTheTime(world, 'openemr_a');
    const given = { password: passwords.A };
    await expectRefused(
      world,
      () => apply(world, given),
      'old-login-in-use',
      /old password.* was not discarded/,
    );
  });

  it('killed anywhere, and the lock lost before each write', () => {
    const set = async (): ReturnType<Parameters<typeof killEverywhere>[0]> => {
      const world = await switched();
      await beginToWatch(world.context, 'openemr_a');
      countsNothing(world);
      world.log.length = 0;
      return {
        world,
        act: () => databaseUser.apply(inputsOf(world)),
        look: () => world.database.accounts,
        holds: () => {
          expect([passwords.A, passwords.newA]).to.include(world.database.account('openemr_a')?.password);
          expect(world.database.accepts('openemr_b', passwords.B), 'the live account').to.equal(true);
        },
      };
    };
    const name = 'database: ALTER USER of slot A';
    return killEverywhere(set, [name, 'database: discard the old password of slot A']);
  });

  it('its document becomes current after it, from the flip alone', async () => {
    const world = await open();
    world.slots.put('{"active_slot":"B"}', ['AWSCURRENT'], 'v1');
    world.slots.put('{"active_slot":"B","A":{}}', ['CREDENTIAL_ROTATION_RENEWED'], 'v2');
    const { context } = world;
    const inputs = { context, secretArn: context.slotSecretId, to: 'v2', what: 'promote the renewal' };
    const act = (from: string): Promise<unknown> =>
      withFaults(world, undefined, () => promotion.apply({ ...inputs, from }));
    expect((await failureOf(act('v0'))).code, 'AWSCURRENT is v1').to.equal('secret-changed-meanwhile');
    await act('v1');
    expect(world.slots.labels.get('AWSCURRENT')).to.equal('v2');
    expect(world.log).to.include('begin slot secret: promote the renewal');
    expectGuarded(world.log);
  });
});
