import { expect } from 'chai';
import type { FailureCode, Outcome } from '../../../src/base/failure';
import { Failure } from '../../../src/base/failure';
import type { EffectHook } from '../../../src/base/effect';
import { effectHook } from '../../../src/base/effect';
import type { HandMadeWorld } from './world';

/** Stands for the end of the process. */
export class Killed extends Error {}

/** What happens at the fault points. */
export interface Faults {
  /** Which of them, counted from 0. */
  at: number;
  /** Called right before it is done, or right after. It may throw. */
  before?: () => void;
  after?: () => void;
}

/** Carries out an action; each fault point is noted in the world's log, and one may have a fault. */
export async function withFaults<T>(
  world: HandMadeWorld,
  faults: Faults | undefined,
  action: () => Promise<T>,
): Promise<T> {
  let count = -1;
  const hook: EffectHook = {
    async effect(name, write) {
      const mine = (count += 1);
      world.log.push(`begin ${name}`);
      if (mine === faults?.at) faults.before?.();
      const done = await write();
      world.log.push(`end ${name}`);
      if (mine === faults?.at) faults.after?.();
      return done;
    },
    moment: () => undefined,
  };
  const global = globalThis as { [effectHook]?: EffectHook };
  global[effectHook] = hook;
  try {
    return await action();
  } finally {
    delete global[effectHook];
  }
}

/** The fault points that a world's log tells of. */
export function pointsIn(log: readonly string[]): string[] {
  return log.filter((event) => event.startsWith('begin ')).map((event) => event.slice('begin '.length));
}

/** What was changed, in its order, without fault points, guards and logins. */
export function writesIn(log: readonly string[]): string[] {
  return log.filter((event) => /^(sql|secret) (?!refused)/.test(event));
}

/** Each fault point asks for the lock before it does anything else. */
export function expectGuarded(log: readonly string[]): void {
  const points = log.flatMap((event, index) =>
    event.startsWith('begin ') ? [[event, log[index + 1]] as const] : [],
  );
  for (const [point, next] of points) expect(next, `after "${point}"`).to.equal('guard');
}

/** What a refused action threw. */
export async function failureOf(action: Promise<unknown>): Promise<Failure> {
  const error: unknown = await action.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof Failure) return error;
  throw new Error(`expected a failure, got ${error instanceof Error ? error.stack : String(error)}`);
}

/** The action is refused with this code (or this exit before the switch) and these words, and has changed nothing. */
export async function expectRefused(
  world: HandMadeWorld,
  action: () => Promise<unknown>,
  why: FailureCode | Outcome,
  words: RegExp,
): Promise<void> {
  const from = world.log.length;
  const failure = await failureOf(withFaults(world, undefined, action));
  expect(failure.message).to.match(words);
  expect([failure.code, failure.outcome], failure.message).to.include(why);
  expect(writesIn(world.log.slice(from))).to.deep.equal([]);
}

/** A world, and what is done in it. */
export interface Scene {
  world: HandMadeWorld;
  act: () => Promise<unknown>;
  /** What counts of the world when all is done. */
  look: () => unknown;
  /** Holds at every instant: what the database accepts is known to somebody. */
  holds?: () => void;
}

/**
 * Kills the action before and after each of its writes, and does it again: it ends in the same world as one that was not
 * killed. Takes the lock away before each of its writes: nothing more is written.
 */
export async function killEverywhere(
  set: () => Promise<Scene>,
  expectedPoints: readonly string[],
): Promise<void> {
  const clean = await set();
  await withFaults(clean.world, undefined, clean.act);
  const points = pointsIn(clean.world.log);
  expect(points).to.deep.equal(expectedPoints);
  const wanted = await clean.look();
  await clean.world.close();
  for (const [at, point] of points.entries()) {
    for (const when of ['before', 'after'] as const) {
      const { world, act, look, holds } = await set();
      const kill = (): never => {
        throw new Killed();
      };
      const error: unknown = await withFaults(world, { at, [when]: kill }, act).catch(
        (thrown: unknown) => thrown,
      );
      expect(isKill(error), `killed ${when} ${point}, got ${String(error)}`).to.equal(true);
      holds?.();
      await withFaults(world, undefined, act);
      holds?.();
      expect(await look(), `killed ${when} ${point}`).to.deep.equal(wanted);
      await world.close();
    }
    await loseLockAt(set, at, point);
  }
}

/** True for what a kill threw, also where somebody took it for an error of the outside. */
export function isKill(error: unknown): boolean {
  return error instanceof Killed || (error instanceof Error && isKill(error.cause));
}

async function loseLockAt(set: () => Promise<Scene>, at: number, point: string): Promise<void> {
  const { world, act } = await set();
  let from = Infinity;
  const lose = (): void => {
    world.loseLock();
    from = world.log.length;
  };
  const failure = await failureOf(withFaults(world, { at, before: lose }, act));
  expect(failure.outcome, `the lock lost before ${point}`).to.equal('locked');
  expect(writesIn(world.log.slice(from)), `the lock lost before ${point}`).to.deep.equal([]);
  await world.close();
}
