import { expect } from 'chai';
import type { AdminPasswordInputs } from '../../../../src/steps/11-admin-password/apply';
import { adminPassword } from '../../../../src/steps/11-admin-password/apply';
import { beginToWatch } from '../../../../src/steps/10-renewal/idle';
import { adminLabel, adminPendingId } from '../../../../src/aws/adminPendingId';
import { expectRefused, failureOf, killEverywhere, withFaults, writesIn } from '../../handMade/faults';
import type { HandMadeWorld } from '../../handMade/world';
import { openWorld, passwords } from '../../handMade/world';

const rotation = '20260301-020304-aaaaaa';
const id = adminPendingId(rotation, 0);
const label = adminLabel(id);

/** The points of a whole step on a server that takes two passwords of a user. */
const points = [
  'admin secret: create AWSPENDING',
  'database: ALTER USER of the admin',
  'admin secret: AWSCURRENT to the new version',
  'database: discard the old password of the admin',
  'admin secret: remove the label of the pending version',
];

/** The password in the version under AWSCURRENT. */
function current({ admin }: HandMadeWorld): string {
  const text = admin.version(admin.labels.get('AWSCURRENT'))?.text ?? '{}';
  return (JSON.parse(text) as { password: string }).password;
}

/** No password is known to the database alone. */
function expectNothingLost({ admin, database }: HandMadeWorld): void {
  expect(admin.passwords()).to.include(database.account('admin')?.password);
}

const put = (world: HandMadeWorld, password: string, labels: string[], version: string): void =>
  void world.admin.put(JSON.stringify(world.login('admin', password)), labels, version);

