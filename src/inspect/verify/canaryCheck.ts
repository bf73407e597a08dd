import { canaryRights } from '../../kubernetes/rights';
import type { PlannedRotation } from '../../rotation/rotationPlan';
import type { CanaryQuestions } from '../../steps/04-canary/preflight';
import type { PreflightAround } from '../../steps/preflight';
import type { ProgramSettings } from '../../target/programSettings';
import { canaryLook } from '../canaryLook';
import type { Check } from './check';
import { Checks } from './check';

/** What a canary is judged from. */
export interface CanaryWish {
  settings: Pick<ProgramSettings, 'context' | 'canary' | 'canaryLimitSeconds'>;
  around: Pick<PreflightAround, 'isDown'>;
  /** With the canary that is asked for; undefined where no plan can be made. */
  planned: PlannedRotation | undefined;
}

const title = 'may try a canary pod before the switch';
const grant = 'infra/kubernetes/role-canary.yaml grants it';

/**
 * Whether a canary can be had, as one line; none where no canary is wanted. Where the plan has one, it is looked at as the
 * run does, its pod as a dry run included; else only the rights are. Never throws.
 */
export async function canaryChecks(kubernetes: CanaryQuestions, wish: CanaryWish): Promise<Check[]> {
  if ((wish.settings.canary ?? 'off') === 'off') return [];
  const checks = new Checks('Kubernetes');
  try {
    return [(await hindrance(checks, kubernetes, wish)) ?? (await ownSecret(checks, kubernetes))];
  } catch {
    return [checks.notChecked(title, 'The API server does not answer.')];
  }
}

/** Why there is none; undefined where nothing is in its way. */
async function hindrance(
  checks: Checks,
  kubernetes: CanaryQuestions,
  { settings, around, planned }: CanaryWish,
): Promise<Check | undefined> {
  const look = planned && (await canaryLook(planned, kubernetes, settings, around));
  if (look?.problem) return checks.failed(title, look.problem);
  if (look?.notice !== undefined)
    return checks.optional(title, `${look.notice.charAt(0).toUpperCase()}${look.notice.slice(1)}.`);
  if (look !== undefined) return undefined;
  const [lacking] = await kubernetes.missingRights(canaryRights(kubernetes.target).pods);
  if (lacking === undefined) return undefined;
  // Without a plan nobody knows yet; a plan without a canary goes on as it is.
  return planned === undefined && settings.canary === 'require'
    ? checks.missing(title, `--canary require needs it; ${grant}.`, 'before-switch')
    : checks.optional(title, `Not granted, and not needed; ${grant}.`);
}

/** A canary without a Secret of its own is one, too. */
async function ownSecret(checks: Checks, kubernetes: CanaryQuestions): Promise<Check> {
  const missing = await kubernetes.missingRights(canaryRights(kubernetes.target).secrets);
  return missing.length === 0
    ? checks.ok(title)
    : checks.ok(title, `without a Secret of its own its variables keep the old login; ${grant}`);
}
