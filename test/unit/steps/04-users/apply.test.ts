import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { listenToNotices } from '../../../../src/base/notices';
import { tryLogin } from '../../../../src/mysql/database';
import { kubernetesSecretData } from '../../../../src/rotation/observation';
import type { DatabaseUserInputs } from '../../../../src/steps/04-users/apply';
import { databaseUser } from '../../../../src/steps/04-users/apply';
import { beginToWatch } from '../../../../src/steps/10-renewal/idle';
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

/** Inputs of step 4 for slot B, which is to be like the active user; each can be given otherwise. */
function inputsOf(world: HandMadeWorld, given: Partial<DatabaseUserInputs> = {}): Record<string, unknown> {
  const login = world.login('openemr_b', passwords.newB);
  const { context } = world;
  return { context, slot: 'B', ...login, like: 'openemr_a', repair: false, graceSeconds: 0, ...given };
}

function apply(world: HandMadeWorld, given?: Partial<DatabaseUserInputs>): Promise<unknown> {
  return withFaults(world, undefined, () => databaseUser.apply(inputsOf(world, given)));
}

function drop({ database: { accounts } }: HandMadeWorld, username: string): void {
  accounts.splice(
    accounts.findIndex((each) => each.username === username),
    1,
  );
}

const create =
  "sql CREATE USER 'openemr_b'@'%' IDENTIFIED WITH `mysql_native_password` BY 'Slot-B-2' REQUIRE SSL";
const grant = 'sql GRANT ALL PRIVILEGES ON `openemr`.* TO `openemr_b`@`%`';
const alter = "sql ALTER USER 'openemr_b'@'%' IDENTIFIED BY 'Slot-B-2'";

