import { expect } from 'chai';
import type { CanaryMode } from '../../../src/rotation/canary';
import { kubernetesSecretData } from '../../../src/rotation/observation';
import { planRollback } from '../../../src/rotation/planRotation';
import { mustFinish } from '../../../src/rotation/takeUp';
import { planId, switches } from '../../../src/rotation/rotationPlan';
import { parsePlan } from '../../../src/rotation/storedPlan';
import type { PlannedRotation } from '../../../src/rotation/rotationPlan';
import { decisionOf, now, planFor, plannedIn } from './planned';
import type { World } from './simulatedWorld';
import { canary, journalOf, loginOf, observationOf, worldOn, writesOf } from './simulatedWorld';

/** A rotation from A to B that was cut off after so many of its writes. */
function cutOff(writes: number): { world: World; planned: PlannedRotation } {
  const world = worldOn('A');
  const { plan, material } = plannedIn(world);
  const planned = { plan, material };
  for (const write of writesOf(world, planned).slice(0, writes)) write();
  return { world, planned };
}

/** What the state has as done after so many writes. */
const recordedAt = (writes: number): { secret: boolean; restart: boolean } => ({
  secret: writes >= 3,
  restart: writes >= 4,
});

/** File and Secret as they were. */
const before = (): Pick<World, 'file' | 'kubernetes'> => {
  const { file, kubernetes } = worldOn('A');
  return { file, kubernetes };
};

const stops = [
  'before any write',
  'users set',
  'file written',
  'Secret patched',
  'Deployment restarted',
  'AWSCURRENT flipped',
  'password renewed',
  'renewed version current',
];

