import type { Failure } from '../base/failure';
import type { PlannedRotation } from '../rotation/rotationPlan';
import { switches } from '../rotation/rotationPlan';
import type { WorldContext } from '../target/context';
import type { AccountFindings } from './04-users/preflight';
import { databaseFindings } from './preflightDatabase';
import { fileNotices, fileProblems } from './05-sqlconf/preflight';
import { partOf } from '../base/part';
import type { HealthLook } from '../openemr/health/look';
import { healthFindings } from './08-health/preflight';
import type { IdleSettings } from './10-renewal/preflight';
import { idleFindings } from './10-renewal/preflight';
import { kubernetesFindings } from './07-restart/preflight';
import type { SearchRules } from './10-renewal/otherUsers';
import { findOtherUsers } from './10-renewal/otherUsers';
import { patchTokens } from './06-kubernetes-secret/patches';
import { secretProblems } from './04-users/preflightSecrets';
import type { PreflightClients } from './preflightClients';

/** What a preflight knows beside the plan. */
export interface PreflightAround {
  /** What the health page said; undefined where there is none, or it was not asked. */
  look: HealthLook | undefined;
  acceptDowntime: boolean;
  idle: IdleSettings;
  /** The database refuses OpenEMR's own login: then the run is the cure. */
  isDown: boolean;
  /** Why the canary that is required cannot be had. */
  canary?: Failure;
  /** How others that use the same login are looked for. */
  search: SearchRules;
  /** The database refuses the login in the Kubernetes Secret: pods that need it cannot start before the run. */
  podsAreLockedOut: boolean;
  /** Limit of the whole restart, in seconds; undefined when it renews with each pod. */
  limitSeconds?: number | undefined;
  /**
   * Nothing is tried that only a write would show (patches as dry runs, refused writes of the secrets), nothing is waited
   * for, and nobody else is searched for: `status` looks so.
   */
  readsOnly?: boolean;
}

/** Settings of the program that a preflight looks at. */
export type PreflightSettings = IdleSettings & {
  acceptDowntime?: true;
  rolloutTimeoutSeconds?: number;
  idleLimitSeconds: number;
};

/** What was seen before the preflight. */
export interface SeenBefore {
  /** Whether the plan is one that was begun before, and must be finished: see `mustFinish`. */
  isBound: boolean;
  /** Whether the database takes the login of `sqlconf.php`, and that of the Kubernetes Secret. */
  works: { sqlconf: boolean; kubernetesSecret: boolean };
  look: HealthLook | undefined;
  /** How long the database's clients are watched, in ms. */
  lookMs: number;
}

/**
 * What dry run, rotation, `verify` and `status` know beside the plan: made here alone, so that they judge alike. The canary
 * alone is asked for apart.
 */
export function aroundOf(
  settings: PreflightSettings,
  { isBound, works, look, lookMs }: SeenBefore,
): PreflightAround {
  return {
    look,
    acceptDowntime: settings.acceptDowntime === true,
    idle: settings,
    isDown: isBound || !works.sqlconf,
    podsAreLockedOut: !works.kubernetesSecret,
    limitSeconds: settings.rolloutTimeoutSeconds,
    search: { idleLimitSeconds: settings.idleLimitSeconds, lookMs },
  };
}

/** Parts of a preflight, in the order in which their problems are told. */
export const preflightParts = ['database', 'idle', 'kubernetes', 'file', 'secrets', 'health'] as const;

/** One part of a preflight. */
export type PreflightPart = (typeof preflightParts)[number];

/** What one part found. */
export interface PartFindings {
  /** What would stop the rotation, each one sentence with what to do. */
  problems: Failure[];
  /** What an operator should know, each a sentence without its full stop. */
  notices: string[];
  /** What becomes of the accounts in the database. */
  differences?: string[];
  /** What only the rotation itself will show; undefined when all could be tried. */
  unseen?: string | undefined;
}

type Look = (
  planned: PlannedRotation,
  context: WorldContext,
  clients: PreflightClients,
  around: PreflightAround,
) => Promise<PartFindings>;

const none: PartFindings = { problems: [], notices: [] };