describe("step 4: a slot's user", () => {
  let world: HandMadeWorld;
  beforeEach(async () => {
    world = await openWorld();
    // As the preflight does: so the proof that nobody logs in need not begin to wait.
    await beginToWatch(world.context, 'openemr_b');
    world.log.length = 0;
  });
  afterEach(() => world.close());

  it('one that is missing is made like the active one, granted, and proved by a login of its own', async () => {
    drop(world, 'openemr_b');
    const outs = await apply(world);
    expect(world.log).to.deep.equal([
      'login openemr_b refused',
      'begin database: CREATE USER of slot B',
      'guard',
      create,
      'end database: CREATE USER of slot B',
      'begin database: GRANT to slot B',
      'guard',
      grant,
      'end database: GRANT to slot B',
      'login openemr_b',
    ]);
    expect(outs).to.deep.equal({ slot: 'B', ...world.login('openemr_b', passwords.newB) });
  });

  it('one with another password gets this one; a second time nothing is written', async () => {
    await apply(world);
    expect(writesIn(world.log)).to.deep.equal([alter]);
    expect(world.log.at(-1)).to.equal('login openemr_b');
    expectGuarded(world.log);
    world.log.length = 0;
    await apply(world);
    expect(world.log).to.deep.equal(['login openemr_b', 'login openemr_b']);
  });

  it('one that logs in and has too few rights gets the rights alone', async () => {
    Object.assign(world.database.account('openemr_b') ?? {}, {
      grants: ['GRANT USAGE ON *.*'],
      requires: '',
    });
    await apply(world, { password: passwords.B });
    expect(writesIn(world.log)).to.deep.equal(['sql ALTER USER `openemr_b`@`%` REQUIRE SSL', grant]);
    expectGuarded(world.log);
  });

  it('a password that the server says it took, and that does not log in, is not recorded', async () => {
    world.database.swallows = /^ALTER USER/;
    const failure = await failureOf(apply(world));
    expect(failure.message).to.match(/refuse/);
    expect(failure.outcome).to.equal('permission');
  });

  it('a user name that is served as another account is not recorded', async () => {
    world.database.servedAs.set('openemr_b', '');
    const failure = await failureOf(apply(world, { password: passwords.B }));
    expect(failure.message).to.match(/is served as @%; remove the anonymous or wildcard user/);
  });

  it('a server that takes no writes is not recorded', async () => {
    world.database.variables['read_only'] = 'ON';
    const failure = await failureOf(apply(world, { password: passwords.B }));
    expect(failure.message).to.match(/is read-only/);
  });

  describe('is refused, and nothing is written', () => {
    const inUse =
      /^openemr_b is in use by .*, with another password than the one to set; its password was not changed/;

    it('where sqlconf.php names the account', async () => {
      await world.writeFile(world.login('openemr_b', passwords.B));
      await expectRefused(world, () => apply(world), 'before-switch', inUse);
    });

    it('where the Kubernetes Secret names it', async () => {
      Object.assign(world.kubernetes.secretData, {
        'mysql-user': 'openemr_b',
        'mysql-password': passwords.B,
      });
      await expectRefused(world, () => apply(world), 'before-switch', inUse);
    });

    it("where another site's file names it", async () => {
      const folder = path.join(world.context.sitesRoot, 'second');
      await mkdir(folder);
      const { host, port } = world.login('', '');
      const lines = `<?php $host='${host}'; $port='${port}'; $login='openemr_b'; $pass='x'; $dbase='openemr';`;
      await writeFile(path.join(folder, 'sqlconf.php'), lines);
      await expectRefused(world, () => apply(world), 'before-switch', /in use by another site/);
    });

    it('where a place names it with the very password that is to be set: only a repair may', async () => {
      await world.writeFile(world.login('openemr_b', passwords.newB));
      await expectRefused(world, () => apply(world), 'before-switch', /Set it with --sync-db-users/);
    });

    it('where a repair would set another password than the place names', async () => {
      await world.writeFile(world.login('openemr_b', passwords.B));
      await expectRefused(world, () => apply(world, { repair: true }), 'before-switch', inUse);
    });

    it('where somebody logs in and out all the time, and no session is ever seen', async () => {
      const ask = world.database.query.bind(world.database);
      world.database.query = (client, sql) => {
        if (sql.includes('performance_schema.accounts')) world.database.somebodyLogsIn('openemr_b');
        return ask(client, sql);
      };
      await expectRefused(world, () => apply(world), 'before-switch', /in use from 10\.0\.0\.7/);
    });

    it("where it has rights on a schema that the active one has not, and the slot secret's password is not its", async () => {
      const account = world.database.account('openemr_b');
      account?.grants.push('GRANT SELECT ON `clinic2`.*');
      Object.assign(account ?? {}, { password: 'Of-somebody-else-1' });
      await expectRefused(world, () => apply(world), 'before-switch', /rights on clinic2 .* another OpenEMR/);
    });

    it('where it is locked, or has stricter requirements for a connection than the active one', async () => {
      Object.assign(world.database.account('openemr_b') ?? {}, { locked: true });
      await expectRefused(world, () => apply(world), 'before-switch', /is locked; run ALTER USER .* UNLOCK/);
      Object.assign(world.database.account('openemr_b') ?? {}, { locked: false });
      Object.assign(world.database.account('openemr_a') ?? {}, { requires: '' });
      await expectRefused(
        world,
        () => apply(world),
        'before-switch',
        /has stricter requirements for a connection \(REQUIRE SSL\)/,
      );
    });

    it('where its name exists under two hosts', async () => {
      world.database.add('openemr_b', 'other', { host: '10.%' });
      await expectRefused(world, () => apply(world), 'configuration', /under several hosts \(%, 10\.%\)/);
    });

    it('where the requirement would change under somebody who is on it', async () => {
      Object.assign(world.database.account('openemr_b') ?? {}, { requires: '' });
      Object.assign(world.kubernetes.secretData, {
        'mysql-user': 'openemr_b',
        'mysql-password': passwords.B,
      });
      const given = { password: passwords.B, repair: true };
      await expectRefused(world, () => apply(world, given), 'before-switch', /run ALTER USER .* by hand/);
    });

    it('where a right is missing: the statement is told', async () => {
      Object.assign(world.database.account('openemr_b') ?? {}, { grants: ['GRANT USAGE ON *.*'] });
      world.database.refusals.push({ matches: /^GRANT/, errno: 1044, times: 1 });
      const given = { password: passwords.B };
      await expectRefused(world, () => apply(world, given), 'permission', /may not run GRANT ALL PRIVILEGES/);
    });

    it('where the policy refuses the password: which slot needs another one', async () => {
      world.database.refusals.push({ matches: /^ALTER USER/, errno: 1819, times: 1 });
      const failure = await failureOf(apply(world));
      expect(failure).to.include({ code: 'password-refused', slot: 'B' });
      expect(writesIn(world.log)).to.deep.equal([]);
    });

    it('where the policy refuses a password that OpenEMR is on: no other one is made', async () => {
      await world.writeFile(world.login('openemr_b', passwords.newB));
      world.database.refusals.push({ matches: /^ALTER USER/, errno: 1819, times: 1 });
      const failure = await failureOf(apply(world, { repair: true }));
      expect(failure).to.include({ code: 'password-refused', slot: undefined });
      expect(failure.message).to.match(/password policy/);
    });
  });

  it('a repair sets the password that sqlconf.php names already, though a pod has a session from before', async () => {
    await world.writeFile(world.login('openemr_b', passwords.newB));
    world.kubernetes.podAddresses = ['10.0.0.9'];
    world.database.others.push({ id: 7, username: 'openemr_b', host: '10.0.0.9' });
    await apply(world, { repair: true });
    expect(writesIn(world.log)).to.deep.equal([alter]);
  });

  describe('a repair lets OpenEMR in', () => {
    const otherSite = async (folder: string, pass: string): Promise<void> => {
      const place = path.join(world.context.sitesRoot, folder);
      await mkdir(place);
      const { host, port } = world.login('', '');
      const lines = `<?php $host='${host}'; $port='${port}'; $login='openemr_b'; $pass='${pass}'; $dbase='openemr';`;
      await writeFile(path.join(place, 'sqlconf.php'), lines);
    };
    const repair = (): Promise<unknown> => {
      const inputs = inputsOf(world, { repair: true });
      delete inputs['like'];
      return withFaults(world, undefined, () => databaseUser.apply(inputs));
    };
    beforeEach(() => world.writeFile(world.login('openemr_b', passwords.newB)));

    it('whatever other rights its own account has: it is not of another OpenEMR', async () => {
      const account = world.database.account('openemr_b');
      account?.grants.push('GRANT SELECT ON `reporting`.*');
      Object.assign(account ?? {}, { password: 'Restored-1' });
      await repair();
      expect(writesIn(world.log)).to.deep.equal([alter]);
    });

    it('beside the copy of a folder whose password the database refuses', async () => {
      await otherSite('default.bak', 'Long-ago-1');
      await repair();
      expect(writesIn(world.log)).to.deep.equal([alter]);
    });

    it('not where the password of another site cannot be tried: it may be the one that works', async () => {
      await otherSite('second', 'Works-1');
      Object.assign(world.database.account('openemr_b') ?? {}, { password: 'Works-1' });
      for (const password of ['Wrong-1', 'Wrong-2'])
        await tryLogin(world.login('openemr_b', password), world.context.trust);
      await expectRefused(world, repair, 'before-switch', /another site, .*second.*; its password was not/);
      expect(world.database.account('openemr_b')?.password).to.equal('Works-1');
    });

    it('not where a client that is none of its pods is let in: another OpenEMR has that account', async () => {
      world.kubernetes.podAddresses = ['10.0.0.9'];
      world.database.others.push({ id: 7, username: 'openemr_b', host: '10.0.5.5' });
      const said =
        /in use from 10\.0\.5\.5, which is no address of OpenEMR's pods, .*; its password was not changed\./;
      await expectRefused(world, repair, 'before-switch', said);
    });

    it('not where such a client comes and goes within the grace period', async () => {
      world.kubernetes.podAddresses = ['10.0.0.9'];
      const inputs = inputsOf(world, { repair: true, graceSeconds: 60 });
      const ask = world.database.query.bind(world.database);
      let looks = 0;
      world.database.query = (client, sql) => {
        if (sql.includes('performance_schema.accounts') && (looks += 1) === 3)
          world.database.somebodyLogsIn('openemr_b');
        return ask(client, sql);
      };
      const act = (): Promise<unknown> => withFaults(world, undefined, () => databaseUser.apply(inputs));
      await expectRefused(world, act, 'before-switch', /in use from 10\.0\.0\.7, which is no address/);
    });

    it('whatever tries of OpenEMR the server refuses and counts, where the admin cannot tell them from logins', async () => {
      await world.close();
      world = await openWorld('9.7.4');
      await world.writeFile(world.login('openemr_b', passwords.newB));
      world.database.refusals.push({ matches: /status_by_account/, errno: 1142, times: 100 });
      const ask = world.database.query.bind(world.database);
      world.database.query = (client, sql) => {
        if (sql.includes('performance_schema.accounts')) world.database.somebodyIsRefused('openemr_b');
        return ask(client, sql);
      };
      const inputs = inputsOf(world, { repair: true, graceSeconds: 0.1 });
      delete inputs['like'];
      await withFaults(world, undefined, () => databaseUser.apply(inputs));
      expect(writesIn(world.log)).to.deep.equal([alter]);
    });

    it('not by an account that only the copy of a folder names: who logs in to it is looked for as ever', async () => {
      await world.writeFile(world.login('openemr_a', passwords.A));
      await otherSite('default.bak', 'Long-ago-1');
      world.kubernetes.podAddresses = ['10.0.0.9'];
      world.database.others.push({ id: 7, username: 'openemr_b', host: '10.0.0.9' });
      await expectRefused(world, repair, 'before-switch', /openemr_b is in use from 10\.0\.0\.9/);
    });

    it('not where it may not be seen which clients are its pods: the cure is to restart them, or the right', async () => {
      world.database.others.push({ id: 7, username: 'openemr_b', host: '10.0.0.9' });
      await expectRefused(world, repair, 'before-switch', /no right to list pods.*restart its pods/);
    });

    it('not where another site is let in by another password: that site is named, and what to do with it', async () => {
      await otherSite('second', passwords.B);
      const said =
        /another site, .*second.*another password.*; its password was not changed\. Give that site/;
      await expectRefused(world, repair, 'before-switch', said);
    });
  });

  it('an account that a version of a stopped run lets in is ours, whatever other rights it has', async () => {
    Object.assign(world.database.account('openemr_b') ?? {}, { password: 'Renewed-1' });
    world.database.account('openemr_b')?.grants.push('GRANT SELECT ON `reporting`.*');
    const renewed = (world.slots.versions.get('v0') ?? '').replace(passwords.B, 'Renewed-1');
    world.slots.put(renewed, ['CREDENTIAL_ROTATION_RENEWED'], 'v1');
    await apply(world);
    expect(writesIn(world.log)).to.deep.equal([alter]);
  });

  it('step 10: an account that the current slot secret lets in is ours, whatever other rights it has', async () => {
    world.database.account('openemr_b')?.grants.push('GRANT SELECT ON `reporting`.*');
    await apply(world);
    expect(writesIn(world.log)).to.deep.equal([alter]);
  });

  it('a Kubernetes Secret whose login was refused when the plan was made is no use of the account', async () => {
    Object.assign(world.kubernetes.secretData, { 'mysql-user': 'openemr_b', 'mysql-password': 'stale' });
    await apply(world, { deadSecret: true });
    expect(writesIn(world.log)).to.deep.equal([alter]);
  });

  it('without a model it gets its schema alone', async () => {
    drop(world, 'openemr_b');
    const inputs = inputsOf(world);
    delete inputs['like'];
    await withFaults(world, undefined, () => databaseUser.apply(inputs));
    expect(writesIn(world.log)).to.deep.equal([
      create,
      'sql GRANT ALL PRIVILEGES ON `openemr`.* TO `openemr_b`@`%`',
    ]);
  });

  it('an older password of a user that a live place names stays, and that is told', async () => {
    const account = Object.assign(world.database.account('openemr_b') ?? {}, { older: 'older' });
    world.kubernetes.secretData = kubernetesSecretData(world.login('openemr_b', 'older'));
    const told: string[] = [];
    listenToNotices((text) => told.push(text));
    try {
      await apply(world, { password: passwords.B, oldPassword: 'end' });
    } finally {
      listenToNotices(() => undefined);
    }
    expect(writesIn(world.log)).to.deep.equal([]);
    expect(account).to.deep.include({ password: passwords.B, older: 'older' });
    const { namespace } = world.kubernetes;
    expect(told).to.deep.equal([
      `Secret ${namespace}/openemr-db names openemr_b, so its old password, which works beside the new one, was not discarded; a later rotation ends it, when it renews the password of openemr_b`,
    ]);
  });
});

