import { randomBytes } from 'node:crypto';
import { Failure } from '../base/failure';
import type { Session } from '../mysql/database';
import { effect } from '../base/effect';
import { sleep } from '../base/errors';
import type { Kubernetes } from '../kubernetes/kubernetes';
import { leaseHolder, readableLease, readLease, writeLease } from '../kubernetes/lease';
import type { LockHolder } from '../mysql/lock';
import {
  adminLockName,
  firstHeld,
  holderText,
  lockedFailure,
  lockHolder,
  retakeWithinMs,
  runLockNames,
  tryLock,
} from '../mysql/lock';
import type { OpenWorld, RunRequest } from './request';
import { openAdminSession, openWorld } from './openWorld';
import { mendFileBackend } from '../engine/fileBackend';
import { openStackIfThere } from '../engine/workspace';

/** Who holds what; undefined where nobody does. */
export interface Holders {
  lock: LockHolder | undefined;
  /** Who works on the admin secret; it may be the run of another OpenEMR that shares it. */
  admin: LockHolder | undefined;
  /** Name and holder of the Kubernetes Lease, where this identity may read it. */
  lease: { name: string; holder: string; renewed: string } | undefined;
}

/** The lock is kept for at least so long, in ms: a run that is alive looks more often, and finds somebody else there. */
const keepAtLeastMs = 5000;
/** How long to wait for the lock after its holder was ended, in seconds; less than a statement may take. */
const waitSeconds = 8;
/** How often its connection is ended: a server that is busy may take its time, or miss it. */
const killTries = 3;

/** Shows the holders to `decide`; if it says yes, ends them all. Returns what was found and whether it was cleared. */
export async function unlock(
  request: RunRequest,
  decide: (holders: Holders) => Promise<boolean>,
): Promise<{ holders: Holders; cleared: boolean }> {
  const world = await openWorld(request);
  try {
    const { context } = request.settings;
    const names = await runLockNames(world.slotSecretArn, world.kubernetes, true);
    const admin = adminLockName((await world.secrets.describe(context.adminSecretId)).arn);
    const shown = new Map<string, LockHolder | undefined>();
    for (const name of [...names, admin]) shown.set(name, await lockHolder(world.session, name));
    const lock = names.map((name) => shown.get(name)).find((holder) => holder !== undefined);
    const lease = await readableLease(world.kubernetes);
    const holders: Holders = { lock, admin: shown.get(admin), lease };
    if (!(await decide(holders))) return { holders, cleared: false };
    // One after the other: two sites of one OpenEMR may hold one each.
    for (const name of [...names, admin]) {
      const holder = await lockHolder(world.session, name);
      if (whatToDo(shown.get(name), holder, name === admin) === 'end' && holder)
        await endHolder(request, world, name, holder);
    }
    // What comes now is for who holds the lock: a run that began since must not find its own taken away.
    const own = `credential-rotation-unlock:${randomBytes(16).toString('hex')}`;
    const since = await tryLock(world.session, { shared: names, own });
    if (since) throw lockedFailure(since);
    if (lease) await clearLease(world.kubernetes, lease.holder);
    await clearBackend(request);
    return { holders, cleared: true };
  } finally {
    await world.session.close();
  }
}

/**
 * What becomes of a lock after the decision: only a holder that was shown is ended.
 * @throws Failure `lock-held` when another run of this OpenEMR took the lock since
 */
export function whatToDo(
  shown: LockHolder | undefined,
  now: LockHolder | undefined,
  isAdminSecret: boolean,
): 'end' | 'leave' {
  if (now === undefined) return 'leave';
  if (now.connectionId === shown?.connectionId) return 'end';
  // Another OpenEMR with the same secret came to its step 11 meanwhile: its run is alive.
  if (isAdminSecret) return 'leave';
  throw new Failure(
    'lock-held',
    `Another run took the lock of this OpenEMR${holderText(now)} since its holder was shown, and is left alone; look again with credential-rotation unlock.`,
  );
}

/** Reads who holds the lock and the Lease. */
export async function readHolders(
  { session, kubernetes }: Pick<OpenWorld, 'session' | 'kubernetes'>,
  names: readonly string[],
  adminName: string,
): Promise<Holders> {
  const [held, admin, lease] = await Promise.all([
    firstHeld(session, names),
    lockHolder(session, adminName),
    readableLease(kubernetes),
  ]);
  return { lock: held?.holder, admin, lease };
}

/**
 * How long to keep the lock from the run that held it, in ms: until it may not take it again, however long it is
 * stopped. It has not asked for the lock for as long as its connection is idle.
 */
export function keepFromHolderMs({ idleSeconds = 0 }: Partial<LockHolder>): number {
  return Math.max(keepAtLeastMs, retakeWithinMs + 2000 - idleSeconds * 1000);
}

/**
 * Ends the connection that holds the lock, and has the lock itself for a while: a run that is alive would else take
 * it again on a new connection, as after a failover. It finds somebody else there, or that too much time has passed,
 * and stops.
 */
async function endHolder(
  request: RunRequest,
  world: OpenWorld,
  name: string,
  holder: LockHolder,
): Promise<void> {
  const waiting: Session = await openAdminSession(request, world);
  try {
    for (let tries = killTries; ; tries -= 1) {
      const { taken, seen } = await killAndTake(world.session, waiting, name, holder);
      // By what was seen last: the run may have asked for its lock while somebody decided.
      if (taken) return await sleep(keepFromHolderMs(seen ?? {}));
      const { connectionId } = (await lockHolder(world.session, name)) ?? holder;
      if (tries > 1 && connectionId === holder.connectionId) continue;
      throw new Failure(
        'lock-held',
        `Connection ${connectionId} still holds the lock; end it in the database (CALL mysql.rds_kill(${connectionId}) on RDS) and run again.`,
      );
    }
  } finally {
    await waiting.close();
  }
}

/** Ends the holder's connection, if it still has the lock, and waits for the lock. `seen` held it before. */
async function killAndTake(
  session: Session,
  waiting: Session,
  name: string,
  { connectionId }: LockHolder,
): Promise<{ taken: boolean; seen: LockHolder | undefined }> {
  const answer = waiting.query('SELECT GET_LOCK(?, ?) AS taken', [name, waitSeconds]);
  // A rejection is looked at below, after the other statements.
  answer.catch(() => undefined);
  const seen = await lockHolder(session, name);
  if (seen?.connectionId === connectionId)
    await effect('database: KILL the connection that holds the lock', () =>
      session.query(`KILL ${connectionId}`),
    );
  const [row] = await answer;
  return { taken: Number(row?.['taken']) === 1, seen };
}

/** Takes the Lease from the holder that was shown; one who took it since keeps it. */
async function clearLease(kubernetes: Kubernetes, shown: string): Promise<void> {
  const lease = await readLease(kubernetes);
  if (lease && leaseHolder(lease) === shown)
    await effect('lease: clear', () => writeLease(kubernetes, lease, ''));
}

/** The engine's own lock of the state; the engine answers the same when there is none. */
async function clearBackend({ location }: RunRequest): Promise<void> {
  await mendFileBackend(location.backendUrl);
  const opened = await openStackIfThere(location, true);
  if (opened) await effect('state: clear the lock', () => opened.stack.cancel());
}
