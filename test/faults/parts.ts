import type { Lab } from '../../lab';
import { dropDefaultUsers } from '../lab/support/world';
import type { FaultCase, FaultMode, FaultResult } from './cases';
import { caseName, casesOf } from './cases';
import type { ScenarioName } from './scenarios';
import { canaryScenarioNames } from './scenarios';
import { stopAndFinish, stoppableSteps, stops } from './signals';
import { idleProofs } from './idleProof';
import { carryOutKeeper, keeperNames } from './keepers';
import { carryOutPeople, peopleCases, peopleName } from './people';
import type { Pair, TogetherResult } from './together';
import { fates, inOrder, ordersOf, pairOf, withLock } from './together';
import type { Recoveries } from './recoveries';
import { carryOut, carryOutKillAt, pointsOf } from './sweep';

/** Which part of all cases a sweep takes. */
export interface Selection {
  starts: readonly ScenarioName[];
  modes: readonly FaultMode[];
  points: (point: string) => boolean;
  /** Whether this process carries out the cases of that name; another one has the others. */
  mine: (name: string) => boolean;
  /** Step of the kill by time, in ms. */
  everyMs: number;
  /** The share of this process, from 0 to less than 1: it begins there in a list that all go through. */
  beginAt: number;
  recoveries: Recoveries;
}

/** One case that can be carried out. */
export interface Planned {
  start: string;
  mode: string;
  name: string;
  /** Gives how it ended; undefined when there was nothing to do any more. @throws when an invariant does not hold */
  carryOut: () => Promise<
    (Pick<FaultResult, 'codes' | 'canaryLogins'> & Partial<Pick<FaultResult, 'readers'>>) | undefined
  >;
}

/** Longest rotation that the kill by time tries to cover, in ms. */
const longestMs = 60_000;

/** The parts of a whole sweep, each giving its cases as they are found. */
export const parts: Record<string, (lab: Lab, selection: Selection) => AsyncGenerator<Planned>> = {
  once: eachOnce,
  twice: killedTwice,
  time: killedByTime,
  signals: stopped,
  people: peopleBetween,
  keepers: keptForEver,
  admin: togetherOnAdmin,
  canary: eachOfCanary,
  idle: idleProofs,
};

/** Every point × mode from each starting point. */
async function* eachOnce(lab: Lab, { starts, modes, points, mine }: Selection): AsyncGenerator<Planned> {
  for (const start of starts) {
    const found = (await pointsOf(lab, start)).filter(points);
    await dropDefaultUsers(lab);
    for (const fault of found.flatMap((point) => casesOf(start, point, modes)))
      if (mine(caseName(fault))) yield planned(lab, fault);
  }
}

/** Every point × mode of a canary; on each database, which has its own way of counting logins. */
async function* eachOfCanary(lab: Lab, selection: Selection): AsyncGenerator<Planned> {
  const { flavour } = lab.database;
  const mine = (name: string): boolean => selection.mine(`${flavour}: ${name}`);
  const named = canaryScenarioNames.filter((name) => selection.starts.includes(name));
  const starts = named.length > 0 ? named : canaryScenarioNames;
  for await (const each of eachOnce(lab, { ...selection, starts, mine }))
    yield { ...each, start: `${each.start} ${flavour}`, name: `${flavour}: ${each.name}` };
}

/** Every pair of kills: at a point, and then at a point of the run that takes it up. */
async function* killedTwice(lab: Lab, selection: Selection): AsyncGenerator<Planned> {
  const { starts, points, mine, beginAt, recoveries } = selection;
  for (const start of starts) {
    const firsts = (await pointsOf(lab, start)).filter(points).filter(isOfProcess).map(killAt(start));
    await dropDefaultUsers(lab);
    // Each process begins elsewhere, so that each recovery is looked at by one of them only.
    const middle = Math.floor(firsts.length * beginAt);
    for (const first of [...firsts.slice(middle), ...firsts.slice(0, middle)]) {
      const seconds = (await recoveries.pointsOf(lab, first)).filter(isOfProcess);
      const pairs = seconds.map((point) => ({
        ...first,
        second: { point, mode: killAt(start)(point).mode },
      }));
      for (const pair of pairs.filter((fault) => mine(caseName(fault)))) yield planned(lab, pair);
    }
  }
}

/** What is on the wire is met as an effect, too, or as a moment of the engine. */
function isOfProcess(point: string): boolean {
  return !/^(aws|kubernetes|state):/.test(point);
}