describe('step 4: killed anywhere, and the lock lost before each write', function () {
  this.timeout(20_000);
  const scene = async (
    prepare: (world: HandMadeWorld) => void,
  ): ReturnType<Parameters<typeof killEverywhere>[0]> => {
    const world = await openWorld();
    await beginToWatch(world.context, 'openemr_b');
    prepare(world);
    world.log.length = 0;
    return {
      world,
      act: () => databaseUser.apply(inputsOf(world)),
      look: () => world.database.accounts,
      holds: () => {
        const known = [undefined, passwords.B, passwords.newB];
        expect(known).to.include(world.database.account('openemr_b')?.password);
        expect(world.database.accepts('openemr_a', passwords.A), 'the live account').to.equal(true);
      },
    };
  };

  it('a user that is made', () =>
    killEverywhere(
      () => scene((world) => drop(world, 'openemr_b')),
      ['database: CREATE USER of slot B', 'database: GRANT to slot B'],
    ));

  it('a user that is changed in all', () =>
    killEverywhere(
      () =>
        scene(({ database }) =>
          Object.assign(database.account('openemr_b') ?? {}, {
            requires: '',
            grants: ['GRANT USAGE ON *.*'],
          }),
        ),
      ['database: ALTER USER of slot B', 'database: REQUIRE of slot B', 'database: GRANT to slot B'],
    ));
});

