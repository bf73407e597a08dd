import type { z } from 'zod';
import type { Slot } from './slot';
import type { materialSchema, planSchema } from './storedPlan';
import { moves } from './kinds';

export type { PlanKind, RequestKind } from './kinds';

/** A place that OpenEMR can log in from: a slot, or another account (before a bootstrap). */
export type Place = RotationPlan['from'];

/** One rotation, decided: what each part means stands in its schema. */
export type RotationPlan = z.infer<typeof planSchema>;

/** The secret half of a plan, likewise. */
export type RotationMaterial = z.infer<typeof materialSchema>;

/** A slot's account in a plan; without a password it is minted in this rotation. */
export type PlannedLogin = RotationMaterial['logins'][Slot];

/** A plan with its secret half. */
export interface PlannedRotation {
  plan: RotationPlan;
  material: RotationMaterial;
}

/** SHA-256 of the `sqlconf.php` that a plan was made from, hex. */
export function plannedFile({ plan, material }: PlannedRotation): string | undefined {
  return material.sqlconfSha256 ?? plan.sqlconfSha256;
}

/** True when the plan moves OpenEMR (steps 5 to 8). */
export function switches(plan: RotationPlan): boolean {
  return moves(plan.kind);
}

/** The id of a plan: UTC time to the second and random hex digits, so that ids sort by time. */
export function planId(now: Date, random: string): string {
  const time = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${time}-${random}`;
}

/** A time for people and the id for uniqueness: two restarts within one second both take effect. */
export function restartToken(id: string, now: Date): string {
  return `${now.toISOString()}/${id}`;
}
