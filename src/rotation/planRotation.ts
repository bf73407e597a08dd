import type { Journal, Observation, UnfinishedJournal } from './observation';
import { changedKeys, kubernetesSecretKeys } from './observation';
import type { PastSteps, Provenance } from './stepTimes';
import type {
  Place,
  PlanKind,
  PlannedLogin,
  PlannedRotation,
  RequestKind,
  RotationMaterial,
  RotationPlan,
} from './rotationPlan';
import type { CanaryMode } from './canary';
import { plannedFile } from './rotationPlan';
import {
  identityProblems,
  letsIn,
  liveProblems,
  noticesOf,
  rollbackProblems,
  siteProblems,
  slotInUse,
} from './problems';
import type { DatabaseLogin, Slot } from './slot';
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
  if (
    journal &&
    !journal.finished &&
    canResume(observation, journal) &&
    resumes(observation, request, journal) &&
    !isLockedOut(observation, journal)
  ) {
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
    notices: noticesOf(observation, request.kind, journal),
  };
}

/**
 * A rollback that is asked for does not finish a rotation; it finishes what goes back already. A repair that is asked
 * for does not finish a rotation that has not switched: it may be the very cure that this rotation asks for.
 */
function resumes(
  { sqlconf }: Observation,
  { kind }: PlanRequest,
  { plan, material }: UnfinishedJournal,
): boolean {
  // What lets OpenEMR in again goes before everything else.
  if (kind === 'sync' && !sqlconf.works) return false;
  if (kind === 'rotate' || plan.kind === 'rollback' || plan.kind === 'switch-back') return true;
  if (kind === 'rollback' || plan.to === 'other') return false;
  return sqlconf.login.username === material.logins[plan.to].username;
}

/**
 * OpenEMR was moved, and its login is refused now: somebody changed that password since. The rotation would set it only
 * as a repair; a plan from what is there finds whichever login works.
 */
function isLockedOut({ sqlconf }: Observation, { plan, material }: UnfinishedJournal): boolean {
  if (sqlconf.works || plan.kind === 'rollback' || plan.to === 'other') return false;
  return names(sqlconf.login, material.logins[plan.to]);
}

/** Whether the file is on what the plan moves it to; a password that the plan makes is not known here. */
function names(file: DatabaseLogin, { username, password = file.password }: PlannedLogin): boolean {
  return file.username === username && file.password === password;
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

/** A begun plan still fits when nobody else moved the secret or the file since. */
function canResume(
  observation: Observation,
  { plan, material, versionIds, passwords = {} }: UnfinishedJournal,
): boolean {
  // A sync is made anew each time: it keeps nothing that must not be lost, and a failed one must not block a rotation.
  if (plan.kind === 'sync') return false;
  // A password that the plan has made is not in the plan.
  const loginOf = (place: Place): PlannedLogin =>
    place === 'other'
      ? material.before.sqlconf
      : {
          ...material.logins[place],
          ...(passwords[place] === undefined ? {} : { password: passwords[place] }),
        };
  const { login, sha256 } = observation.sqlconf;
  const [left, target] = [loginOf(plan.from), loginOf(plan.to)];
  // Step 5 writes only over the file that the plan was made from, and is done where it says the whole login; a rollback
  // writes over either. Whatever else it says is somebody's since: an older copy, another password.
  const fileFits =
    plan.kind === 'rollback'
      ? login.username === target.username || login.username === left.username
      : sha256 === plannedFile({ plan, material }) || isWhole(login, target);
  const known = [plan.slotSecretVersionId, plan.againFrom, ...versionIds];
  // Before step 5 nothing of ours is in the Secret: another login there is somebody else's.
  const secretFits =
    plan.kind === 'rollback' ||
    login.username === target.username ||
    changedKeys(material.before.kubernetesSecret, observation.kubernetesSecret.data).length === 0;
  return (
    plan.slotSecretArn === observation.slotSecret.arn &&
    fileFits &&
    secretFits &&
    known.includes(observation.slotSecret.versionId)
  );
}

/** Whether the file has all of a login; of one whose password is not known, all but that. */
function isWhole(file: DatabaseLogin, login: PlannedLogin): boolean {
  const isThere = (['host', 'port', 'dbname'] as const).every((key) => file[key] === login[key]);
  return isThere && names(file, login);
}

/**
 * The same plan. What the state has as done counts only while the world shows it: somebody may have put OpenEMR back by
 * hand since. The Secret is patched again where it does not say the target; the pods are restarted again where the
 * annotation is not this plan's, or where file or Secret are switched anew: they may have started with what was there.
 */
function takenUp(
  { sqlconf, kubernetesSecret, restartedAs }: Observation,
  { plan, material, recorded }: UnfinishedJournal,
  { id, now, canary: wanted }: PlanRequest,
): PlannedRotation {
  const { data, works } = kubernetesSecret;
  const target = plan.to === 'other' ? material.before.sqlconf : material.logins[plan.to];
  const switched = names(sqlconf.login, target);
  const secretFits =
    plan.kind === 'rollback'
      ? changedKeys(material.before.kubernetesSecret, data).length === 0
      : switched &&
        data[kubernetesSecretKeys.username] === sqlconf.login.username &&
        data[kubernetesSecretKeys.password] === sqlconf.login.password;
  const patchesAgain = recorded.secret && !secretFits;
  // A run that was killed at once after the patch has not recorded it.
  const wasRestarted = recorded.restart || restartedAs === plan.restartToken;
  const restartsAgain = wasRestarted && !(switched && secretFits && restartedAs === plan.restartToken);
  // Whether a Secret is dead is as it is now, and not as it was when the plan was made.
  const { deadSecret, canary: begun, ...same } = plan;
  // Behind the switch there is nothing left for a canary to spare, and none where OpenEMR is down or goes back.
  const mayHave = sqlconf.works && !switched && plan.kind !== 'rollback';
  const canary = mayHave ? canaryNow(begun, wanted) : begun;
  const again: RotationPlan = {
    ...same,
    ...(canary === undefined ? {} : { canary }),
    ...(works ? {} : { deadSecret: true }),
    ...(patchesAgain ? { patchToken: id } : {}),
    ...(restartsAgain ? { restartToken: restartToken(id, now) } : {}),
  };
  const isSame = !patchesAgain && !restartsAgain && (deadSecret === undefined) === works && canary === begun;
  return { plan: isSame ? plan : again, material };
}

/**
 * The canary of a plan that is taken up: what is asked for now decides, so that a proof that failed can be left out. One that
 * may be had was not had when the plan was begun; only one that must be had is added.
 */
function canaryNow(begun: RotationPlan['canary'], wanted: CanaryMode | undefined): RotationPlan['canary'] {
  if (wanted === undefined) return begun;
  if (wanted === 'off') return undefined;
  return begun === undefined && wanted === 'auto' ? undefined : wanted;
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
      livePassword(observation, username) ??
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
    const password = livePassword(observation, username);
    return { username, host, port, dbname, ...(password === undefined ? {} : { password }) };
  };
  return { A: fresh('A'), B: fresh('B') };
}

function livePassword(observation: Observation, username: string): string | undefined {
  const { sqlconf, kubernetesSecret } = observation;
  if (sqlconf.works && sqlconf.login.username === username) return sqlconf.login.password;
  const { data, works } = kubernetesSecret;
  return works && data[kubernetesSecretKeys.username] === username
    ? data[kubernetesSecretKeys.password]
    : undefined;
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

/** A time for people and the id for uniqueness: two restarts within one second both take effect. */
function restartToken(id: string, now: Date): string {
  return `${now.toISOString()}/${id}`;
}
