import type { OpenedStack } from '../engine/workspace';
import type { Observation, Journal } from '../rotation/observation';
import type { RunRequest, OpenWorld } from './request';
import { journalToTakeUp } from '../inspect/canRollBack';
import { observe } from '../inspect/observe';
import { readJournal } from '../engine/state';
import { isRenewal, dueNow } from '../rotation/age';
import { readRenewedAt } from '../inspect/renewedAt';
import type { PlannedRotation, RotationPlan } from '../rotation/rotationPlan';
import type { PreflightAround } from '../steps/preflight';
import { withCanary } from '../steps/04-canary/preflight';
import { healthBefore, lookAtPage, withHealth } from '../steps/08-health/preflight';
import { aroundOf } from '../steps/preflight';
import { moves } from '../rotation/kinds';
import { planId } from '../rotation/rotationPlan';
import type { HealthLook } from '../openemr/health/look';
import { randomBytes } from 'node:crypto';
import { provenanceOf } from '../engine/pastSteps';
import { defaultCanaryLimitSeconds } from '../rotation/canary';
import { planRotation } from '../rotation/planRotation';
import { mustFinish, otherSecretText, ownJournal } from '../rotation/takeUp';
import { Failure, decidingCode, jointOutcome } from '../base/failure';
import { outdatedPlan, planDifferences } from '../rotation/savedPlan';

/** The world as a run found it, and what the health page is about to say, where it was asked already. */
interface FoundWorld {
  observation: Observation;
  page?: Promise<HealthLook | undefined>;
}

/** The state and the world, as a run found them. */
export type Found = OpenedStack & FoundWorld;

/**
 * The engine's start, the reading of the world and the answers of the health page take about as long as each other: they
 * run side by side.
 */
export async function openedBesideObserving<T extends OpenedStack>(
  { kind, settings, ifOlderThan, saw }: RunRequest,
  world: OpenWorld,
  opening: Promise<T>,
): Promise<T & FoundWorld> {
  // A scheduled run that has nothing to do yet asks nobody.
  const page = moves(kind) && ifOlderThan === undefined ? lookAtPage(settings) : undefined;
  page?.catch(() => undefined);
  const observing = observe(settings.context, world, world.credentials);
  const [opened, observation] = await Promise.allSettled([opening, observing]);
  // A world that cannot be read is the better reason: it is what the operator can fix.
  if (observation.status === 'rejected') throw observation.reason;
  saw?.(observation.value);
  if (opened.status === 'rejected') throw opened.reason;
  return { ...opened.value, observation: observation.value, ...(page === undefined ? {} : { page }) };
}

/** Why a scheduled run has nothing to do yet; undefined when it has. */
export async function notDueReason(
  { ifOlderThan, tell }: RunRequest,
  { secrets }: OpenWorld,
  { deployment, observation }: Found,
): Promise<string | undefined> {
  if (ifOlderThan === undefined) return undefined;
  const journal = ownJournal(observation, readJournal(deployment));
  const renewedAt = isRenewal(journal) ? undefined : await readRenewedAt(secrets, observation.slotSecret);
  const { reason, notice } = dueNow(observation, journal, ifOlderThan, { now: new Date(), renewedAt });
  if (notice !== undefined) tell({ kind: 'notice', text: notice });
  return reason;
}

/** What a run is about to carry out, and what its preflight knows beside it. */
export interface PlannedRun {
  planned: PlannedRotation;
  /** It was begun before. */
  resumed: boolean;
  /** It must be finished, whatever a preflight says: see `mustFinish`. */
  isBound: boolean;
  around: PreflightAround;
}

/**
 * Decides what is to be done, for the dry run and for the rotation alike.
 * @param lookMs how long the database's clients are watched, in ms
 * @throws Failure `plan-impossible`, `saved-plan-outdated`
 */
export async function planFound(
  request: RunRequest,
  world: OpenWorld,
  found: Found,
  lookMs: number,
): Promise<PlannedRun> {
  const inState = readJournal(found.deployment);
  const own = ownJournal(found.observation, inState);
  const text = otherSecretText(request.location.stack, found.observation, inState);
  if (text !== undefined) request.tell({ kind: 'notice', text });
  const journal = await journalToTakeUp(request, world, own);
  const { planned, resumed } = planFrom(request, found, journal);
  const looked = await withCanaryLook(request, world, planned, resumed);
  const run = await lookedAt(request, found, looked.planned, { resumed, lookMs });
  const { problem } = looked;
  return { resumed, ...run, around: problem ? { ...run.around, canary: problem } : run.around };
}

