import { stat } from 'node:fs/promises';
import type { V1Secret } from '@kubernetes/client-node';
import { Failure } from '../../base/failure';
import type { Measured } from '../../rotation/proofs';
import type { WorldContext } from '../../target/context';
import { kubernetesOf } from '../../target/clients';
import { openSession } from '../../mysql/database';
import { sleep } from '../../base/errors';
import type { IdleRules, Idleness, IdleWorld } from '../../mysql/idleness';
import { waitForIdle } from '../../mysql/idleness';
import type { LoginLook } from '../../mysql/logins';
import type { Reader } from '../../mysql/readers';
import { closeReaders, lookEverywhere, openReaders, tellUnreached } from '../../mysql/readers';
import { openSqlconf } from '../../openemr/openSqlconf';
import { asAdmin } from '../adminSession';

/** Default of the grace period, in seconds, for what an older version stored without one. */
export const defaultGraceSeconds = 30;

/** The first looks of this run from which on an account has been idle, by server secret and user name. */
const known = new Map<string, LoginLook>();

const keyOf = ({ adminSecretId, region }: WorldContext, username: string): string =>
  JSON.stringify([region, adminSecretId, username]);

/** How long it is taken for granted that a server counts nothing, in ms: each look is then one question. */
const countsNothingMs = 1000;

function worldOf(context: WorldContext, username: string, readers: readonly Reader[]): IdleWorld {
  let last: { why: string; at: number } | undefined;
  return {
    look: async () => {
      const fresh =
        last !== undefined && performance.now() - last.at < countsNothingMs ? last.why : undefined;
      const look = await asAdmin(context, (session) => lookEverywhere(session, readers, username, fresh));
      if (look.whySampled === undefined) last = undefined;
      else if (fresh === undefined) last = { why: look.whySampled, at: look.answered };
      return look;
    },
    pause: sleep,
    now: () => performance.now(),
  };
}

/** Works with the readers of an Aurora cluster; those that cannot be reached are told of, once. */
async function withReaders<T>(
  context: WorldContext,
  action: (readers: readonly Reader[]) => Promise<T>,
): Promise<T> {
  const readers = await asAdmin(context, (session, { login }) =>
    openReaders(session, login.host, (host) => openSession({ ...login, host }, context.trust)),
  );
  tellUnreached(readers);
  return action(readers).finally(() => closeReaders(readers));
}

/** One look. */
function lookOnce(context: WorldContext, username: string): Promise<LoginLook> {
  return withReaders(context, (readers) => worldOf(context, username, readers).look());
}

/** Notes how often an account has been logged in to, so that a later proof in this run need not begin to wait. */
export async function beginToWatch(context: WorldContext, username: string): Promise<void> {
  const key = keyOf(context, username);
  if (!known.has(key)) known.set(key, await lookOnce(context, username));
}

/** Waits until an account is idle, see {@link waitForIdle}; time that it was idle in this run counts. */
export async function idleness(
  context: WorldContext,
  username: string,
  rules: IdleRules,
): Promise<Idleness & Pick<Measured<'idle'>, 'unreachedReaders'>> {
  const key = keyOf(context, username);
  const found = await withReaders(context, async (readers) => ({
    ...(await waitForIdle(worldOf(context, username, readers), rules, known.get(key))),
    unreachedReaders: readers.filter(({ session }) => session === undefined).length,
  }));
  if (found.idle) known.set(key, found.look.counted === undefined ? found.look : found.since);
  else known.delete(key);
  return found;
}

/**
 * True when an account that was idle in this run still is: one look. It stands right before the change of a password.
 */
export async function isStillIdle(context: WorldContext, username: string): Promise<boolean> {
  const before = known.get(keyOf(context, username));
  if (before === undefined) return false;
  if (before.counted === undefined) return isQuiet(before, await lookOnce(context, username));
  const found = await idleness(context, username, { graceMs: 0, limitMs: 0 });
  return found.idle && found.since === before;
}

/** How long a proof by samples stands, in ms: until the change that it was made for. */
const sampledStandsMs = 10_000;

function isQuiet(before: LoginLook, now: LoginLook): boolean {
  return now.sessions.size === 0 && now.answered - before.answered < sampledStandsMs;
}

/** True where logins to the account are not counted, so that a short one can have escaped the proof. */
export async function isSampled(context: WorldContext, username: string): Promise<boolean> {
  return (await lookOnce(context, username)).counted === undefined;
}

/** How the look was made, for a message: empty where logins were counted. */
export function sampledText({ whySampled }: { whySampled?: string }): string {
  return whySampled === undefined ? '' : ` (sampled, since ${whySampled})`;
}

/**
 * From when on nobody can read the old login any more: an NFS client may show the old file, and the kubelet an old
 * Secret, for a while after the last change of either. By the world's own times, since an earlier run may have switched
 * it. It is never earlier than now: the restart, which ends the pods that keep the old login, was proved right before.
 * @returns a point in time of `performance.now()`
 */
export async function oldLoginGoneAt(context: WorldContext, windowSeconds: number): Promise<number> {
  const [file, secret] = await Promise.all([openSqlconf(context), kubernetesOf(context).secret()]);
  const { ctimeMs } = await stat(file.path);
  return performance.now() + windowLeftMs([ctimeMs, ...dataWrittenAt(secret)], Date.now(), windowSeconds);
}

/** How much is left of a window that begins with the last of these times, all by the clock, in ms. */
export function windowLeftMs(times: readonly number[], now: number, windowSeconds: number): number {
  const left = times.map((time) => {
    const passedMs = now - time;
    // A time in the future says nothing: the whole window is waited for from now on.
    return passedMs < 0 ? windowSeconds * 1000 : windowSeconds * 1000 - passedMs;
  });
  return Math.max(0, ...left);
}

/** When each of those who wrote values of a Secret did so last; what Kubernetes notes of other fields does not count. */
export function dataWrittenAt({ metadata }: V1Secret): number[] {
  const writers = (metadata?.managedFields ?? []).filter(({ fieldsV1 }) => fieldsV1 && 'f:data' in fieldsV1);
  return writers.map(({ time }) => new Date(time ?? NaN).getTime()).filter((time) => !Number.isNaN(time));
}

/** What to do about who is there, for each message of an account in use. */
export const idleCure =
  'Find what logs in from there (another Deployment, a CronJob, a tool with a copy of the login), stop it or give it a user of its own';

/**
 * @returns what was measured
 * @throws Failure `old-login-in-use` when the account does not get idle
 */
export async function assertIdle(
  context: WorldContext,
  username: string,
  rules: IdleRules,
  consequence: string,
): Promise<Measured<'idle'>> {
  const found = await idleness(context, username, rules);
  if (found.idle) return measuredOf(username, rules, found);
  throw new Failure(
    'old-login-in-use',
    `${username} is still in use from ${found.from}${sampledText(found)}; ${consequence}. ${idleCure}, and run again to finish.`,
  );
}

function measuredOf(
  username: string,
  { graceMs }: IdleRules,
  { since, look, unreachedReaders }: Extract<Idleness, { idle: true }> & { unreachedReaders: number },
): Measured<'idle'> {
  const [before, after] = [since.counted, look.counted];
  const counted = before !== undefined && after !== undefined;
  return {
    username,
    graceSeconds: graceMs / 1000,
    quietMs: Math.max(0, Math.round(look.asked - since.answered)),
    ...(counted ? { logins: { before: before.total, after: after.total } } : {}),
    ...(look.whySampled === undefined ? {} : { sampled: look.whySampled }),
    servers: 1 + (after?.readers?.size ?? 0),
    unreachedReaders,
  };
}
