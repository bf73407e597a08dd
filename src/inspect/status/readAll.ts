import type { StatusFacts } from './facts';
import type { Journal } from '../../rotation/observation';
import type { withRetries } from '../../steps/retry';
import type { WorldContext } from '../../target/context';
import type { CanaryQuestions } from '../../steps/04-canary/preflight';
import { canaryLook } from '../canaryLook';
import { journalToTakeUp } from '../canRollBack';
import { partOf, valueOf } from '../../base/part';
import { planOf } from './next';
import { ownState } from './ownState';
import type { PreflightAround } from '../../steps/preflight';
import { aroundOf, problemsSeen } from '../../steps/preflight';
import type { PlanResult } from '../../rotation/planRotation';
import type { PlannedRotation } from '../../rotation/rotationPlan';
import { mustFinish } from '../../rotation/takeUp';
import type { Failure } from '../../base/failure';
import type { ProgramSettings } from '../../target/programSettings';
import type { Settings } from '../../settings/settings';
import type { AdminSession } from '../../mysql/adminCredentials';
import type { Session } from '../../mysql/database';
import type { HealthLook } from '../../openemr/health/look';
import type { Kubernetes } from '../../kubernetes/kubernetes';
import type { SecretsManager } from '../../aws/secretsManager';
import { readingAt } from '../../engine/readingPlace';
import { readState } from '../../engine/readState';
import { withDetails } from '../../engine/stateDetails';

/** How long the engine may take for the state, in ms: the world is told without it. */
const stateLimitMs = 10_000;

/** What was read, and what it can be looked at further with. */
export interface Reading {
  facts: StatusFacts;
  secrets: SecretsManager;
  kubernetes: Kubernetes;
  /** The admin's session; undefined where it does not log in. */
  admin: AdminSession | undefined;
  close(): Promise<void>;
}

/** How long the world may take to answer. */
export interface ReadingLimits {
  kubernetes?: ConstructorParameters<typeof Kubernetes>[1];
  secrets?: ConstructorParameters<typeof SecretsManager>[1];
}

/** A status is read by somebody who waits: one more try, and no more. */
const shortLimits = {
  kubernetes: { retries: 1, minTimeout: 200, factor: 1, maxRetryTime: 2000 },
  secrets: { connectMs: 2000, requestMs: 5000, callMs: 8000 },
};

/** Reads everything that a status is judged from; writes nothing and never throws. */
export async function readStatus(settings: Settings): Promise<StatusFacts> {
  const reading = await openReading(settings, shortLimits);
  try {
    const problems = await problemsOf(settings, reading);
    return { ...reading.facts, ...(problems === undefined ? {} : { problems }) };
  } finally {
    await reading.close();
  }
}

/** What a preflight of the plan says that a run would make now; undefined where there is no plan, or no admin. */
async function problemsOf(
  { program }: Settings,
  { facts, secrets, kubernetes, admin }: Reading,
): Promise<readonly Failure[] | undefined> {
  const planned = planOf(facts, program.canary);
  if (planned?.kind !== 'planned' || admin === undefined) return undefined;
  // A run that must be finished makes no preflight.
  if (isBoundIn(facts, planned)) return [];
  const clients = { secrets, kubernetes, ...admin };
  const around = aroundOfFacts(program, facts, planned);
  const canary = await canaryProblem(program, kubernetes, planned.planned, around);
  return problemsSeen(planned.planned, program.context, clients, {
    ...around,
    ...(canary === undefined ? {} : { canary }),
  });
}

/** Why the canary that is required cannot be had, as far as reading shows it: its rights and its pod's template. Never throws. */
export async function canaryProblem(
  settings: Pick<ProgramSettings, 'context' | 'canaryLimitSeconds'>,
  kubernetes: CanaryQuestions,
  planned: PlannedRotation,
  { isDown }: Pick<PreflightAround, 'isDown'>,
): Promise<Failure | undefined> {
  // One that may be had stops nothing.
  if (planned.plan.canary !== 'require') return undefined;
  // An API server that does not answer is told of by the preflight.
  const look = await partOf(canaryLook(planned, kubernetes, settings, { isDown, readsOnly: true }));
  return valueOf(look)?.problem;
}