describe("step 11: the admin's password", () => {
  const worlds: HandMadeWorld[] = [];
  const open = async (version?: string): Promise<HandMadeWorld> => {
    const world = await openWorld(version);
    worlds.push(world);
    await beginToWatch(world.context, 'admin');
    world.log.length = 0;
    return world;
  };
  afterEach(async () => {
    for (const world of worlds.splice(0)) await world.close();
  });

  const act = ({ context }: HandMadeWorld, given: Partial<AdminPasswordInputs> = {}): Promise<unknown> =>
    adminPassword.apply({ context, rotation, graceSeconds: 0, limitSeconds: 0, ...given });
  const apply = (world: HandMadeWorld, given?: Partial<AdminPasswordInputs>): Promise<unknown> =>
    withFaults(world, undefined, () => act(world, given));

  it('is stored, set, proved by a login, made current, and then the old one ends: each write under both locks', async () => {
    const world = await open();
    expect(await apply(world)).to.deep.equal({ rotation, versionId: id });
    const password = current(world);
    const guarded = (point: string, write: string): string[] => [
      `begin ${point}`,
      'guard',
      'guard of the admin secret',
      write,
      `end ${point}`,
    ];
    expect(world.log).to.deep.equal([
      ...guarded(points[0] ?? '', `secret admin: put ${id} under ${label}`),
      ...guarded(
        points[1] ?? '',
        `sql ALTER USER 'admin'@'%' IDENTIFIED BY '${password}' RETAIN CURRENT PASSWORD`,
      ),
      'login admin',
      ...guarded(points[2] ?? '', `secret admin: AWSCURRENT from v0 to ${id}`),
      'login admin',
      'login admin',
      ...guarded(points[3] ?? '', "sql ALTER USER 'admin'@'%' DISCARD OLD PASSWORD"),
      'login admin',
      ...guarded(points[4] ?? '', `secret admin: ${label} from ${id} to nowhere`),
    ]);
    expect(password).to.have.lengthOf(32).and.not.equal(passwords.admin);
    expect(world.database.account('admin')).to.include({ password, older: undefined });
    expect(world.admin.stages()).to.deep.equal({ [id]: ['AWSCURRENT'], v0: ['AWSPREVIOUS'] });
    world.log.length = 0;
    await apply(world);
    expect(writesIn(world.log), 'a second time').to.deep.equal([]);
  });

  it('on a server that takes one password of a user: the same, and nothing to end', async () => {
    const world = await open('8.0.13');
    await apply(world);
    const password = current(world);
    expect(writesIn(world.log)).to.deep.equal([
      `secret admin: put ${id} under ${label}`,
      `sql ALTER USER 'admin'@'%' IDENTIFIED BY '${password}'`,
      `secret admin: AWSCURRENT from v0 to ${id}`,
      `secret admin: ${label} from ${id} to nowhere`,
    ]);
    expect(world.database.accepts('admin', passwords.admin)).to.equal(false);
  });

  it('a password that the server says it took, and that does not log in, does not become current', async () => {
    const world = await open();
    world.database.swallows = /^ALTER USER/;
    const failure = await failureOf(apply(world));
    expect(failure.code).to.equal('admin-new-password-refused');
    expect(failure.message).to.match(/refuses admin with its new password/);
    expect(world.admin.labels.get('AWSCURRENT')).to.equal('v0');
  });

  it('one that the policy refuses is used no more: another one is stored and set, once in a run', async () => {
    const world = await open();
    world.database.refusals.push({ matches: /^ALTER USER/, errno: 1819, times: 1 });
    expect(await apply(world)).to.deep.equal({ rotation, versionId: adminPendingId(rotation, 1) });
    expectNothingLost(world);
    const again = await open();
    again.database.refusals.push({ matches: /^ALTER USER/, errno: 1819, times: 2 });
    const failure = await failureOf(apply(again));
    expect(failure.message).to.match(/password policy/);
    expect(again.database.account('admin')?.password).to.equal(passwords.admin);
  });

  it('other values of the secret that somebody changed after it was stored are kept', async () => {
    const world = await open();
    const kill = (): never => {
      throw new Error('killed');
    };
    await withFaults(world, { at: 1, after: kill }, () => act(world)).catch(() => undefined);
    const changed = { ...world.login('admin', passwords.admin), note: 'of somebody' };
    world.admin.put(JSON.stringify(changed), ['AWSCURRENT'], 'v5');
    await apply(world);
    const text = world.admin.version(world.admin.labels.get('AWSCURRENT'))?.text ?? '';
    expect(text).to.include('of somebody');
    expectNothingLost(world);
  });

  describe('where the secret names another user since its version was stored', () => {
    const admin2 = { grants: ['GRANT ALL PRIVILEGES ON *.*'] };
    /** A run that is killed after one of its points; then somebody gives the secret a user of its own. */
    const begun = async (at: number): Promise<HandMadeWorld> => {
      const world = await open();
      const kill = (): never => {
        throw new Error('killed');
      };
      await withFaults(world, { at, after: kill }, () => act(world)).catch(() => undefined);
      world.database.add('admin2', 'Admin2-1', admin2);
      world.admin.put(JSON.stringify(world.login('admin2', 'Admin2-1')), ['AWSCURRENT'], 'v5');
      world.log.length = 0;
      return world;
    };
    const second = adminPendingId(rotation, 1);
    /** The new user has a new password, which is the current one, in one run. */
    const expectRenewed = async (world: HandMadeWorld): Promise<void> => {
      expect(await apply(world)).to.deep.equal({ rotation, versionId: second });
      expect(world.admin.labels.get('AWSCURRENT')).to.equal(second);
      expect(world.admin.version(second)?.text).to.include('"admin2"');
      expect(world.database.account('admin2')).to.include({ password: current(world), older: undefined });
      expect(current(world)).to.not.equal('Admin2-1');
      expect(world.log.join('\n')).to.not.include("ALTER USER 'admin'@");
    };

    it("that one's password is renewed, and the other's stays; a version that was never set goes", async () => {
      const world = await begun(0);
      await expectRenewed(world);
      expect(world.database.account('admin')?.password).to.equal(passwords.admin);
      expect(world.admin.stages()).to.deep.equal({ [second]: ['AWSCURRENT'], v5: ['AWSPREVIOUS'] });
    });

    it('where the other user is gone, too', async () => {
      const world = await begun(0);
      world.database.accounts.splice(0, 1);
      await expectRenewed(world);
      expect(world.log).to.not.include('login admin refused');
      expect(world.admin.stages()).to.deep.equal({ [second]: ['AWSCURRENT'], v5: ['AWSPREVIOUS'] });
    });

    it("the other's password that was set keeps its label: it is known to nothing else", async () => {
      const world = await begun(1);
      const set = world.database.account('admin')?.password;
      await expectRenewed(world);
      expect(world.admin.stages()[id]).to.deep.equal([label]);
      expect(world.admin.version(id)?.text).to.include(set);
      world.log.length = 0;
      await apply(world);
      expect(writesIn(world.log), 'a second time').to.deep.equal([]);
    });

    it('and so where the other user was locked since: the refusal says nothing of its password', async () => {
      const world = await begun(1);
      world.database.accounts
        .filter(({ username }) => username === 'admin')
        .forEach((account) => (account.locked = true));
      await expectRenewed(world);
      expect(world.admin.stages()[id]).to.deep.equal([label]);
    });

    it('a kill after the new version was stored: the next run goes on with it', async () => {
      const world = await begun(0);
      const kill = (): never => {
        throw new Error('killed');
      };
      await withFaults(world, { at: 0, after: kill }, () => act(world)).catch(() => undefined);
      expect(world.admin.stages()[second]).to.deep.equal([adminLabel(second)]);
      await expectRenewed(world);
    });
  });

  describe('is refused, and nothing is written', () => {
    it('where OpenEMR is on the admin user', async () => {
      const world = await open();
      await world.writeFile(world.login('admin', passwords.admin));
      await expectRefused(
        world,
        () => apply(world),
        'admin-user-in-use',
        /sqlconf\.php uses the admin user admin; its password was not/,
      );
    });

    it('where somebody keeps logging in', async () => {
      const world = await open();
      const ask = world.database.query.bind(world.database);
      world.database.query = (client, sql) => {
        if (sql.includes('performance_schema.accounts')) world.database.somebodyLogsIn('admin');
        return ask(client, sql);
      };
      await expectRefused(
        world,
        () => apply(world),
        'old-login-in-use',
        /admin is still in use from 10\.0\.0\.7/,
      );
    });

    it('where another tool has a version pending', async () => {
      const world = await open();
      put(world, 'Of-another-tool', ['AWSPENDING'], 'v7');
      await expectRefused(
        world,
        () => apply(world),
        'secret-rotated-by-others',
        /which this tool did not make/,
      );
    });

    it('where the secret names a user that the database has not, served by another one', async () => {
      const world = await open();
      world.database.servedAs.set('admin', 'root');
      world.database.accounts.splice(0, 1);
      world.database.passwordsOf = () => [passwords.admin];
      await expectRefused(world, () => apply(world), 'admin-user-missing', /user admin .*does not exist/);
    });
  });

  it('a version that somebody makes current right before the move is not replaced, and no password is lost', async () => {
    const world = await open();
    world.adminServed.before = (action) => {
      if (action === 'UpdateSecretVersionStage') put(world, 'Of-somebody-else', ['AWSCURRENT'], 'v9');
    };
    await failureOf(apply(world));
    expect(world.admin.labels.get('AWSCURRENT')).to.equal('v9');
    expectNothingLost(world);
  });

  it('a version that lost its label is not set: it could be deleted', async () => {
    const world = await open();
    const failure = await failureOf(
      withFaults(world, { at: 1, before: () => world.admin.labels.delete(label) }, () => act(world)),
    );
    expect(failure.message).to.match(
      /lost its label while this run was about to set its password, so it was not set/,
    );
    expect(world.database.account('admin')?.password).to.equal(passwords.admin);
  });

  it('where OpenEMR itself has just left the admin user, who may still read that login is waited for', async () => {
    const world = await open();
    const writtenAt = Date.now();
    world.kubernetes.secretWrittenAt = new Date(writtenAt);
    await apply(world, { oldLoginSeconds: 0.5 });
    expect(Date.now() - writtenAt).to.be.at.least(500);
  });

  it('is done once for a rotation', async () => {
    expect(await adminPassword.diff({ rotation }, { rotation, run: 'second' })).to.equal(false);
  });

  for (const [version, expected] of [
    ['8.0.15', points],
    ['8.0.13', points.filter((point) => !point.includes('discard'))],
  ] as const)
    it(`killed anywhere, and the lock lost before each write (${version})`, () =>
      killEverywhere(async () => {
        const world = await openWorld(version);
        await beginToWatch(world.context, 'admin');
        world.log.length = 0;
        return {
          world,
          act: () => act(world),
          look: () => {
            const [password, account] = [current(world), world.database.account('admin')];
            return [world.admin.stages(), password === account?.password, password.length, account?.older];
          },
          holds: () => expectNothingLost(world),
        };
      }, expected));
});
