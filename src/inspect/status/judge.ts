import type { Outcome } from '../../base/failure';
import { exitCodes } from '../../base/failure';
import { versionLabels } from '../../rotation/labels';
import type { DatabaseLogin, Slot } from '../../rotation/slot';
import { slots } from '../../rotation/slot';
import type { LoginAnswer } from '../../mysql/database';
import type { LockHolder } from '../../mysql/lock';
import { holderText } from '../../mysql/lock';
import { adminLockWaitMs } from '../../rotation/adminLockWait';
import type { Part } from '../../base/part';
import { valueOf } from '../../base/part';
import { shownUrl } from '../../base/urlPassword';
import { adviceOf } from './advice';
import { nextReport, planOf, refusalsOf } from './next';
import type { Drift } from './drift';
import { driftOf } from './drift';
import type { StatusFacts } from './facts';
import { lastRotationOf } from './lastRotation';
import type { PasswordAge } from './passwordAge';
import { slotNames } from '../../rotation/secretDocument';
import { placeOf } from './places';
import type {
  LabelReport,
  PartName,
  PasswordReport,
  PlaceReport,
  RotationReport,
  StatusReport,
  Unreadable,
} from './report';
import { partNames } from './report';

/** Judges what was read: what is live, what disagrees, what is unfinished, and what to do. Pure. */
export function judgeStatus(facts: StatusFacts): StatusReport {
  const planned = planOf(facts);
  const unreadable = unreadableOf(facts);
  const last = lastRotationOf(facts, planned);
  const unfinished = last?.end === 'unfinished' ? last : null;
  const drift = [...driftOf(facts), ...givenUp(last, facts)];
  const outcome = outcomeOf(unreadable, drift.length > 0 || unfinished !== null);
  const file = fileReport(facts);
  const refused = refusalsOf(facts, planned);
  const report: Omit<StatusReport, 'advice'> = {
    outcome,
    exitCode: exitCodes[outcome],
    live: file,
    activeSlot: valueOf(facts.slotSecret)?.document.active ?? null,
    places: { sqlconf: file, kubernetesSecret: kubernetesReport(facts) },
    passwords: passwordReports(facts),
    rollout: rolloutReport(facts),
    lock: lockReport(facts.lock),
    adminLock: lockReport(facts.adminLock),
    lease: valueOf(facts.lease) ?? null,
    state: stateReport(facts),
    lastRotation: last,
    unfinished,
    next: nextReport(planned, refused, unreadable),
    refused,
    labels: labelReports(facts),
    drift,
    notes: notesOf(facts, last),
    unreadable,
  };
  return { ...report, advice: adviceOf(report) };
}

/** Parts without which all places can still be compared with each other. */
const aside: readonly PartName[] = ['lock', 'state'];

/**
 * A place that cannot be read may hide anything, so it goes first; then what is seen to differ. Where only the state or
 * the lock is hidden and nothing is seen to differ, this is not `done` either: nobody knows of unfinished work.
 */
function outcomeOf(unreadable: readonly Unreadable[], differs: boolean): Outcome {
  const hidden = unreadable.find(({ part }) => !aside.includes(part));
  if (hidden) return hidden.outcome;
  return differs ? 'drift' : (unreadable[0]?.outcome ?? 'done');
}

/** One that a sync came after was given up by that sync, and what it left shows in the places themselves. */
function givenUp(last: RotationReport | null, { state }: StatusFacts): Drift[] {
  if (last?.end !== 'given-up' || valueOf(state)?.journal?.plan.id !== last.id) return [];
  return [
    {
      kind: 'state',
      text: `Rotation ${last.id} was started and not finished, and sqlconf.php or the slot secret has changed since, so no run will finish it.`,
      mend: 'Run credential-rotation: it starts from the current situation.',
    },
  ];
}

function unreadableOf(facts: StatusFacts): Unreadable[] {
  const { database } = facts;
  const parts: [PartName, Part<unknown>][] = [
    ['sqlconf.php', facts.sqlconf],
    ['slot secret', facts.slotSecret],
    ['admin secret', facts.adminSecret],
    ['database', database ? { kind: 'unreadable', failure: database } : { kind: 'read', value: '' }],
    ['Kubernetes Secret', facts.kubernetesSecret],
    ['Deployment', facts.deployment],
    // The admin's login is told of by itself.
    ['lock', facts.logins.admin?.kind === 'refused' ? { kind: 'read', value: '' } : facts.lock],
    ['state', facts.state],
  ];
  const found: Unreadable[] = [];
  for (const [part, read] of parts) {
    if (read.kind === 'read') continue;
    const { outcome, message: reason } = read.failure;
    // What could not be read for want of another part has that part's reason.
    if (!found.some((other) => other.reason === reason)) found.push({ part, outcome, reason });
  }
  return found.sort((one, two) => partNames.indexOf(one.part) - partNames.indexOf(two.part));
}

function works(answer: LoginAnswer | undefined): boolean | null {
  return answer === undefined ? null : answer === 'works';
}

function fileReport({ sqlconf, slotSecret, logins }: StatusFacts): PlaceReport | null {
  const file = valueOf(sqlconf);
  if (!file) return null;
  const { username, slot } = placed(file.login, slotSecret);
  return { name: file.path, username, slot: slot ?? null, works: works(logins.sqlconf) };
}

