import type { z } from 'zod';
import { readStoredText } from '../base/stored';
import { Failure } from '../base/failure';
import type { RotationPlan } from './rotationPlan';
import { savedPlanSchema } from './storedPlan';

/** A plan that a dry run saved for review; see its schema. */
export type SavedPlan = z.infer<typeof savedPlanSchema>;

/** The text of a saved plan's file. */
export function renderSavedPlan(plan: RotationPlan, engine: unknown): string {
  const saved: SavedPlan = { formatVersion: 1, plan, ...(engine === undefined ? {} : { engine }) };
  return `${JSON.stringify(saved, undefined, 2)}\n`;
}

/** Reads a saved plan. @throws Failure `configuration` when the text is none */
export function parseSavedPlan(text: string, file: string): SavedPlan {
  const saved = readStoredText(savedPlanSchema, text);
  if (saved.ok) return saved.value;
  throw new Failure(
    'saved-plan-invalid',
    `${file} is not a plan of this version of the tool (${saved.problem}); make one with --dry-run --plan ${file}.`,
  );
}

/** The end of a run whose saved plan is not that of the world any more. @param why completes "no longer fits: " */
export function outdatedPlan({ id }: Pick<RotationPlan, 'id'>, why: string): Failure {
  return new Failure(
    'saved-plan-outdated',
    `The saved plan ${id} no longer fits: ${why}. Nothing was changed; make a new plan with --dry-run --plan.`,
  );
}

/** What each field of a plan tells of the world, for the message when it differs. */
const fieldTexts: Partial<Record<keyof RotationPlan, string>> = {
  kind: 'another kind of rotation is needed now',
  from: 'OpenEMR is on another slot',
  to: 'the rotation would go to another slot',
  mint: 'other slots lack a password',
  slotSecretArn: 'the slot secret is another one',
  slotSecretVersionId: 'the slot secret has another current version',
  adminSecretArn: 'the admin secret is another one',
  adminUsername: 'the admin is another user',
  sqlconfStamp: 'sqlconf.php was changed',
  sqlconfSha256: 'it was made by another version of this tool',
};

/** How the world differs from the one that a plan was made for; empty when it is the same. */
export function planDifferences(saved: RotationPlan, now: RotationPlan): string[] {
  const all = Object.keys({ ...saved, ...now }) as (keyof RotationPlan)[];
  // What the health page said is asked anew, and decided on, by each run; a canary is a matter of settings and rights.
  const keys = all.filter((key) => key !== 'health' && key !== 'canary');
  const changed = keys.filter((key) => JSON.stringify(saved[key]) !== JSON.stringify(now[key]));
  return [...new Set(changed.map((key) => fieldTexts[key] ?? `${key} differs`))];
}