function isBoundIn({ sqlconf }: StatusFacts, plan: PlanResult | undefined): boolean {
  const login = valueOf(sqlconf)?.login;
  return plan?.kind === 'planned' && login !== undefined && mustFinish(plan.planned, plan.resumed, login);
}

/** What `status` and `verify` know beside the plan. */
export function aroundOfFacts(
  settings: ProgramSettings,
  facts: StatusFacts,
  plan: PlanResult | undefined,
  look?: HealthLook,
): PreflightAround {
  const { logins } = facts;
  const works = {
    sqlconf: logins.sqlconf === 'works',
    kubernetesSecret: logins.kubernetesSecret === 'works',
  };
  return aroundOf(settings, { isBound: isBoundIn(facts, plan), works, look, lookMs: 0 });
}

/**
 * Reads the world, and leaves the admin's session open for what is to be looked at further. Writes nothing and never throws.
 * @param limits the clients' own where none are given
 */
export async function openReading(
  { program: { context }, ...location }: Settings,
  limits: ReadingLimits = {},
): Promise<Reading> {
  // The engine is a process of its own: it is at work while the libraries below are loaded.
  const state = partOf(
    readingAt(location, async (at) => {
      const found = await readState(at, stateLimitMs);
      return { ...(await withDetails(found, at, stateLimitMs)), backendUrl: location.backendUrl };
    }),
  );
  const [{ openAsAdmin, readWorld }, { SecretsManager }, { Kubernetes }, { readableLease }] =
    await Promise.all([
      import('./read.js'),
      import('../../aws/secretsManager.js'),
      import('../../kubernetes/kubernetes.js'),
      import('../../kubernetes/lease.js'),
    ]);
  const kubernetes = new Kubernetes(context.kubernetes, limits.kubernetes);
  const secrets = new SecretsManager(context.region, limits.secrets);
  const lease = partOf(readableLease(kubernetes));
  const clients = { secrets, kubernetes };
  const opening = partOf(openAsAdmin(context, clients));
  const world = await readWorld(context, clients, opening);
  const admin = valueOf(await opening)?.session;
  const ofState = ownState(await state, world.slotSecret, location.stack);
  const takenUp = await takenUpOf(context, secrets, valueOf(ofState.state)?.journal);
  const facts = { now: new Date(), ...world, ...takenUp, lease: await lease, ...ofState };
  return {
    facts: { ...facts, ...(await repairProblemOf(context, facts, { session: admin?.session, kubernetes })) },
    secrets,
    kubernetes,
    admin,
    close: async () => admin?.session.close(),
  };
}

/** Why a repair would not let OpenEMR in again, where it is kept out; then it is no advice. Never throws. */
async function repairProblemOf(
  context: WorldContext,
  facts: StatusFacts,
  { session, kubernetes }: { session: Session | undefined; kubernetes: Kubernetes },
): Promise<Pick<StatusFacts, 'repairProblem'>> {
  if (facts.logins.sqlconf !== 'denied' || session === undefined) return {};
  const result = planOf(facts, undefined, 'sync');
  if (result?.kind !== 'planned') return {};
  const { repairProblems } = await import('../../steps/04-users/repair.js');
  const found = await partOf(repairProblems(result.planned, context, { session, kubernetes, lookMs: 0 }));
  const [problem] = valueOf(found) ?? [];
  return problem === undefined ? {} : { repairProblem: problem.message };
}

/** Whether a run would finish a rollback that was cut off, which only the world can say. */
async function takenUpOf(
  context: WorldContext,
  secrets: SecretsManager,
  journal: Journal | undefined,
): Promise<Pick<StatusFacts, 'takenUp'>> {
  if (journal === undefined || journal.finished || journal.plan.kind !== 'rollback') return {};
  const quietly = { settings: { context }, tell: () => undefined };
  const once: typeof withRetries = (action) => action();
  return { takenUp: await partOf(journalToTakeUp(quietly, { secrets }, journal, once)) };
}
