import { renews } from './kinds';
import type { Journal, Observation, UnfinishedJournal } from './observation';
import { kubernetesSecretKeys } from './observation';
import { otherSiteProblems } from './otherSites';
import type { PlannedLogin, PlannedRotation, RequestKind } from './rotationPlan';
import type { DatabaseLogin, Slot } from './slot';
import { otherSlot, sameAccount, slots } from './slot';
import { takesUp } from './takeUp';

/** The slot whose account `sqlconf.php` names, or undefined when it names neither. */
export function slotInUse(observation: Observation, logins: Record<Slot, PlannedLogin>): Slot | undefined {
  return slots.find((slot) => logins[slot].username === observation.sqlconf.login.username);
}

/** Slots that are not two accounts of one database, or that are the admin. */
export function identityProblems(observation: Observation, logins: Record<Slot, PlannedLogin>): string[] {
  const { A, B } = logins;
  const admin = observation.adminSecret.login.username;
  const { arn } = observation.slotSecret;
  const problems: string[] = [];
  if (A.username === B.username) {
    problems.push(
      `${arn}: slots A and B both name the user ${A.username}; give each slot a user of its own.`,
    );
  }
  for (const slot of slots) {
    if (logins[slot].username !== admin) continue;
    problems.push(
      `${arn}: slot ${slot} names the admin user ${admin}; empty that slot, so that it gets a user of its own.`,
    );
  }
  if (A.host.toLowerCase() !== B.host.toLowerCase() || A.port !== B.port || A.dbname !== B.dbname) {
    problems.push(`${arn}: slots A and B differ in host, port or dbname; both must name the same database.`);
  }
  return problems;
}

/** Whether OpenEMR gets in with what the slot secret, or the Kubernetes Secret, has for a slot. For a file that does not let it in. */
export function letsIn(
  { kubernetesSecret: { data, works }, slotsWork }: Observation,
  logins: Record<Slot, PlannedLogin>,
  slot: Slot,
): boolean {
  return (
    slotsWork?.[slot] === true || (works && data[kubernetesSecretKeys.username] === logins[slot].username)
  );
}

/**
 * What stands in the way where OpenEMR is down: the database refuses the login in its file. Each sentence names the way
 * back in that works now: a rotation where any login of the slots works, else the repair, which sets the file's own.
 */
function downProblems(
  observation: Observation,
  { kind }: { kind: RequestKind },
  logins: Record<Slot, PlannedLogin>,
): string[] {
  const { sqlconf } = observation;
  const slot = slotInUse(observation, logins);
  const refused = `${sqlconf.path}: the database refuses the login of ${sqlconf.login.username} that OpenEMR uses now`;
  const repair = 'run credential-rotation --sync-db-users, which lets OpenEMR log in again, then run again.';
  const rotation = 'run credential-rotation without --sync-db-users';
  switch (kind) {
    case 'sync':
      if (slot === undefined)
        return [`${refused}, and it is no slot's user; ${rotation}: it moves OpenEMR to slot A.`];
      return letsIn(observation, logins, slot)
        ? [
            `${refused}, and another password of that user works; ${rotation}: it writes that one into the file.`,
          ]
        : [];
    case 'rollback':
      return slot === undefined || letsIn(observation, logins, otherSlot(slot))
        ? []
        : [
            `${refused}, and that of slot ${otherSlot(slot)}, so there is nothing to go back to; ${
              letsIn(observation, logins, slot)
                ? 'run credential-rotation: another password of that user works, and it writes that one into the file.'
                : repair
            }`,
          ];
    case 'rotate':
      return slot === undefined || slots.some((each) => letsIn(observation, logins, each))
        ? []
        : [`${refused}, and every other that is known, so there is nothing to roll back to; ${repair}`];
  }
}

/** What is wrong with the login that OpenEMR uses now. */
export function liveProblems(
  observation: Observation,
  request: { kind: RequestKind },
  logins: Record<Slot, PlannedLogin>,
): string[] {
  const { sqlconf } = observation;
  const slot = slotInUse(observation, logins);
  if (!sqlconf.works) {
    const problems = downProblems(observation, request, logins);
    if (problems.length > 0) return problems;
  }
  if (slot !== undefined && !sameAccount({ ...logins[slot], password: '' }, sqlconf.login)) {
    return [
      `${sqlconf.path} uses slot ${slot}'s user ${sqlconf.login.username} on another host, port or database than the slot secret says; ` +
        `make them agree (file: ${sqlconf.login.host}:${sqlconf.login.port}/${sqlconf.login.dbname}, ` +
        `secret: ${logins[slot].host}:${logins[slot].port}/${logins[slot].dbname}).`,
    ];
  }
  return [];
}