const killAt =
  (start: ScenarioName) =>
  (point: string): FaultCase => ({
    start,
    point,
    mode: point.startsWith('engine:') ? 'kill-before' : 'kill-after',
  });

function planned(lab: Lab, fault: FaultCase): Planned {
  return {
    start: fault.start,
    mode: fault.mode,
    name: caseName(fault),
    carryOut: () => carryOut(lab, fault).finally(() => dropDefaultUsers(lab)),
  };
}

/** Killed after 100 ms, 200 ms, … until a run is over before that. */
async function* killedByTime(lab: Lab, { starts, mine, everyMs }: Selection): AsyncGenerator<Planned> {
  for (const start of starts) {
    let over = false;
    for (let ms = everyMs; ms < longestMs && !over; ms += everyMs) {
      const name = `${start} killed after ${ms} ms`;
      if (!mine(name)) continue;
      const kill = (): Promise<FaultResult | undefined> =>
        carryOutKillAt(lab, start, ms).finally(() => dropDefaultUsers(lab));
      yield {
        start,
        mode: 'kill',
        name,
        carryOut: async () => {
          const result = await kill();
          over = result === undefined;
          return result;
        },
      };
    }
  }
}

/** SIGTERM, Ctrl-C and two signals, in every step. */
async function* stopped(lab: Lab, { mine }: Selection): AsyncGenerator<Planned> {
  for (const stop of stops)
    for (const step of stoppableSteps) {
      const name = `${stop} in ${typeof step === 'number' ? `step ${step}` : step}`;
      if (!mine(name)) continue;
      yield {
        start: 'a-active',
        mode: stop,
        name,
        carryOut: async () => {
          const { code, signal, logins } = await stopAndFinish(lab, step, stop);
          return { codes: [code ?? String(signal)], canaryLogins: logins };
        },
      };
    }
}

/** Killed at a point, then somebody does something; what is printed is followed. */
async function* peopleBetween(lab: Lab, { starts, points, mine }: Selection): AsyncGenerator<Planned> {
  for (const start of starts) {
    const found = (await pointsOf(lab, start)).filter(points).filter(isOfProcess);
    await dropDefaultUsers(lab);
    for (const each of peopleCases(start, found))
      if (mine(peopleName(each)))
        yield {
          start,
          mode: each.action,
          name: peopleName(each),
          carryOut: () => carryOutPeople(lab, each),
        };
  }
}

/** Who never lets go of a login, and what a rotation meets that no reader can mend. */
async function* keptForEver(lab: Lab, { mine }: Selection): AsyncGenerator<Planned> {
  for (const name of keeperNames)
    if (mine(name)) yield { start: 'a-active', mode: name, name, carryOut: () => carryOutKeeper(lab, name) };
}

/** Two OpenEMRs with one admin secret: with its lock, and with that broken in every order of their writes, fewest turns first. */
async function* togetherOnAdmin(lab: Lab, { mine }: Selection): AsyncGenerator<Planned> {
  let pair: Pair | undefined;
  // One that ended well is as good as new.
  const onPair = async (action: (pair: Pair) => Promise<TogetherResult>): Promise<TogetherResult> => {
    pair ??= await pairOf(lab);
    const { remove } = pair;
    try {
      return await action(pair);
    } catch (error) {
      pair = undefined;
      await remove();
      throw error;
    }
  };
  const caseOf = (mode: string, name: string, action: (pair: Pair) => Promise<TogetherResult>): Planned => ({
    start: 'a-active',
    mode: `${mode} (${lab.database.flavour})`,
    name: `${lab.database.flavour}: ${name}`,
    carryOut: () => onPair(action),
  });
  const writes = lab.database.flavour === 'mysql' ? 5 : 4;
  const all = [
    caseOf('lock', 'two runs, the lock', (each) => withLock(lab, each)),
    ...fates.flatMap((fate) =>
      Array.from({ length: writes }, (_, write) =>
        caseOf('lock', `two runs, the lock, its holder ${fate} before write ${write + 1}`, (each) =>
          withLock(lab, each, fate, write),
        ),
      ),
    ),
    ...ordersOf(writes).map((order) =>
      caseOf('no lock', `two runs, the lock broken, ${order}`, (each) => inOrder(lab, each, order)),
    ),
  ];
  try {
    for (const each of all) if (mine(each.name)) yield each;
  } finally {
    await pair?.remove();
  }
}
