import { expect } from 'chai';
import { kubernetesSecretData } from '../../../src/rotation/observation';
import type { Journal } from '../../../src/rotation/observation';
import { planRollback } from '../../../src/rotation/planRotation';
import type { PlannedRotation, RequestKind } from '../../../src/rotation/rotationPlan';
import { now, planFor } from './planned';
import type { World } from './simulatedWorld';
import {
  canary,
  journalOf,
  loginOf,
  logsIn,
  observationOf,
  slotText,
  worldOn,
  writesOf,
} from './simulatedWorld';

/** Everything that is left by a run: the world, what the state says, and the versions that a label can be moved to. */
interface Left {
  world: World;
  journal: Journal | undefined;
  first: World['secret'];
}

/** How a run ended: `advice` is what its message says to do. */
interface End {
  ok: boolean;
  advice: RequestKind;
  message: string;
}

const copyOf = (world: World): World => ({ ...world, users: new Map(world.users) });
const isIn = ({ file, ...world }: World): boolean => logsIn({ file, ...world }, file.username, file.password);

/** The starting points of a rotation. */
const starts: Record<string, () => World> = {
  rotate: () => worldOn('A'),
  reconcile: () => ({ ...worldOn('B'), secret: worldOn('A').secret }),
  bootstrap: () => ({
    ...worldOn('A'),
    file: loginOf('admin'),
    kubernetes: kubernetesSecretData(loginOf('admin')),
  }),
  'empty standby': () => ({
    ...worldOn('A'),
    secret: { versionId: 'v0', text: slotText('A', { A: loginOf('openemr_a') }) },
  }),
};

/** What people do between two runs; `before` is the world as it was before the rotation. */
const deeds: Record<string, (left: Left, before: World) => void> = {
  nothing: () => undefined,
  'file and Secret put back': ({ world }, { file, kubernetes }) => Object.assign(world, { file, kubernetes }),
  'the file put back': ({ world }, { file }) => (world.file = file),
  'the Secret put back': ({ world }, { kubernetes }) => (world.kubernetes = kubernetes),
  'the live password changed': ({ world }) => world.users.set(world.file.username, `${canary}-by-hand`),
  "both slots' passwords changed": ({ world }) =>
    ['openemr_a', 'openemr_b'].forEach((name) => world.users.set(name, `${canary}-by-hand`)),
  'all put back, and the live password changed': ({ world }, { file, kubernetes }) => {
    Object.assign(world, { file, kubernetes });
    world.users.set(world.file.username, `${canary}-by-hand`);
  },
  'the database restored': ({ world }, { users }) => {
    world.users = new Map(users);
  },
  'the live user dropped': ({ world }) => world.users.delete(world.file.username),
  'a stale file put back': ({ world }) => (world.file = { ...world.file, password: `${canary}-stale` }),
  'the live password changed, in the file, too': ({ world }) => {
    world.file = { ...world.file, password: `${canary}-by-hand` };
    world.users.set(world.file.username, world.file.password);
  },
  'a stale Secret applied': ({ world }) =>
    (world.kubernetes = kubernetesSecretData(loginOf('openemr_b', { password: `${canary}-stale` }))),
  'AWSCURRENT moved back': ({ world, first }) => (world.secret = first),
  'the restart undone': ({ world }) => delete world.restartedAs,
};

/** As `journalToTakeUp`: a rollback whose login from before does not work, or after a flip, is not finished any more. */
function journalToTakeUp({ world, journal }: Left): { journal?: Journal } {
  if (journal === undefined) return {};
  if (journal.finished || journal.plan.kind !== 'rollback') return { journal };
  const { sqlconf } = journal.material.before;
  const may =
    world.secret.versionId === journal.plan.slotSecretVersionId &&
    logsIn(world, sqlconf.username, sqlconf.password);
  return may ? { journal } : {};
}