describe('planRotation: a rotation that was begun', () => {
  stops.forEach((name, writes) => {
    it(`is taken up with the same plan and the same passwords: ${name}`, () => {
      const { world, planned } = cutOff(writes);
      const journal = journalOf(planned, false, recordedAt(writes));
      const again = plannedIn(world, 'rotate', { id: 'run-2', journal });
      expect(again.resumed).to.equal(true);
      expect(again.plan, 'nothing is done twice').to.deep.equal(planned.plan);
      expect(again.material).to.equal(planned.material);
      expect(again.notices).to.deep.equal([]);
    });
  });

  const canaries: [string, CanaryMode | undefined, CanaryMode | undefined, CanaryMode | undefined][] = [
    ['is left out by --canary off', 'require', 'off', undefined],
    ['goes by the mode of this run', 'require', 'auto', 'auto'],
    ['is added where it must be had', undefined, 'require', 'require'],
    ['is not added where it may be had', undefined, 'auto', undefined],
    ['stays where nothing is said', 'auto', undefined, 'auto'],
  ];
  for (const [name, begun, wanted, found] of canaries)
    it(`its canary ${name}`, () => {
      const world = worldOn('A');
      const planned = plannedIn(world, 'rotate', begun === undefined ? {} : { canary: begun });
      const options = { id: 'run-2', journal: journalOf(planned), ...(wanted ? { canary: wanted } : {}) };
      const again = plannedIn(world, 'rotate', options);
      expect([again.resumed, again.plan.canary]).to.deep.equal([true, found]);
    });

  it('its canary is no matter after the switch', () => {
    const world = worldOn('A');
    const planned = plannedIn(world, 'rotate', { canary: 'require' });
    for (const write of writesOf(world, planned).slice(0, 2)) write();
    const options = { id: 'run-2', journal: journalOf(planned), canary: 'off' as const };
    expect(plannedIn(world, 'rotate', options).plan.canary).to.equal('require');
  });

  const handMade: [string, number, (world: World) => void, ('patched' | 'restarted')[]][] = [
    ['file and Secret were put back', 4, (world) => Object.assign(world, before()), ['patched', 'restarted']],
    [
      'they were put back after the flip',
      5,
      (world) => Object.assign(world, before()),
      ['patched', 'restarted'],
    ],
    ['they were put back before the restart', 3, (world) => Object.assign(world, before()), ['patched']],
    [
      'the Secret was put back',
      4,
      (world) => (world.kubernetes = before().kubernetes),
      ['patched', 'restarted'],
    ],
    [
      'the host alone was changed in the Secret',
      4,
      (world) => (world.kubernetes = { ...world.kubernetes, 'mysql-host': 'alias' }),
      ['patched', 'restarted'],
    ],
    [
      'a key was taken out of the Secret',
      4,
      (world) => delete world.kubernetes['mysql-database'],
      ['patched', 'restarted'],
    ],
    ['the restart was undone', 4, (world) => delete world.restartedAs, ['restarted']],
    [
      'the Deployment was restarted by another run',
      4,
      (world) => (world.restartedAs = 'other'),
      ['restarted'],
    ],
  ];
  for (const [name, writes, byHand, again] of handMade) {
    it(`does again what the world does not show any more: ${name}`, () => {
      const { world, planned } = cutOff(writes);
      byHand(world);
      const journal = journalOf(planned, false, recordedAt(writes));
      const { plan, resumed } = plannedIn(world, 'rotate', { id: 'run-2', journal });
      expect(resumed).to.equal(true);
      expect(plan.patchToken).to.equal(again.includes('patched') ? 'run-2' : undefined);
      const restarts = plan.restartToken !== planned.plan.restartToken;
      expect(restarts, 'restarted').to.equal(again.includes('restarted'));
      expect(plan.id).to.equal(planned.plan.id);
    });
  }

  it('restarts again where all was put back after a restart that was not recorded any more', () => {
    const { world, planned } = cutOff(4);
    Object.assign(world, before());
    const journal = journalOf(planned, false, { secret: true, restart: false });
    const { plan } = plannedIn(world, 'rotate', { id: 'run-2', journal });
    expect(plan.restartToken).not.to.equal(planned.plan.restartToken);
  });

  it('must be finished once it has moved OpenEMR, and may be refused before that', () => {
    const bound = (writes: number, kind: 'rotate' | 'sync' = 'rotate'): boolean => {
      const { world, planned } = cutOff(writes);
      const again = plannedIn(world, kind, { id: 'run-2', journal: journalOf(planned) });
      return mustFinish(again, again.resumed, world.file);
    };
    expect([0, 1, 2, 4].map((writes) => bound(writes))).to.deep.equal([false, false, true, true]);
    const { world, planned } = cutOff(1);
    const back = planRollback(planned, 'undo-1', now);
    expect(mustFinish(back, true, world.file), 'the way back').to.equal(true);
    expect(mustFinish(planned, false, world.file), 'a new plan').to.equal(false);
    const sync = plannedIn(world, 'sync');
    expect(mustFinish(sync, true, world.file), 'a repair that was begun').to.equal(true);
  });

  it('where only the file was put back, the plan is made from what is there', () => {
    const { world, planned } = cutOff(4);
    world.file = before().file;
    const journal = journalOf(planned, false, recordedAt(4));
    expect(plannedIn(world, 'rotate', { id: 'run-2', journal }).resumed).to.equal(false);
  });

  it('comes before a sync that is asked for, once the file is written', () => {
    const { world, planned } = cutOff(2);
    expect(plannedIn(world, 'sync', { journal: journalOf(planned) }).plan.id).to.equal(planned.plan.id);
  });

  it('before that comes after a sync that is asked for: it may wait for just that', () => {
    const { world, planned } = cutOff(1);
    const sync = plannedIn(world, 'sync', { journal: journalOf(planned) });
    expect(sync.resumed).to.equal(false);
    expect(sync.plan.kind).to.equal('sync');
  });

  it('is given up where the login that it moved OpenEMR to is refused now: OpenEMR goes to one that works', () => {
    const { world, planned } = cutOff(3);
    world.users.set('openemr_b', 'changed');
    const next = plannedIn(world, 'rotate', { journal: journalOf(planned) });
    expect(next.resumed).to.equal(false);
    expect(decisionOf(next)).to.deep.include({ from: 'B', to: 'A', renew: 'B' });
  });

  it('a repair comes first where OpenEMR is down, and sets the very password of the file', () => {
    const { world, planned } = cutOff(4);
    world.users.clear();
    world.file = { ...world.file, password: `${canary}-by-hand` };
    const { plan, material, resumed } = plannedIn(world, 'sync', { journal: journalOf(planned) });
    expect(resumed).to.equal(false);
    expect(plan).to.deep.include({ kind: 'sync', from: 'B', deadSecret: true });
    expect(material.logins.B.password).to.equal(`${canary}-by-hand`);
  });

  it('is over when it is finished: the next rotation goes the other way', () => {
    const { world, planned } = cutOff(stops.length);
    const next = plannedIn(world, 'rotate', { id: 'run-2', journal: journalOf(planned, true) });
    expect(next.resumed).to.equal(false);
    expect(decisionOf(next)).to.deep.include({ kind: 'rotate', from: 'B', to: 'A', renew: 'B' });
  });

  const moves: [string, (world: World) => void][] = [
    ['AWSCURRENT moved elsewhere', (world) => (world.secret.versionId = 'by-hand')],
    ['the file moved elsewhere', (world) => (world.file = loginOf('admin'))],
    [
      'somebody else changed the Kubernetes Secret',
      (world) => (world.kubernetes = kubernetesSecretData(loginOf('admin'))),
    ],
  ];
  for (const [name, move] of moves) {
    it(`is superseded when ${name}`, () => {
      const { world, planned } = cutOff(1);
      move(world);
      const next = plannedIn(world, 'rotate', { id: 'run-2', journal: journalOf(planned) });
      expect(next.resumed).to.equal(false);
      expect(next.plan.id).to.equal('run-2');
    });
  }

  it('is taken up where a version is current that was when a password was made again', () => {
    const { world, planned } = cutOff(1);
    world.secret.versionId = 'v0-2';
    const again = { ...planned, plan: { ...planned.plan, again: { B: 1 }, againFrom: 'v0-2' } };
    expect(plannedIn(world, 'rotate', { id: 'run-2', journal: journalOf(again) }).resumed).to.equal(true);
    const without = plannedIn(world, 'rotate', { id: 'run-2', journal: journalOf(planned) });
    expect(without.resumed, "without that it is somebody else's").to.equal(false);
  });

  it('takes a Secret for dead, or alive, as it is now', () => {
    const { world, planned } = cutOff(0);
    const dead = { ...planned, plan: { ...planned.plan, deadSecret: true as const } };
    const alive = plannedIn(world, 'rotate', { id: 'run-2', journal: journalOf(dead) });
    expect(alive.plan, 'it works now').to.deep.equal(planned.plan);
    // The file is on the target already, and pods that start now are refused.
    const later = cutOff(2);
    Object.assign(later.world.kubernetes, { 'mysql-password': 'changed' });
    const next = plannedIn(later.world, 'rotate', { id: 'run-2', journal: journalOf(later.planned) });
    expect(next.plan).to.deep.equal({ ...later.planned.plan, deadSecret: true });
  });

  it('is superseded when the file was edited, and still names the account before', () => {
    const { world, planned } = cutOff(1);
    const seen = observationOf(world);
    const observation = { ...seen, sqlconf: { ...seen.sqlconf, sha256: 'sha-of-an-edit' } };
    const next = planFor(observation, 'rotate', { id: 'run-2', journal: journalOf(planned) });
    expect(next).to.include({ kind: 'planned', resumed: false });
  });

  it('of an older version, whose plan has the hash of the file, is taken up, or superseded when the file was edited', () => {
    const { world, planned } = cutOff(1);
    const { sqlconfSha256 = '', ...material } = planned.material;
    const plan = { ...planned.plan };
    delete plan.sqlconfStamp;
    const older = journalOf({ plan: { ...plan, sqlconfSha256 }, material });
    const seen = observationOf(world);
    expect(planFor(seen, 'rotate', { id: 'run-2', journal: older })).to.include({ resumed: true });
    const edited = { ...seen, sqlconf: { ...seen.sqlconf, sha256: 'sha-of-an-edit' } };
    expect(planFor(edited, 'rotate', { id: 'run-2', journal: older })).to.include({ resumed: false });
  });

  it('holds no hash of the file: whoever reads a plan could try passwords on it', () => {
    const { plan, material } = plannedIn(worldOn('A'));
    expect(JSON.stringify(plan)).not.to.include('sha-of-');
    expect(material.sqlconfSha256).to.equal('sha-of-openemr_a');
  });

  it('is not taken up when it was only a sync: that is made anew', () => {
    const { plan, material } = plannedIn(worldOn('A'), 'sync');
    for (const kind of ['sync', 'rotate'] as const) {
      const next = plannedIn(worldOn('A'), kind, { id: 'run-2', journal: journalOf({ plan, material }) });
      expect(next.plan).to.deep.include({ id: 'run-2', kind });
    }
  });

  it('is superseded when another slot secret is named', () => {
    const { world, planned } = cutOff(1);
    const journal = journalOf({ ...planned, plan: { ...planned.plan, slotSecretArn: 'arn:another' } });
    expect(plannedIn(world, 'rotate', { id: 'run-2', journal }).resumed).to.equal(false);
  });

  it('is taken up as bootstrap while the file is on the account before or on slot A', () => {
    const world = { ...worldOn('A'), file: loginOf('admin') };
    const { plan, material } = plannedIn(world);
    const journal = journalOf({ plan, material });
    expect(plannedIn(world, 'rotate', { journal }).resumed).to.equal(true);
    writesOf(world, { plan, material }).forEach((write) => write());
    expect(world.file.username).to.equal('openemr_a');
    expect(plannedIn(world, 'rotate', { journal }).resumed).to.equal(true);
  });
});