/** OpenEMR is down, has been moved already, or the operator moves it back: the run may be the cure. */
function mayBeCure({ plan }: PlannedRotation, { isDown }: PreflightAround): boolean {
  return isDown || plan.kind === 'switch-back';
}

const looks: Record<PreflightPart, Look> = {
  database: databaseFindings,
  idle: (planned, _, clients, { idle, readsOnly }) =>
    idleFindings(planned, clients, idle, readsOnly === true),
  kubernetes: async (planned, _, { kubernetes }, around) => {
    if (!switches(planned.plan)) return none;
    const cure = mayBeCure(planned, around);
    return kubernetesFindings(kubernetes, {
      tokens: patchTokens(planned.plan),
      acceptDowntime: around.acceptDowntime || cure,
      mayMend: cure || planned.plan.kind === 'rollback' || around.podsAreLockedOut,
      limitSeconds: around.limitSeconds,
      readsOnly: around.readsOnly === true,
    });
  },
  file: async (planned, context) => {
    if (!switches(planned.plan)) return none;
    const [problems, notices] = await Promise.all([
      fileProblems(planned, context),
      fileNotices(planned, context).catch(() => []),
    ]);
    return { problems, notices };
  },
  secrets: async (planned, context, { secrets, credentials }, { readsOnly }) => ({
    problems: await secretProblems(secrets, secretsWritten(planned, context), {
      healed: healedVersion(credentials),
      readsOnly: readsOnly === true,
    }),
    notices: [],
  }),
  health: (planned, _, __, around) =>
    Promise.resolve(healthFindings(around.look, mayBeCure(planned, around))),
};

/** Looks at one part. Writes nothing. @throws what that part cannot read */
export function lookAt(part: PreflightPart, ...rest: Parameters<Look>): Promise<PartFindings> {
  return looks[part](...rest);
}

/**
 * Looks for everything that would stop the rotation half-way: rights in Kubernetes, in the database, on the
 * file and on the secrets. Writes nothing.
 * @returns every problem, and what becomes of the accounts in the database
 * @throws what the first part that could not be read says
 */
export async function preflight(
  planned: PlannedRotation,
  context: WorldContext,
  clients: PreflightClients,
  around: PreflightAround,
): Promise<AccountFindings> {
  const [others, ...parts] = await Promise.all([
    findOtherUsers(planned, clients, around.search),
    ...preflightParts.map((part) => lookAt(part, planned, context, clients, around)),
  ]);
  return {
    problems: [...parts.flatMap(({ problems }) => problems), ...(around.canary ? [around.canary] : [])],
    differences: parts.flatMap(({ differences = [] }) => differences),
    notices: [
      ...parts.flatMap(({ notices }) => notices),
      ...others.named,
      ...(others.unseen === undefined ? [] : [others.unseen]),
    ],
  };
}

/**
 * Every problem that a preflight finds by reading alone, for `status`. A part that cannot be read stops a run, too: its
 * own failure is among them. Never throws.
 */
export async function problemsSeen(
  planned: PlannedRotation,
  context: WorldContext,
  clients: PreflightClients,
  around: PreflightAround,
): Promise<Failure[]> {
  const parts = await Promise.all(
    preflightParts.map((part) =>
      partOf(lookAt(part, planned, context, clients, { ...around, readsOnly: true })),
    ),
  );
  const problems = parts.flatMap((part) => (part.kind === 'read' ? part.value.problems : [part.failure]));
  return around.canary ? [...problems, around.canary] : problems;
}

/** A sync stores a document only for a password that it mints, and never the admin's. */
function secretsWritten({ plan }: PlannedRotation, { slotSecretId, adminSecretId }: WorldContext): string[] {
  if (switches(plan)) return [slotSecretId, adminSecretId];
  return plan.mint.length > 0 ? [slotSecretId] : [];
}

/** A pending admin password that works where the current one does not is made current by the rotation. */
function healedVersion({ stage, version }: PreflightClients['credentials']): string | undefined {
  return stage === 'AWSCURRENT' || stage === 'AWSPREVIOUS' ? undefined : version.versionId;
}
