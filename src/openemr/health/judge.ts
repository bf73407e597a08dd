import type { BackKind } from '../../rotation/kinds';
import type { HealthBefore, HealthFault } from '../../rotation/health';

/** What one answer says. */
export type Judgement =
  | {
      kind: 'good';
      page: 'readyz' | 'login' | 'other';
      /** What is not in order and has nothing to do with a login, by name. */
      failing: string[];
    }
  | { kind: 'bad'; wrong: string; fault: HealthFault };

const goodStatuses = new Set(['ready', 'ok', 'healthy', 'up', 'pass']);
/** A proxy, and not the application, answers so. */
const gatewayStatuses = new Set([429, 502, 503, 504]);
/**
 * Checks that are false in a sound OpenEMR: `installed` says false where a global variable is overwritten
 * (openemr/openemr#13202), `oauth_keys` until the API is used for the first time (openemr/openemr#8069).
 */
const falseWhenSound = new Set(['installed', 'oauth_keys']);

const databaseError =
  /SQLSTATE|mysqli|access denied for user|unknown database|can(not|'t) connect to (mysql|the database)|check that mysqld|query failed|fatal error/i;

/**
 * Judges one answer of OpenEMR's `meta/health/readyz`, or of its login page. `readyz` answers 200 also when OpenEMR is
 * broken, and its `status` stays `ready` when a check fails, so that only `checks.database` decides
 * (openemr/openemr, src/Health/HealthChecker.php).
 */
export function judgeAnswer(status: number, body: string): Judgement {
  if (status !== 200) {
    const fault = gatewayStatuses.has(status) ? 'no-answer' : status >= 500 ? 'broken' : 'wrong-page';
    return { kind: 'bad', wrong: `answers with HTTP ${status}`, fault };
  }
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return judgeText(body);
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    return wrongPage('answers 200 with JSON that is no object');
  const said = 'status' in json && typeof json.status === 'string' ? json.status.toLowerCase() : '';
  if (said === 'error') return broken('says status "error"');
  const checks = 'checks' in json && typeof json.checks === 'object' ? json.checks : null;
  return checks === null ? judgeStatus(said) : judgeChecks(said, { ...checks });
}

function judgeChecks(said: string, checks: Record<string, unknown>): Judgement {
  const { database } = checks;
  if (database === false) return broken('says that its database check fails');
  if (database !== true)
    return said === 'setup_required' ? notInstalled() : wrongPage('has checks, but none of the database');
  const failing = Object.entries(checks)
    .filter(([name, value]) => value === false && !falseWhenSound.has(name))
    .map(([name]) => name.slice(0, 40));
  const odd = said === 'setup_required' || goodStatuses.has(said) ? [] : [`status ${said.slice(0, 20)}`];
  return { kind: 'good', page: 'readyz', failing: [...failing, ...odd].slice(0, 8) };
}

function judgeStatus(said: string): Judgement {
  if (goodStatuses.has(said)) return { kind: 'good', page: 'other', failing: [] };
  if (said === 'setup_required') return notInstalled();
  if (said === 'alive') return wrongPage('is livez, which does not look at the database');
  return broken(`says status "${said.slice(0, 20)}"`);
}

function judgeText(body: string): Judgement {
  if (databaseError.test(body)) return broken('answers 200 with an error of the database or of PHP');
  // The names of the fields of OpenEMR's login form have been the same in all its versions.
  if (/name=["']?authUser\b/.test(body) && /name=["']?clearPass\b/.test(body))
    return { kind: 'good', page: 'login', failing: [] };
  return wrongPage("answers 200 but not with JSON, and is not OpenEMR's login page");
}

function broken(wrong: string): Judgement {
  return { kind: 'bad', wrong, fault: 'broken' };
}

function wrongPage(wrong: string): Judgement {
  return { kind: 'bad', wrong, fault: 'wrong-page' };
}

function notInstalled(): Judgement {
  return broken('says that OpenEMR is not installed (setup_required)');
}

/** Whose proof it is: what a rotation must show, a way back need not. */
export type ProofKind = 'rotation' | BackKind;

/** What an answer after the switch means. */
export type Weighed =
  | { kind: 'good'; warning?: string }
  /** Not good, and no reason to fail: it was so before, or cannot have been better. */
  | { kind: 'as-before'; warning: string }
  | { kind: 'bad'; wrong: string; fault: HealthFault };

/**
 * Compares an answer after the switch with those before: worse fails, as before does not. A rotation whose application
 * still says "broken" fails in any case. A rollback goes by the database alone, and what cannot be reached does not
 * hold it unless it was there before: the file's login was tried, and the pods are ready.
 */
export function weigh(now: Judgement, kind: ProofKind, before: HealthBefore | undefined): Weighed {
  if (now.kind === 'good') {
    const worse = now.failing.filter((name) => before !== undefined && !before.failing.includes(name));
    if (kind === 'rotation' && before !== undefined && before.fault === undefined && worse.length > 0)
      return { kind: 'bad', wrong: `says that these checks fail now: ${worse.join(', ')}`, fault: 'broken' };
    return now.failing.length === 0 ? { kind: 'good' } : { kind: 'good', warning: failingText(now.failing) };
  }
  const { wrong, fault } = now;
  const wasSo =
    fault === 'broken'
      ? before?.fault === 'broken'
      : before?.fault !== undefined && before.fault !== 'broken';
  const unknownBefore = before === undefined && kind === 'rollback' && fault !== 'broken';
  const passes = fault === 'broken' ? wasSo && kind !== 'rotation' : wasSo || unknownBefore;
  return passes ? { kind: 'as-before', warning: wrong } : now;
}

/** How failed checks that decide nothing are told. */
export function failingText(failing: readonly string[]): string {
  return `says that these checks fail: ${failing.join(', ')}`;
}

/**
 * How many answers in a row must say "broken" until all pods behind one address have: with five times as many answers
 * as pods, one sound pod among them stays unseen in less than 1 of 100 cases ((1-1/n)^5n < e^-5).
 */
export function answersOfAll(replicas: number): number {
  return Math.min(50, Math.max(6, 5 * replicas));
}
