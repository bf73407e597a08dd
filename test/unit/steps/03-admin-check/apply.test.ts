import { expect } from 'chai';
import { adminCheck } from '../../../../src/steps/03-admin-check/apply';
import { adminLabel, adminPendingId } from '../../../../src/aws/adminPendingId';
import { expectRefused, failureOf, killEverywhere, withFaults, writesIn } from '../../handMade/faults';
import type { HandMadeWorld } from '../../handMade/world';
import { openWorld, passwords } from '../../handMade/world';

const rotation = '20260301-020304-aaaaaa';

function apply(world: HandMadeWorld, run = rotation): Promise<unknown> {
  const { context } = world;
  return withFaults(world, undefined, () => adminCheck.apply({ context, rotation, run }));
}

/** Stores a version of the admin secret with another password. */
function put(world: HandMadeWorld, password: string, labels: string[], id: string): void {
  world.admin.put(JSON.stringify(world.login('admin', password)), labels, id);
}

/** AWSCURRENT is a password that the database never learned; the one before works. */
function makeDrift(world: HandMadeWorld): void {
  world.admin.labels.set('AWSPREVIOUS', 'v0');
  put(world, 'Never-set-1', ['AWSCURRENT'], 'v1');
}

const heal = 'secret admin: AWSCURRENT from v1 to v0';

describe('step 3: the admin login', () => {
  let world: HandMadeWorld;
  beforeEach(async () => (world = await openWorld()));
  afterEach(() => world.close());

  it('one that works is left alone: one login, no lock on the secret, no write', async () => {
    expect(await apply(world)).to.deep.equal({
      ...{ rotation, foundUnder: 'AWSCURRENT' },
      measured: { foundUnder: 'AWSCURRENT', tried: 1, refused: 0 },
    });
    expect(world.log).to.deep.equal(['login admin']);
  });

  it('the password before, where the database has that: AWSCURRENT goes back to it, and no password is changed', async () => {
    makeDrift(world);
    expect(await apply(world)).to.deep.equal({
      ...{ rotation, foundUnder: 'AWSPREVIOUS' },
      measured: { foundUnder: 'AWSPREVIOUS', tried: 2, refused: 1 },
    });
    expect(world.log).to.deep.equal([
      'login admin refused',
      'login admin',
      'begin admin secret: heal AWSCURRENT',
      'guard',
      'guard of the admin secret',
      heal,
      'end admin secret: heal AWSCURRENT',
    ]);
    world.log.length = 0;
    await apply(world);
    expect(world.log, 'a second time').to.deep.equal([]);
  });

  it("another tool's pending version, where the database has that", async () => {
    put(world, 'Set-by-a-tool-1', ['AWSPENDING'], 'v2');
    Object.assign(world.database.account('admin') ?? {}, { password: 'Set-by-a-tool-1' });
    expect(await apply(world)).to.deep.equal({
      ...{ rotation, foundUnder: 'AWSPENDING' },
      measured: { foundUnder: 'AWSPENDING', tried: 2, refused: 1 },
    });
    expect(writesIn(world.log)).to.deep.equal(['secret admin: AWSCURRENT from v0 to v2']);
  });

  it('its own pending version is left for step 11, which is not done yet', async () => {
    const id = adminPendingId(rotation, 0);
    put(world, 'Set-in-step-11', [adminLabel(id)], id);
    Object.assign(world.database.account('admin') ?? {}, { password: 'Set-in-step-11' });
    await apply(world);
    expect(writesIn(world.log)).to.deep.equal([]);
  });

  it('a current version that came meanwhile, and works, stays', async () => {
    makeDrift(world);
    world.adminServed.before = (action) => {
      // Between the login and the look at the secret under the lock.
      if (
        action !== 'DescribeSecret' ||
        world.log.at(-1) !== 'login admin' ||
        world.admin.labels.get('AWSCURRENT') === 'v9'
      )
        return;
      put(world, passwords.admin, ['AWSCURRENT'], 'v9');
    };
    await apply(world);
    expect(world.admin.labels.get('AWSCURRENT')).to.equal('v9');
    expect(writesIn(world.log)).to.deep.equal([]);
  });

  it('a version that somebody makes current right before the move is not replaced', async () => {
    makeDrift(world);
    const { context } = world;
    const before = (): void => put(world, 'Of-somebody-else', ['AWSCURRENT'], 'v9');
    await failureOf(
      withFaults(world, { at: 0, before }, () => adminCheck.apply({ context, rotation, run: rotation })),
    );
    expect(world.admin.labels.get('AWSCURRENT')).to.equal('v9');
  });

  it('the lock on the secret lost before the move: nothing is written', async () => {
    makeDrift(world);
    const { context, database } = world;
    const lose = (): void =>
      [...database.locks.keys()]
        .filter((name) => name.includes('admin'))
        .forEach((name) => database.locks.set(name, 9));
    const failure = await failureOf(
      withFaults(world, { at: 0, before: lose }, () =>
        adminCheck.apply({ context, rotation, run: rotation }),
      ),
    );
    expect(failure.outcome).to.equal('locked');
    expect(failure.message).to.match(/lost its lock on the admin secret/);
    expect(writesIn(world.log)).to.deep.equal([]);
  });

  it('no password that works: refused', async () => {
    Object.assign(world.database.account('admin') ?? {}, { password: 'of-nobody' });
    await expectRefused(world, () => apply(world), 'permission', /refuses admin with every password/);
  });

  it('a secret that is malformed: refused', async () => {
    world.admin.versions.set('v0', '{}');
    await expectRefused(world, () => apply(world), 'configuration', /is malformed/);
  });

  it('is asked anew in each run: what an earlier one found says nothing of now', async () => {
    expect(await adminCheck.diff({ run: 'first' }, { run: 'second' })).to.equal(true);
    expect(await adminCheck.diff({ run: 'first' }, { run: 'first' })).to.equal(false);
  });

  it('killed anywhere, and the lock lost before each write', () =>
    killEverywhere(async () => {
      const each = await openWorld();
      makeDrift(each);
      const { context } = each;
      return {
        world: each,
        act: () => adminCheck.apply({ context, rotation, run: rotation }),
        look: () => [each.admin.stages(), each.database.accounts],
      };
    }, ['admin secret: heal AWSCURRENT']));
});