/** A new plan with its canary, where there may be one; a plan that is taken up keeps what it has. */
async function withCanaryLook(
  { savedPlan, tell, settings: { context, canaryLimitSeconds } }: RunRequest,
  { kubernetes }: OpenWorld,
  planned: PlannedRotation,
  resumed: boolean,
): Promise<{ planned: PlannedRotation; problem?: Failure }> {
  if (resumed) return { planned };
  const { notice, ...looked } = await withCanary(planned, kubernetes, savedPlan, {
    site: context.site,
    limitSeconds: canaryLimitSeconds ?? defaultCanaryLimitSeconds,
  });
  if (notice !== undefined) tell({ kind: 'notice', text: notice });
  return looked;
}

/** A plan with what the health page says before its switch; one that is behind it keeps what its first run saw. */
async function lookedAt(
  { settings, savedPlan }: RunRequest,
  { observation, page }: Found,
  planned: PlannedRotation,
  { resumed, lookMs }: { resumed: boolean; lookMs: number },
): Promise<Omit<PlannedRun, 'resumed'>> {
  const { sqlconf, kubernetesSecret } = observation;
  const isBound = mustFinish(planned, resumed, sqlconf.login);
  const look = isBound ? undefined : await healthBefore(planned, settings, page);
  const works = { sqlconf: sqlconf.works, kubernetesSecret: kubernetesSecret.works };
  const around = aroundOf(settings, { isBound, works, look, lookMs });
  const saved = resumed ? undefined : savedPlan;
  return { planned: isBound ? planned : withHealth(planned, look, saved), isBound, around };
}

/** The plan that follows from what was found, or the one that is taken up. */
function planFrom(
  { kind, savedPlan, tell, settings: { canary } }: RunRequest,
  { deployment, observation }: Found,
  journal: Journal | undefined,
): Pick<PlannedRun, 'planned' | 'resumed'> {
  const now = savedPlan ? new Date(savedPlan.plan.startedAt) : new Date();
  const id = savedPlan?.plan.id ?? planId(now, randomBytes(3).toString('hex'));
  // A saved plan is carried out as it stands; who does so is noted beside it.
  const { by, previous } = savedPlan?.plan ?? provenanceOf(deployment);
  const provenance = { ...(by === undefined ? {} : { by }), ...(previous === undefined ? {} : { previous }) };
  const result = planRotation(observation, { kind, canary, id, now, ...provenance }, journal);
  if (result.kind === 'refused') throw new Failure('plan-impossible', result.problems.join(' '));
  const { planned, resumed, notices } = result;
  if (savedPlan) refuseOtherPlan(savedPlan.plan, planned.plan, resumed);
  tell({ kind: 'planned', planned, resumed, notices });
  return { planned, resumed };
}

/** @throws Failure `drift` when the world is no longer the one that the saved plan was made for */
function refuseOtherPlan(saved: RotationPlan, found: RotationPlan, resumed: boolean): void {
  // It is the saved one, begun: passwords that the database refused were made again, by this plan's own rules.
  if (resumed && found.id === saved.id) return;
  if (resumed)
    throw new Failure(
      'saved-plan-outdated',
      `Rotation ${found.id} is not finished, so the saved plan ${saved.id} does not fit; run without --plan to finish it, then make a new plan.`,
    );
  const differences = planDifferences(saved, found);
  if (differences.length > 0) throw outdatedPlan(saved, differences.join('; '));
}

/** What such an end says. */
export const nothingChanged = ' Nothing was changed.';

/** Several problems as one end: nothing was changed. */
export function jointFailure(problems: readonly Failure[]): Failure {
  const reasons = problems.map(({ message }) => message).join(' ');
  const code = decidingCode(problems) ?? 'uncoded';
  return new Failure(code, `${reasons}${nothingChanged}`, { outcome: jointOutcome(problems) });
}
