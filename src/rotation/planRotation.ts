import type { Journal, Observation } from './observation';
import { kubernetesSecretKeys } from './observation';
import type { PastSteps, Provenance } from './stepTimes';
import type {
  PlanKind,
  PlannedLogin,
  PlannedRotation,
  RequestKind,
  RotationMaterial,
  RotationPlan,
} from './rotationPlan';
import type { CanaryMode } from './canary';
import { restartToken } from './rotationPlan';
import { takenUp, takesUp } from './takeUp';
import {
  identityProblems,
  letsIn,
  liveProblems,
  noticesOf,
  rollbackProblems,
  siteProblems,
  slotInUse,
} from './problems';
import type { Slot } from './slot';
import { defaultUsername, otherSlot, slots } from './slot';

/** What is asked for; id, time and token are given so that planning is a pure function. */
export interface PlanRequest extends Provenance {
  kind: RequestKind;
  /** Whether a pod on the new login is tried before the switch; `off` without it. */
  canary?: CanaryMode | undefined;
  id: string;
  now: Date;
}

/** A plan, or every reason why there is none. Problems hold no secret. */
export type PlanResult =
  | { kind: 'planned'; resumed: boolean; planned: PlannedRotation; notices: string[] }
  | { kind: 'refused'; problems: string[] };

/**
 * Turns what was seen into what is to be done. Pure. A rotation that was begun and not finished goes first:
 * its plan is taken up unchanged, so that its passwords are too.
 */
export function planRotation(observation: Observation, request: PlanRequest, journal?: Journal): PlanResult {
  if (journal && !journal.finished && takesUp(observation, request.kind, journal)) {
    return { kind: 'planned', resumed: true, planned: takenUp(observation, journal, request), notices: [] };
  }
  const logins = plannedLogins(observation, request.kind);
  const problems = [
    ...identityProblems(observation, logins),
    ...liveProblems(observation, request, logins),
    ...(request.kind === 'rollback' ? rollbackProblems(observation, logins, journal) : []),
    ...(request.kind === 'rotate' ? siteProblems(observation, logins) : []),
  ];
  if (problems.length > 0) return { kind: 'refused', problems };
  const plans = { sync: planSync, rotate: planSwitch, rollback: planSwitchBack };
  const planned = plans[request.kind](observation, request, logins);
  return {
    kind: 'planned',
    resumed: false,
    planned,
    notices: noticesOf(observation, request.kind, journal, planned),
  };
}

/** The plan that undoes a rotation's switch: the state before, under a token of its own. */
export function planRollback(
  failed: PlannedRotation,
  id: string,
  now: Date,
  previous?: PastSteps,
): PlannedRotation {
  const { material } = failed;
  // A way back is not tried first: it is known.
  const plan = { ...failed.plan };
  delete plan.canary;
  return {
    plan: {
      ...plan,
      id,
      kind: 'rollback',
      undoes: plan.id,
      ...(plan.kind === 'switch-back' ? { undoesSwitchBack: true as const } : {}),
      startedAt: now.toISOString(),
      from: plan.to,
      to: plan.from,
      mint: [],
      renew: null,
      rotateAdmin: false,
      restartToken: restartToken(id, now),
      ...(previous === undefined ? {} : { previous }),
    },
    material,
  };
}

/**
 * Both slots as the rotation will use them. A password that something alive uses wins over the secret's: it is
 * the one that works, and it must not be changed while it is in use.
 */
function plannedLogins(observation: Observation, request: RequestKind): Record<Slot, PlannedLogin> {
  const { entries } = observation.slotSecret.document;
  const file = observation.sqlconf.login;
  const plan = (slot: Slot): PlannedLogin => {
    const entry = entries[slot];
    const other = entries[otherSlot(slot)];
    const endpoint = entry.kind === 'complete' ? entry.login : other.kind === 'complete' ? other.login : file;
    const username =
      (entry.kind === 'complete' ? entry.login.username : entry.username) ?? defaultUsername(slot);
    const { host, port, dbname } = endpoint;
    const password =
      livePassword(observation, slot, username) ??
      (request === 'sync' ? deadPassword(observation, slot, username) : undefined) ??
      (entry.kind === 'complete' ? entry.login.password : undefined);
    return { username, host, port, dbname, ...(password === undefined ? {} : { password }) };
  };
  const planned = { A: plan('A'), B: plan('B') };
  if (request === 'rotate' && slotInUse(observation, planned) === undefined)
    return bootstrapLogins(observation, planned);
  return planned;
}

/** At a bootstrap both users get fresh passwords on the file's own endpoint, unless a running pod may use one. */
function bootstrapLogins(
  observation: Observation,
  planned: Record<Slot, PlannedLogin>,
): Record<Slot, PlannedLogin> {
  const { host, port, dbname } = observation.sqlconf.login;
  const fresh = (slot: Slot): PlannedLogin => {
    const { username } = planned[slot];
    const password = livePassword(observation, slot, username);
    return { username, host, port, dbname, ...(password === undefined ? {} : { password }) };
  };
  return { A: fresh('A'), B: fresh('B') };
}