describe('planRollback', () => {
  const failed = cutOff(3);
  const rollback = planRollback(failed.planned, 'undo-1', new Date(now.getTime() + 1000));

  it('goes back to where the rotation came from, and makes or changes no password', () => {
    expect(decisionOf(rollback)).to.deep.equal({
      kind: 'rollback',
      from: 'B',
      to: 'A',
      mint: [],
      renew: null,
      rotateAdmin: false,
    });
    expect(rollback.material).to.equal(failed.planned.material);
    expect(JSON.stringify(rollback.plan)).not.to.include(canary);
  });

  it('has an id and a restart token of its own, and says what it undoes', () => {
    expect(rollback.plan).to.deep.include({ id: 'undo-1', undoes: 'run-1' });
    expect(rollback.plan.restartToken).to.include('undo-1').and.not.equal(failed.planned.plan.restartToken);
  });

  it('of a bootstrap goes back to the account before', () => {
    const { plan, material } = plannedIn({ ...worldOn('A'), file: loginOf('admin') });
    const undo = planRollback({ plan, material }, 'undo', now);
    expect(decisionOf(undo)).to.deep.include({ from: 'A', to: 'other' });
    expect(undo.material.before.sqlconf.username).to.equal('admin');
  });

  it('that was cut off after the file was restored is taken up', () => {
    const { world } = cutOff(3);
    writesOf(world, rollback)
      .slice(0, 1)
      .forEach((write) => write());
    const again = plannedIn(world, 'rotate', { id: 'run-2', journal: journalOf(rollback) });
    expect(again.plan).to.equal(rollback.plan);
  });

  it('that patched the Secret, which somebody changed since, patches it again and restarts', () => {
    const { world } = cutOff(3);
    writesOf(world, rollback).forEach((write) => write());
    world.kubernetes = kubernetesSecretData(loginOf('openemr_b'));
    const journal = journalOf(rollback, false, { secret: true, restart: true });
    const again = plannedIn(world, 'rotate', { id: 'run-2', journal });
    expect(again.plan.patchToken).to.equal('run-2');
    expect(again.plan.restartToken).not.to.equal(rollback.plan.restartToken);
  });

  it('that was cut off before the file was restored is taken up', () => {
    const { world } = cutOff(3);
    const again = plannedIn(world, 'rotate', { journal: journalOf(rollback) });
    expect(again.plan).to.equal(rollback.plan);
  });
});

describe('stored plans', () => {
  it('are read back as they were', () => {
    const { plan } = plannedIn(worldOn('A'));
    expect(parsePlan(JSON.stringify(plan))).to.deep.equal(plan);
  });

  for (const text of [
    '',
    'undefined',
    'null',
    '[]',
    '"plan"',
    '{}',
    '{"formatVersion":2,"id":"x"}',
    '{"formatVersion":1}',
  ])
    it(`refuse ${JSON.stringify(text)}`, () => expect(parsePlan(text)).to.equal(undefined));

  it('switch OpenEMR unless they only sync', () => {
    expect(switches(plannedIn(worldOn('A')).plan)).to.equal(true);
    expect(switches(plannedIn(worldOn('A'), 'sync').plan)).to.equal(false);
  });

  it('have ids that sort by time', () => {
    const times = ['2026-01-31T23:59:59.999Z', '2026-02-01T00:00:00.000Z', '2026-10-01T00:00:00.000Z'];
    const ids = times.map((time) => planId(new Date(time), 'c0ffee'));
    expect(ids[0]).to.equal('20260131-235959-c0ffee');
    expect([...ids].sort()).to.deep.equal(ids);
  });
});