/** One run as the product carries it out: the plan's writes, each refused where the product refuses it. */
function carryOut(left: Left, request: RequestKind, id: string, mostWrites = Infinity): End {
  const { world } = left;
  const result = planFor(observationOf(world), request, { id, ...journalToTakeUp(left) });
  if (result.kind === 'refused') {
    const message = result.problems.join(' ');
    return {
      ok: false,
      message,
      advice: /run credential-rotation --sync-db-users/.test(message) ? 'sync' : 'rotate',
    };
  }
  const { planned } = result;
  const recorded = { secret: false, restart: false };
  left.journal = journalOf(planned, false, recorded);
  const writes = writesOf(world, planned);
  for (const [index, write] of writes.entries()) {
    if (index >= mostWrites) return { ok: false, advice: 'rotate', message: 'killed' };
    const before = copyOf(world);
    try {
      write();
    } catch (error) {
      const message = error instanceof Error ? error.message : '';
      return { ok: false, message, advice: message.endsWith('run again') ? 'rotate' : 'sync' };
    }
    recorded.secret ||= before.kubernetes !== world.kubernetes;
    recorded.restart ||= before.restartedAs !== world.restartedAs;
    if (before.file !== world.file) expect(isIn(world), 'a login that is refused is written').to.equal(true);
    if (isIn(before)) expect(isIn(world), 'OpenEMR is locked out').to.equal(true);
  }
  left.journal = journalOf(planned, true, recorded);
  return { ok: true, advice: 'rotate', message: '' };
}

/** The places agree, and everybody gets in. */
function expectHealthy({ world }: Left): void {
  const { slotSecret, sqlconf, kubernetesSecret } = observationOf(world);
  expect([sqlconf.works, kubernetesSecret.works], 'file and Secret log in').to.deep.equal([true, true]);
  const held = slotSecret.document.entries[slotSecret.document.active];
  expect(held.kind === 'complete' && held.login, 'the active slot').to.deep.equal(sqlconf.login);
}

/** Runs, follows what is advised at most twice, and is healthy; gives what was done. */
function followAdvice(left: Left, state: string): string[] {
  let end = carryOut(left, 'rotate', 'run-2');
  const done = [state, `rotate: ${end.message}`];
  for (let tries = 1; tries <= 2 && !end.ok; tries += 1) {
    const { advice, message } = end;
    end = carryOut(left, advice, `run-${tries + 2}`);
    done.push(`${advice}: ${end.message}`);
    expect(end.ok || end.message !== message, `the same message again: ${message}`).to.equal(true);
  }
  expect(end.ok, done.join('\n')).to.equal(true);
  expect(isIn(left.world), `OpenEMR is in; ${done.join('\n')}`).to.equal(true);
  return done;
}

describe('the advice that a run prints', () => {
  let states = 0;
  for (const [start, make] of Object.entries(starts))
    for (const [deed, act] of Object.entries(deeds))
      it(`is followed at most twice, and all is well: ${start}, cut off anywhere, then ${deed}`, () => {
        for (const how of ['rotation', 'rollback'] as const)
          for (let writes = 0; writes < 9; writes += 1) {
            const world = make();
            const before = copyOf(world);
            const left: Left = { world, journal: undefined, first: world.secret };
            if (carryOut(left, 'rotate', 'run-1', writes).ok) break;
            if (how === 'rollback' && !cutOffRollback(left, before)) continue;
            act(left, before);
            followAdvice(left, `${how}, ${writes} writes`);
            // A repair lets OpenEMR in; the next run brings the other places after it.
            const last = carryOut(left, 'rotate', 'run-9');
            expect(last.ok, last.message).to.equal(true);
            expectHealthy(left);
            states += 1;
          }
      });

  after(() => expect(states).to.be.greaterThan(400));
});

/** The rotation's own way back, cut off after its first write; false where it has not switched, or has flipped. */
function cutOffRollback(left: Left, before: World): boolean {
  const { world, journal } = left;
  if (!journal || journal.finished || world.file === before.file || world.secret !== left.first) return false;
  const undo: PlannedRotation = planRollback(journal, 'undo', now);
  writesOf(world, undo)[0]?.();
  left.journal = journalOf(undo);
  return true;
}
