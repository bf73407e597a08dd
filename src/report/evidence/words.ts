import { stepTitles } from '../../rotation/steps';
import type { Entry, Predicate } from '../../evidence/form';
import { durationText } from '../duration';

/** What is said where nothing was recorded. */
export const notRecorded = 'not recorded by that version';

/** How a rotation ended, in words. */
export function outcomeText({ outcome, final }: Pick<Entry, 'outcome' | 'final'>): string {
  const words: Record<Entry['outcome'], string> = {
    rotated: 'rotated',
    done: 'done',
    'rolled-back': 'rolled back',
    held: 'held after the switch',
    'before-switch': 'failed before the switch',
    failed: 'failed',
    unfinished: 'not finished',
  };
  return `${words[outcome]}${final ? '' : ' (may still be finished)'}`;
}

/** What the proofs of a rotation measured, one line for each; a proof that was not made has none. */
export function proofLines(proofs: Entry['proofs']): string[] {
  if (proofs === null) return [notRecorded];
  const { adminLogin, rollout, health, idle } = proofs;
  return [
    ...(adminLogin
      ? [
          `Step 3: the database accepted the admin's login under ${adminLogin.foundUnder}; ${adminLogin.tried} tried, ${adminLogin.refused} refused`,
        ]
      : []),
    ...(rollout
      ? [
          `Step 7: of ${rollout.wanted} pods ${rollout.updated} new, ${rollout.ready} ready, ${rollout.available} available (generation ${rollout.generation}) after ${durationText(rollout.waitedMs / 1000)}`,
        ]
      : []),
    ...(health ? [healthLine(health)] : []),
    ...(idle ? [idleLine(idle)] : []),
  ];
}

type Made = NonNullable<Entry['proofs']>;

function healthLine({ username, page, judged, good, asBefore, wanted }: NonNullable<Made['health']>): string {
  const login = `Step 8: ${username} logged in to the database with the login in sqlconf.php`;
  if (page === undefined) return `${login}; no health page was given`;
  const same = asBefore === 0 ? '' : `, ${asBefore} bad as before the switch`;
  return `${login}; ${page} gave ${judged} answers, ${good} of them good${same} (${wanted} good in a row wanted)`;
}

function idleLine(idle: NonNullable<Made['idle']>): string {
  const { username, graceSeconds, quietMs, logins, sampled, servers, unreachedReaders } = idle;
  const how =
    logins === undefined
      ? `by looking at sessions again and again (${sampled ?? 'logins were not counted'})`
      : `by counting logins: ${logins.before} before, ${logins.after} after`;
  const where = `${servers} server(s) asked${unreachedReaders === 0 ? '' : `, ${unreachedReaders} reader(s) NOT reached`}`;
  return `Step 10: nobody used ${username} for ${durationText(quietMs / 1000)} (${graceSeconds} s wanted), ${how}; ${where}`;
}

/** The steps with the time at which each ended, in one line. */
export function stepLine(steps: Entry['steps']): string {
  if (steps === null) return notRecorded;
  return steps
    .filter(({ status }) => status !== 'not-reached')
    .map(
      ({ number, status, endedAt }) =>
        `${number} ${stepTitles[number]}: ${status}${endedAt === null ? '' : ` at ${endedAt}`}`,
    )
    .join('; ');
}

/** Accounts that got new passwords, in one line. */
export function renewedText({ renewed }: Pick<Entry, 'renewed'>): string {
  return renewed.map(({ account, at }) => `${account} at ${at}`).join('; ') || 'none';
}

/** The age of an account's password. */
export function ageLine({
  account,
  renewedAt,
  rotation,
  ageSeconds,
  tooOld,
}: Predicate['accounts'][number]): string {
  const age =
    renewedAt === null
      ? 'no renewal in the history'
      : `renewed at ${renewedAt} by ${rotation ?? 'unknown'}${ageSeconds === null ? ', in the future' : `, ${durationText(ageSeconds)} old`}`;
  return `${account}: ${age}${tooOld === true ? ' – TOO OLD' : ''}`;
}