function kubernetesReport({ kubernetesSecret, slotSecret, logins }: StatusFacts): PlaceReport | null {
  const secret = valueOf(kubernetesSecret);
  if (!secret) return null;
  const { name, login } = secret;
  if (!login) return { name, username: null, slot: null, works: null };
  const { username, slot } = placed(login, slotSecret);
  return { name, username, slot: slot ?? null, works: works(logins.kubernetesSecret) };
}

function placed(login: DatabaseLogin, slotSecret: StatusFacts['slotSecret']): ReturnType<typeof placeOf> {
  const secret = valueOf(slotSecret);
  return placeOf(login, secret && slotNames(secret.document));
}

function passwordReports({ now, slotSecret, adminSecret, logins, retained }: StatusFacts): PasswordReport[] {
  const [secret, admin] = [valueOf(slotSecret), valueOf(adminSecret)];
  const of = (
    account: Slot | 'admin',
    username: string | undefined,
    age: PasswordAge | undefined,
    answer: boolean | null,
  ): PasswordReport => ({
    account,
    username: username ?? null,
    since: age?.since.toISOString() ?? null,
    ageSeconds: age ? Math.max(0, Math.round((now.getTime() - age.since.getTime()) / 1000)) : null,
    exact: age?.exact ?? false,
    works: answer,
    retained: username === undefined ? null : (retained?.includes(username) ?? null),
  });
  const names = secret && slotNames(secret.document);
  const adminWorks =
    logins.admin === undefined ? null : logins.admin.kind === 'works' && logins.admin.stage === 'AWSCURRENT';
  return [
    ...slots.map((slot) => of(slot, names?.[slot], secret?.ages[slot], works(logins[slot]))),
    of('admin', admin?.login.username, admin?.age, adminWorks),
  ];
}

function rolloutReport({ deployment }: StatusFacts): StatusReport['rollout'] {
  const found = valueOf(deployment);
  if (!found) return null;
  const { name, rollout, ready, wanted } = found;
  const reason = rollout.kind === 'failed' ? rollout.reason : null;
  return { deployment: name, state: rollout.kind, ready, wanted, reason };
}

function lockReport(lock: StatusFacts['adminLock']): StatusReport['lock'] {
  if (lock === undefined || lock.kind === 'unreadable') return null;
  const { client = null, connectionId = null, idleSeconds = null } = lock.value ?? {};
  return { held: lock.value !== undefined, holder: client, connectionId, idleSeconds };
}

function stateReport({ state }: StatusFacts): StatusReport['state'] {
  const found = valueOf(state);
  return found ? { backendUrl: shownUrl(found.backendUrl), found: found.changedAt !== undefined } : null;
}

function labelReports({ slotSecret, adminSecret }: StatusFacts): LabelReport[] {
  const secrets = [valueOf(slotSecret), valueOf(adminSecret)].filter((secret) => secret !== undefined);
  return secrets.flatMap(({ id, stages, versionId: current }) =>
    Object.entries(stages).flatMap(([versionId, labels]) =>
      labels
        .filter((label) => label !== 'AWSCURRENT' && label !== 'AWSPREVIOUS')
        .map((label) => ({ secret: id, label, versionId, current: versionId === current })),
    ),
  );
}

/** A run is not refused: it waits. */
function adminLockNote(holder: LockHolder): string {
  return `The rotation of another OpenEMR works on the admin secret${holderText(holder)}; step 11 of a rotation waits up to ${adminLockWaitMs / 1000} s for it.`;
}

/** What is worth knowing and no disagreement. */
function notesOf(facts: StatusFacts, last: RotationReport | null): string[] {
  const notes: string[] = [];
  const secret = valueOf(facts.slotSecret);
  for (const slot of slots)
    if (secret?.document.entries[slot].kind === 'empty')
      notes.push(`Slot ${slot} has no password yet; the next rotation generates one.`);
  const adminHolder = facts.adminLock && valueOf(facts.adminLock);
  if (adminHolder && !valueOf(facts.lock)) notes.push(adminLockNote(adminHolder));
  const { kind: rollout } = valueOf(facts.deployment)?.rollout ?? {};
  if (rollout === 'progressing') notes.push('A rollout of the Deployment is under way.');
  if (facts.stateOfOther !== undefined) notes.push(facts.stateOfOther);
  else if (valueOf(facts.state) && last === null) notes.push('The state knows of no rotation.');
  notes.push(...(valueOf(facts.sqlconf)?.warnings ?? []));
  notes.push(...syncNotes(facts));
  notes.push(...retainedNotes(facts));
  const renewed = labelReports(facts).find(({ label }) => label === versionLabels.renewed);
  if (renewed?.current === false && last === null)
    notes.push(
      `A rotation stored passwords (label ${renewed.label}, version ${renewed.versionId}) that never became current: it stopped before step 10, or was rolled back.`,
    );
  return notes;
}

/** An older password that still works is one that somebody may have. */
function retainedNotes({ retained = [] }: StatusFacts): string[] {
  return retained.map(
    (username) =>
      `The database also takes the password that ${username} had before (RETAIN CURRENT PASSWORD); a rotation ends it.`,
  );
}

/** A sync that was cut off is made anew by the next one; nothing waits for it. */
function syncNotes({ state }: StatusFacts): string[] {
  const { journal, changedAt } = valueOf(state) ?? {};
  if (journal?.plan.kind !== 'sync') return [];
  const { id } = journal.plan;
  if (!journal.finished)
    return [`The sync ${id} did not finish; run credential-rotation --sync-db-users again.`];
  return [`A sync of the users (${id}) ended at ${changedAt?.toISOString() ?? 'an unknown time'}.`];
}