describe("step 4: what a preview shows of a slot's user", () => {
  let world: HandMadeWorld;
  beforeEach(async () => (world = await openWorld()));
  afterEach(() => world.close());

  const differs = async (before: object, given: Partial<DatabaseUserInputs> = {}): Promise<boolean> =>
    databaseUser.diff({ ...inputsOf(world, { password: passwords.B }), ...before }, inputsOf(world, given));

  it('nothing where state and world have it; a change where either has not', async () => {
    const same = { password: passwords.B };
    expect(await differs({}, same)).to.equal(false);
    expect(await differs({ password: 'Before-1' }, same)).to.equal(true);
    expect(await differs({}, { password: '04da6b54-80e4-46f7-96ec-b56ff0331ba9' }), 'unknown').to.equal(true);
    expect(await differs({ password: passwords.newB }), 'the database refuses it').to.equal(true);
    Object.assign(world.database.account('openemr_b') ?? {}, { grants: ['GRANT USAGE ON *.*'] });
    expect(await differs({}, same), 'too few rights').to.equal(true);
    expect(writesIn(world.log)).to.deep.equal([]);
  });

  it('where the tries of this run are used up, too: the repair must not end by what it repairs', async () => {
    for (const wrong of ['Wrong-1', 'Wrong-2', 'Wrong-3'])
      expect(await tryLogin(world.login('openemr_b', wrong), world.context.trust)).to.equal('denied');
    expect(await differs({ password: passwords.newB }, { password: passwords.newB })).to.equal(true);
  });

  it('a problem that stops the step is a change, too', async () => {
    world.database.add('openemr_b', passwords.B, { host: '10.%' });
    expect(await differs({}, { password: passwords.B })).to.equal(true);
  });

  it('an older password that is to end is a change', async () => {
    Object.assign(world.database.account('openemr_b') ?? {}, { older: 'older' });
    const given = { password: passwords.B };
    expect(await differs({}, given)).to.equal(false);
    expect(await differs({}, { ...given, oldPassword: 'end' })).to.equal(true);
    expect(await differs({}, { ...given, oldPassword: 'keep' })).to.equal(false);
  });
});
