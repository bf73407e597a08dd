import type { Phase } from './steps';
import { switchPhase } from './steps';

/** What a run is asked for. */
export type RequestKind = 'rotate' | 'sync' | 'rollback';

interface KindFacts {
  /** The steps that it can have; the last two only where there is a password to renew. */
  steps: Phase;
  /** Passwords are renewed: its begin is the age of what it leaves. */
  renews: boolean;
  /** OpenEMR's login is written, restarted and proven (the steps of the switch). */
  switches: boolean;
  /** It ends on a login that OpenEMR had before. */
  goesBack: boolean;
}

/**
 * Every kind of plan, and what it does; all else that depends on a kind is derived from here. `bootstrap` and
 * `reconcile` are starting points of a rotation. `rollback` undoes a switch that did not prove healthy, `switch-back` is
 * the operator's: it moves to the other slot and renews nothing. `sync` sets the database users and moves nothing.
 */
export const planKinds = {
  rotate: { steps: { first: 1, last: 11 }, renews: true, switches: true, goesBack: false },
  reconcile: { steps: { first: 1, last: 11 }, renews: true, switches: true, goesBack: false },
  bootstrap: { steps: { first: 1, last: 11 }, renews: true, switches: true, goesBack: false },
  rollback: { steps: switchPhase, renews: false, switches: true, goesBack: true },
  'switch-back': { steps: { first: 1, last: 11 }, renews: false, switches: true, goesBack: true },
  sync: { steps: { first: 1, last: 4 }, renews: false, switches: false, goesBack: false },
} as const satisfies Record<string, KindFacts>;

/** What a plan does, found from the world. */
export type PlanKind = keyof typeof planKinds;

/** Plans that go back, each by a proof of its own. */
export type BackKind = {
  [Kind in PlanKind]: (typeof planKinds)[Kind]['goesBack'] extends true ? Kind : never;
}[PlanKind];

/** True when a plan of this kind renews passwords. */
export function renews(kind: PlanKind): boolean {
  return factsOf(kind).renews;
}

/** True when a plan of this kind moves OpenEMR. */
export function moves(kind: PlanKind): boolean {
  return factsOf(kind).switches;
}

/** True when a plan of this kind ends on a login that OpenEMR had before. */
export function goesBack(kind: PlanKind): kind is BackKind {
  return factsOf(kind).goesBack;
}

/** The first and the last step that a plan of this kind can have. */
export function stepsOfKind(kind: PlanKind): KindFacts['steps'] {
  return factsOf(kind).steps;
}

/** A kind of a newer version, read from a state, is known to do nothing: it is no proof of anything. */
function factsOf(kind: PlanKind): KindFacts {
  return Object.hasOwn(planKinds, kind)
    ? planKinds[kind]
    : { steps: { first: 1, last: 11 }, renews: false, switches: true, goesBack: false };
}
