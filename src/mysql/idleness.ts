import type { LoginLook } from './logins';
import { isUnchanged, whereFrom } from './logins';

/** How an idle account is proved; all times in ms, points in time by `performance.now()`. */
export interface IdleRules {
  graceMs: number;
  /** How long to wait for it. At 0 the first sign of somebody ends it. */
  limitMs: number;
  /** From when on the account has to be idle: before, somebody may still read the old login. */
  notBefore?: number;
  /** Who has a session since the first look is no hindrance: only a new login is. For an account that more than OpenEMR use. */
  loginsOnly?: boolean;
}

/** What a wait came to. */
export type Idleness =
  { idle: true; look: LoginLook; since: LoginLook } | { idle: false; from: string; whySampled?: string };

/** What a proof needs of the world. */
export interface IdleWorld {
  look(): Promise<LoginLook>;
  pause(ms: number): Promise<void>;
  now(): number;
}

const countedPollMs = 250;
/** The pause after each answer where nobody counts, in ms: shorter than a login of OpenEMR, which takes 20 ms and more. */
export const sampledPollMs = 10;
/** Where nobody counts a short login can be missed, so that the look lasts longer. */
export const sampledFactor = 4;
/** How long an ended session may stay in the server's list, in ms: a busy server takes its time. */
const endedMs = 2000;

/**
 * Waits until nobody has logged in to an account for the grace period and nobody has a session. Where the server counts
 * logins nothing escapes it, however short: the count at the end is the one at the beginning, and between the two lies the
 * whole grace. Else it looks often, and long.
 * @param known an earlier look of this run: where nothing has changed since, the time from it on counts
 */
export async function waitForIdle(world: IdleWorld, rules: IdleRules, known?: LoginLook): Promise<Idleness> {
  const started = world.now();
  const notBefore = rules.notBefore ?? 0;
  let since: LoginLook | undefined;
  let first: LoginLook | undefined;
  for (;;) {
    const look = await world.look();
    const graceMs = rules.graceMs * (look.counted === undefined ? sampledFactor : 1);
    const standing = first ?? look;
    const open = [...look.sessions.keys()].some(
      (id) => !(rules.loginsOnly === true && standing.sessions.has(id)),
    );
    const base = since ?? (known?.counted === undefined ? undefined : known);
    const newLogin = base !== undefined && !isUnchanged(base, look);
    if (
      !open &&
      !newLogin &&
      base !== undefined &&
      look.asked - Math.max(base.answered, notBefore) >= graceMs
    )
      return { idle: true, look, since: base };
    const late = world.now() - Math.max(started, notBefore);
    const impatient = rules.limitMs === 0 && ((first !== undefined && newLogin) || (open && late > endedMs));
    const limitMs = rules.limitMs === 0 ? Infinity : Math.max(rules.limitMs, graceMs + endedMs);
    if (impatient || (late > limitMs && (open || newLogin))) {
      const why = look.whySampled === undefined ? {} : { whySampled: look.whySampled };
      return { idle: false, from: whereFrom(look, since ?? first), ...why };
    }
    since = open ? undefined : newLogin ? look : (base ?? look);
    first ??= look;
    await world.pause(look.counted === undefined ? sampledPollMs : countedPollMs);
  }
}
