import type { HealthFault } from '../../rotation/health';
import type { LoginSeen } from './logins';

/** What was seen of one pod. Each text is a few words without their full stop. */
export type Seen =
  /** It was not made, or never came so far that the login was tried. */
  | { kind: 'not-run'; why: string }
  /** It ran, and ended or gave no answer. */
  | { kind: 'silent'; why: string; login: LoginSeen }
  /** Its page says that something is wrong. */
  | { kind: 'bad'; wrong: string; fault: HealthFault; login: LoginSeen }
  | { kind: 'good'; login: LoginSeen };

/** What follows for the new login. */
export type Verdict =
  | { kind: 'proved' }
  /** The new login is bad: `said` of its pod, where one on the login in use is well, or could not be made. */
  | { kind: 'bad'; said: string; login: LoginSeen; compared: boolean }
  /** Nothing speaks against the new login, and nothing was proved. */
  | { kind: 'unproved'; why: string };

/** Whether a pod on the login in use must tell if it is the login or the pod's surroundings. Pure. */
export function needsControl(canary: Seen): boolean {
  return canary.kind === 'bad' || canary.kind === 'silent';
}

/**
 * Judges the new login by a pod on it, and by one on the login in use where the first is not well. Pure.
 * @param control undefined where none was needed
 */
export function judgeCanary(canary: Seen, control?: Seen): Verdict {
  switch (canary.kind) {
    case 'not-run':
      return { kind: 'unproved', why: canary.why };
    case 'good':
      return canary.login === 'seen' ? { kind: 'proved' } : { kind: 'unproved', why: unseen[canary.login] };
    case 'bad':
    case 'silent':
      return judgeIll(canary, control ?? { kind: 'not-run', why: 'none was made' });
  }
}

const unseen = {
  'not-seen':
    'its page is good, but the database saw no login of the new user from it: it may read another sqlconf.php',
  unknown: 'its page is good, but the database counts no logins, and none of the new user was met',
} as const;

function judgeIll(canary: Extract<Seen, { kind: 'bad' | 'silent' }>, control: Seen): Verdict {
  const said = canary.kind === 'bad' ? `its page ${canary.wrong}` : canary.why;
  if (control.kind === 'good') return { kind: 'bad', said, login: canary.login, compared: true };
  if (control.kind !== 'not-run') {
    const also = control.kind === 'bad' ? `its page ${control.wrong}` : control.why;
    return { kind: 'unproved', why: `${said}, but a pod on the login in use is no better (${also})` };
  }
  // What a page says counts by itself; that nobody says anything can have any reason.
  if (canary.kind === 'bad') return { kind: 'bad', said, login: canary.login, compared: false };
  return {
    kind: 'unproved',
    why: `${said}, and there was no pod on the login in use to compare (${control.why})`,
  };
}
