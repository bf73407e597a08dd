import type { CanaryMode } from './canary';
import type { Journal, Observation, UnfinishedJournal } from './observation';
import { changedKeys, kubernetesSecretData } from './observation';
import type { Place, PlannedLogin, PlannedRotation, RequestKind, RotationPlan } from './rotationPlan';
import { plannedFile, restartToken, switches } from './rotationPlan';
import type { DatabaseLogin } from './slot';

/** What the state says of the last run, if that was of this slot secret: the age and the begun steps of another one are not ours. */
export function ownJournal(
  { slotSecret }: { slotSecret: { arn: string } },
  journal: Journal | undefined,
): Journal | undefined {
  return journal?.plan.slotSecretArn === slotSecret.arn ? journal : undefined;
}

/** Why the last run in a state does not count; undefined where it does, or there is none. One clause, without a full stop. */
export function otherSecretText(
  stack: string,
  observation: { slotSecret: { arn: string } },
  inState: Journal | undefined,
): string | undefined {
  if (inState === undefined || ownJournal(observation, inState) !== undefined) return undefined;
  return `the last run in the state of stack ${stack} was of another slot secret (${inState.plan.slotSecretArn}), and does not count; if another OpenEMR rotates with this stack, give each its own by --stack`;
}

/** Whether a rotation that was begun is taken up by what is asked for now. */
export function takesUp(observation: Observation, kind: RequestKind, journal: UnfinishedJournal): boolean {
  return (
    canResume(observation, journal) &&
    resumes(observation, kind, journal) &&
    !isLockedOut(observation, journal)
  );
}

/**
 * A rollback that is asked for does not finish a rotation; it finishes what goes back already. A repair that is asked
 * for does not finish a rotation that has not switched: it may be the very cure that this rotation asks for.
 */
function resumes(
  { sqlconf }: Observation,
  kind: RequestKind,
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

/**
 * Whether a plan that is taken up has moved OpenEMR already, or takes it back: it is finished whatever a preflight says.
 * One that was stopped before the switch has moved nothing, and may be refused as a new one.
 * @param login what `sqlconf.php` says now
 */
export function mustFinish(
  { plan, material }: PlannedRotation,
  resumed: boolean,
  login: DatabaseLogin,
): boolean {
  if (!resumed) return false;
  if (plan.kind === 'rollback' || !switches(plan)) return true;
  return names(login, plan.to === 'other' ? material.before.sqlconf : material.logins[plan.to]);
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
export function takenUp(
  { sqlconf, kubernetesSecret, restartedAs }: Observation,
  { plan, material, recorded }: UnfinishedJournal,
  { id, now, canary: wanted }: { id: string; now: Date; canary?: CanaryMode | undefined },
): PlannedRotation {
  const { data, works } = kubernetesSecret;
  const target = plan.to === 'other' ? material.before.sqlconf : material.logins[plan.to];
  const switched = names(sqlconf.login, target);
  const secretFits =
    plan.kind === 'rollback'
      ? changedKeys(material.before.kubernetesSecret, data).length === 0
      : switched &&
        changedKeys(kubernetesSecretData({ ...target, password: sqlconf.login.password }), data).length === 0;
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