/**
 * Where the database takes two passwords of the user that the Kubernetes Secret names, that of the slot secret is the one
 * that the last rotation set; the other one came back with an older copy of the Secret. To write it changes nothing that works.
 */
function livePassword(observation: Observation, slot: Slot, username: string): string | undefined {
  const { sqlconf, kubernetesSecret, slotSecret } = observation;
  if (sqlconf.works && sqlconf.login.username === username) return sqlconf.login.password;
  const { data, works, slotPasswordWorks } = kubernetesSecret;
  if (!works || data[kubernetesSecretKeys.username] !== username) return undefined;
  const entry = slotSecret.document.entries[slot];
  return slotPasswordWorks === true && entry.kind === 'complete'
    ? entry.login.password
    : data[kubernetesSecretKeys.password];
}

/**
 * What a repair sets where the database refuses the login that `sqlconf.php` has for a slot, and no other password of
 * that account works: the file's own. That can only let OpenEMR in again.
 */
function deadPassword({ sqlconf, slotsWork }: Observation, slot: Slot, username: string): string | undefined {
  const isDead = !sqlconf.works && sqlconf.login.username === username;
  return isDead && slotsWork?.[slot] !== true ? sqlconf.login.password : undefined;
}

function planSwitch(
  observation: Observation,
  request: PlanRequest,
  logins: Record<Slot, PlannedLogin>,
): PlannedRotation {
  const inUse = slotInUse(observation, logins);
  const active = observation.slotSecret.document.active;
  // Where OpenEMR is down it stays only with another password of its account that works.
  const stays =
    inUse !== undefined &&
    (observation.sqlconf.works ? inUse !== active : letsIn(observation, logins, inUse));
  const kind: PlanKind = inUse === undefined ? 'bootstrap' : stays ? 'reconcile' : 'rotate';
  const to: Slot = inUse === undefined ? 'A' : stays ? inUse : otherSlot(inUse);
  const renew = kind === 'bootstrap' ? null : otherSlot(to);
  const mint = slots.filter((slot) => logins[slot].password === undefined && slot !== renew);
  const plan = makePlan(observation, request, { kind, from: inUse ?? 'other', to, mint, renew });
  const canary = canaryOf(observation, request, logins[to]);
  return {
    plan: { ...plan, ...(canary === undefined ? {} : { canary }) },
    material: materialOf(observation, logins),
  };
}

/**
 * A pod on the new login is tried where OpenEMR moves to it from one that works. Where OpenEMR is down there is nothing
 * to compare with, and each second counts.
 */
function canaryOf(
  { sqlconf }: Observation,
  { canary }: PlanRequest,
  { username }: PlannedLogin,
): RotationPlan['canary'] {
  const moves = sqlconf.works && sqlconf.login.username !== username;
  return moves && canary !== 'off' ? canary : undefined;
}

/** Back to the other slot: the switch and the flip, and nothing is renewed. */
function planSwitchBack(
  observation: Observation,
  request: PlanRequest,
  logins: Record<Slot, PlannedLogin>,
): PlannedRotation {
  const from = slotInUse(observation, logins) ?? 'A';
  const to = otherSlot(from);
  const plan = makePlan(observation, request, { kind: 'switch-back', from, to, mint: [], renew: null });
  return { plan: { ...plan, rotateAdmin: false }, material: materialOf(observation, logins) };
}

function planSync(
  observation: Observation,
  request: PlanRequest,
  logins: Record<Slot, PlannedLogin>,
): PlannedRotation {
  const place = slotInUse(observation, logins) ?? 'other';
  const mint = slots.filter((slot) => logins[slot].password === undefined);
  const plan = makePlan(observation, request, { kind: 'sync', from: place, to: place, mint, renew: null });
  return { plan: { ...plan, rotateAdmin: false }, material: materialOf(observation, logins) };
}

function makePlan(
  observation: Observation,
  { id, now, by, previous }: PlanRequest,
  decided: Pick<RotationPlan, 'kind' | 'from' | 'to' | 'mint' | 'renew'>,
): RotationPlan {
  return {
    formatVersion: 1,
    id,
    ...decided,
    startedAt: now.toISOString(),
    rotateAdmin: true,
    restartToken: restartToken(id, now),
    slotSecretArn: observation.slotSecret.arn,
    slotSecretVersionId: observation.slotSecret.versionId,
    adminSecretArn: observation.adminSecret.arn,
    adminUsername: observation.adminSecret.login.username,
    sqlconfStamp: observation.sqlconf.stamp,
    ...(observation.kubernetesSecret.works ? {} : { deadSecret: true }),
    ...(by === undefined ? {} : { by }),
    ...(previous === undefined ? {} : { previous }),
  };
}

function materialOf(observation: Observation, logins: Record<Slot, PlannedLogin>): RotationMaterial {
  return {
    slotDocument: observation.slotSecret.text,
    sqlconfSha256: observation.sqlconf.sha256,
    before: { sqlconf: observation.sqlconf.login, kubernetesSecret: observation.kubernetesSecret.data },
    logins,
  };
}