/** Accounts whose password a rotation changes, now or in the next turn, and the one that OpenEMR leaves. */
export function siteProblems(
  { otherSites, sqlconf, adminSecret }: Observation,
  { A, B }: Record<Slot, PlannedLogin>,
): string[] {
  return otherSiteProblems(otherSites, [A, B, sqlconf.login, adminSecret.login]);
}

/** Why OpenEMR cannot go back to the other slot. */
export function rollbackProblems(
  observation: Observation,
  logins: Record<Slot, PlannedLogin>,
  journal: Journal | undefined,
): string[] {
  const inUse = slotInUse(observation, logins);
  const { path } = observation.sqlconf;
  if (inUse === undefined) return [`${path} is on neither slot, so there is no slot to go back to.`];
  const target = otherSlot(inUse);
  if (logins[target].password === undefined)
    return [`Slot ${target} has no password in the slot secret; run a rotation, which generates one.`];
  const { plan: last, finished = false } = journal ?? {};
  // Where an operator's own way back failed, OpenEMR is where he had asked to leave.
  const wasRolledBack = last?.kind === 'rollback' && last.undoesSwitchBack !== true;
  if (wasRolledBack && finished && last.to === inUse)
    return [
      `The last rotation was rolled back already: OpenEMR is on slot ${inUse}, where it was before. Nothing to do.`,
    ];
  // A switch-back that was stopped is what is asked for: it is taken up, or planned anew.
  const begunAhead = journal !== undefined && !journal.finished && renews(journal.plan.kind);
  const { from, to } = journal?.plan ?? {};
  if (begunAhead && from === inUse && to !== inUse) return [stoppedOn(observation, inUse, journal)];
  return [];
}

/** What a rotation that was not finished left of the slot that it came from, and that the file names. */
function stoppedOn(observation: Observation, slot: Slot, journal: UnfinishedJournal): string {
  const { sqlconf, kubernetesSecret, slotSecret } = observation;
  const { id } = journal.plan;
  const named = kubernetesSecret.data[kubernetesSecretKeys.username];
  const isAsBefore = sqlconf.works && slotSecret.document.active === slot && named === sqlconf.login.username;
  if (isAsBefore)
    return `Rotation ${id} was stopped before the switch: OpenEMR is on slot ${slot}, where it was before. Nothing to do.`;
  const seen = `Rotation ${id} was stopped, and ${sqlconf.path} names slot ${slot} again, where OpenEMR was before, but not all else does; run credential-rotation: `;
  return takesUp(observation, 'rotate', journal)
    ? `${seen}it finishes that rotation, and moves OpenEMR to slot ${otherSlot(slot)}. If OpenEMR is not well there, credential-rotation rollback takes it back then.`
    : `${seen}it starts from there, with a login that works.`;
}

/** What an operator should know, though it stops nothing. */
export function noticesOf(
  observation: Observation,
  request: RequestKind,
  journal: Journal | undefined,
  planned: PlannedRotation,
): string[] {
  if (request === 'rollback') return rollbackNotices(journal);
  const { document } = observation.slotSecret;
  const { login } = observation.sqlconf;
  const stale = slots.find((slot) => {
    const entry = document.entries[slot];
    return (
      entry.kind === 'complete' &&
      entry.login.username === login.username &&
      entry.login.password !== login.password
    );
  });
  if (stale === undefined) return [];
  const found = `slot ${stale}'s password in the slot secret is not the one in sqlconf.php`;
  return [request === 'rotate' ? `${found}; ${staleEnd(stale, login, planned)}` : found];
}

/** What becomes of the two passwords of a slot: that of the file, and that of the slot secret. */
function staleEnd(slot: Slot, file: DatabaseLogin, { plan, material }: PlannedRotation): string {
  if (plan.to !== slot) return 'the rotation replaces both';
  return material.logins[slot].password === file.password
    ? 'OpenEMR keeps the one in sqlconf.php, which the slot secret gets; the next rotation replaces it'
    : 'OpenEMR gets the one that works';
}

/** What a rollback brings back, and what it cannot. */
function rollbackNotices(journal: Journal | undefined): string[] {
  const open = journal !== undefined && !journal.finished && journal.plan.kind !== 'sync';
  return [
    'a rollback restores which slot OpenEMR uses: in sqlconf.php, in the Kubernetes Secret and in active_slot of the slot secret',
    'it does not restore passwords (both slots and the admin keep those that they have now), the account before a bootstrap, or data',
    open
      ? `rotation ${journal.plan.id} is not finished and is abandoned: no run will finish it`
      : 'a held rotation is abandoned, not finished',
  ];
}
