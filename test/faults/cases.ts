import type { Role } from '../lab/support/roles';
import { roles } from '../lab/support/roles';
import type { ReaderCount, ReaderKind } from './readers';
import type { ScenarioName } from './scenarios';

/** What can happen at a fault point. Moments of the engine can only be met by a kill. */
export const modes = [
  'fail-before',
  'fail-after',
  'kill-before',
  'kill-after',
  'hang',
  // One process of the run alone; what is left of it goes on as it can.
  'kill-command',
  'kill-engine',
  'kill-kubernetes',
  'kill-aws',
  'kill-random',
] as const;

/** A way to fail. */
export type FaultMode = (typeof modes)[number];

/** One case of the sweep. */
export interface FaultCase {
  start: ScenarioName;
  point: string;
  mode: FaultMode;
  /** The run that takes it up is killed, too: at this point. */
  second?: { point: string; mode: FaultMode };
}

/** How a case ended. */
export interface FaultResult extends FaultCase {
  /** Exit codes of the run with the fault and of the runs after it. */
  codes: (number | string)[];
  canaryLogins: number;
  canaryFailed: number;
  /** Those who keep a login, by kind. */
  readers: Record<ReaderKind, ReaderCount>;
}

/** The process that a mode kills alone; undefined for a mode that does not. */
export function killedAlone(mode: FaultMode | undefined): Role | undefined {
  return roles.find((role) => mode === `kill-${role}`);
}

/** The cases of a point: a moment of the engine can only be met by a kill. */
export function casesOf(start: ScenarioName, point: string, wanted: readonly FaultMode[]): FaultCase[] {
  const isMoment = point.startsWith('engine:');
  const possible = modes.filter(
    (mode) => !isMoment || mode === 'kill-before' || killedAlone(mode) !== undefined,
  );
  return possible.filter((mode) => wanted.includes(mode)).map((mode) => ({ start, point, mode }));
}

/** One line that names a case, the same in every run of the harness. */
export function caseName({ start, point, mode, second }: FaultCase): string {
  const again = second === undefined ? '' : ` then ${second.point} ${second.mode}`;
  return `${start.padEnd(14)} ${point.padEnd(48)} ${mode.padEnd(12)}${again}`.trimEnd();
}
