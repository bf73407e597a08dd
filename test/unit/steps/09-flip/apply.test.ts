import { expect } from 'chai';
import { promotion } from '../../../../src/steps/promotion';
import { expectRefused, failureOf, killEverywhere, withFaults, writesIn } from '../../handMade/faults';
import type { HandMadeWorld } from '../../handMade/world';
import { openWorld } from '../../handMade/world';

const unknown = '04da6b54-80e4-46f7-96ec-b56ff0331ba9';

/** The slot secret with the version of the flip, v1, and that of the renewal, v2; both are stored, v0 is current. */
async function prepared(): Promise<HandMadeWorld> {
  const world = await openWorld();
  world.slots.put('{"active_slot":"B"}', ['CREDENTIAL_ROTATION_FLIPPED'], 'v1');
  world.slots.put('{"active_slot":"B","A":{}}', ['CREDENTIAL_ROTATION_RENEWED'], 'v2');
  return world;
}

function inputsOf(world: HandMadeWorld, given: object = {}): Record<string, unknown> {
  const { context } = world;
  const secretArn = context.slotSecretId;
  return { context, secretArn, from: 'v0', to: 'v1', later: 'v2', what: 'flip active_slot', ...given };
}

const moved = 'secret slots: AWSCURRENT from v0 to v1';

describe('step 9: the flip of active_slot', () => {
  let world: HandMadeWorld;
  beforeEach(async () => (world = await prepared()));
  afterEach(() => world.close());

  const apply = (given: object = {}): Promise<unknown> =>
    withFaults(world, undefined, () => promotion.apply(inputsOf(world, given)));
  const current = (): string | undefined => world.slots.labels.get('AWSCURRENT');
  const somebodyMakesCurrent = (id: string): void =>
    void world.slots.put('{"active_slot":"A","of":"somebody"}', ['AWSCURRENT'], id);

  it('AWSCURRENT moves from the version of the plan, after the check of the lock; a second time nothing is done', async () => {
    expect(await apply()).to.deep.equal({ from: 'v0', to: 'v1' });
    expect(world.log).to.deep.equal([
      'begin slot secret: flip active_slot',
      'guard',
      moved,
      'end slot secret: flip active_slot',
    ]);
    world.log.length = 0;
    await apply();
    expect(world.log).to.deep.equal([]);
  });

  it('where the version of the renewal is current already, it is long done', async () => {
    world.slots.labels.set('AWSCURRENT', 'v2');
    await apply();
    expect(writesIn(world.log)).to.deep.equal([]);
  });

  it('a version that somebody made current is never replaced', async () => {
    somebodyMakesCurrent('v9');
    const failure = await failureOf(apply());
    expect(failure.code).to.equal('secret-changed-meanwhile');
    expect(failure.message).to.match(
      /changed by someone else .*AWSCURRENT is version v9\); it was not overwritten/,
    );
    expect(current()).to.equal('v9');
  });

  it('nor is one that comes between the look and the move: the swap itself decides', async () => {
    world.slotsServed.before = (action) => {
      if (action === 'UpdateSecretVersionStage') somebodyMakesCurrent('v9');
    };
    expect((await failureOf(apply())).code).to.equal('secret-changed-meanwhile');
    expect(current()).to.equal('v9');
  });

  it('a move whose reply was lost is known by the labels', async () => {
    world.slotsServed.loses = (action) => action === 'UpdateSecretVersionStage';
    await apply();
    expect(current()).to.equal('v1');
  });

  it('a version to be moved to that is gone: nothing moved', async () => {
    await expectRefused(world, () => apply({ to: 'v8' }), 'configuration', /does not exist/);
    expect(current()).to.equal('v0');
  });

  it('a preview shows a move that is due, and none that is done', async () => {
    const due = (given: object = {}): Promise<boolean> => promotion.diff({}, inputsOf(world, given));
    expect(await due()).to.equal(true);
    world.slots.labels.set('AWSCURRENT', 'v1');
    expect(await due()).to.equal(false);
    expect(await due({ to: unknown }), 'a version that is not stored yet').to.equal(true);
    expect(await due({ later: unknown })).to.equal(true);
    world.slots.labels.set('AWSCURRENT', 'v2');
    expect(await due()).to.equal(false);
    world.slots.labels.set('AWSCURRENT', 'v0');
    expect(await due(), 'somebody moved it back').to.equal(true);
    expect(writesIn(world.log)).to.deep.equal([]);
  });

  it('killed anywhere, and the lock lost before the move', () =>
    killEverywhere(async () => {
      const each = await prepared();
      return {
        world: each,
        act: () => promotion.apply(inputsOf(each)),
        look: () => each.slots.stages(),
      };
    }, ['slot secret: flip active_slot']));
});
