import type { Failure, Outcome } from '../../base/failure';
import { partOf } from '../../base/part';

/** Parts of the checklist, in its order. */
export const areas = [
  'Settings',
  'Engine',
  'Secrets',
  'KMS',
  'sqlconf.php',
  'Kubernetes',
  'Database',
  'Health',
  'Lock',
] as const;

/** A part of the checklist. */
export type Area = (typeof areas)[number];

/**
 * `ok`; `missing`: a rotation would be refused or fail; `optional`: not there and not needed; `not-checked`: it cannot
 * be found out without a write, or something before it is missing.
 */
export type CheckState = 'ok' | 'missing' | 'optional' | 'not-checked';

/** One line of the checklist; no secret is in it. */
export interface Check {
  area: Area;
  title: string;
  state: CheckState;
  /** What was found, or what is wrong and what to do; null when the title says it all. */
  detail: string | null;
  /** With what a run would end for it; null when it would not. */
  outcome: Outcome | null;
}

/** Makes checks of one area. */
export class Checks {
  constructor(private readonly area: Area) {}

  ok(title: string, detail: string | null = null): Check {
    return { area: this.area, title, state: 'ok', detail, outcome: null };
  }

  missing(title: string, detail: string, outcome: Outcome = 'configuration'): Check {
    return { area: this.area, title, state: 'missing', detail, outcome };
  }

  /** A check that ended so. */
  failed(title: string, { message, outcome }: Failure): Check {
    return this.missing(title, message, outcome);
  }

  optional(title: string, detail: string): Check {
    return { area: this.area, title, state: 'optional', detail, outcome: null };
  }

  notChecked(title: string, detail: string): Check {
    return { area: this.area, title, state: 'not-checked', detail, outcome: null };
  }

  /** A check that is a search for problems: each problem is a line, and none is one line that is ok. */
  async problems(title: string, search: () => Promise<Failure[]>): Promise<Check[]> {
    const found = await partOf(search());
    if (found.kind === 'unreadable') return [this.failed(title, found.failure)];
    if (found.value.length === 0) return [this.ok(title)];
    return found.value.map((problem) => this.failed(title, problem));
  }

  /** A check that is an action which fails; what it answers is the detail. */
  async passes(title: string, action: () => Promise<string | null>): Promise<Check> {
    const done = await partOf(action());
    if (done.kind === 'read') return this.ok(title, done.value);
    return this.failed(title, done.failure);
  }
}

/** The checklist in the order of its areas. */
export function inOrder(checks: readonly Check[]): Check[] {
  return areas.flatMap((area) => checks.filter((check) => check.area === area));
}
