import { exitCodes } from '../../base/failure';
import type { Holders } from '../../run/unlock';
import type { LockHolder } from '../../mysql/lock';
import { confirmed } from '../ask';
import type { Flags } from '../invocation';
import { rendererOf, requestOf, settingsOf } from '../request';

/** Seconds without a statement after which a holder does not seem alive: a sound run asks every 2 s. */
const silentSeconds = 10;

/** Shows who holds the lock of this OpenEMR, and ends the holder after a yes. Returns the exit code. */
export async function unlockCommand(flags: Flags): Promise<number> {
  const settings = settingsOf(flags);
  const renderer = rendererOf(flags);
  const { unlock } = await import('../../run/unlock.js');
  const request = requestOf('rotate', settings, renderer);
  const say = (text: string): void => {
    // With --json the person who is asked still sees it.
    if (!flags.json) renderer.line(text);
    else if (!flags.yes) process.stderr.write(`${text}\n`);
  };
  const { holders, cleared } = await unlock(request, async (found) => {
    describeHolders(found).forEach(say);
    if (flags.yes) return true;
    return confirmed('End the holder, and clear every lock of this OpenEMR?');
  });
  const outcome = cleared ? 'done' : 'cancelled';
  if (flags.json) renderer.object('unlock', unlockReport(outcome, holders));
  else
    renderer.line(
      cleared
        ? '✓ Every lock is clear. Run credential-rotation again: it finishes what was begun.'
        : 'Nothing was changed.',
    );
  return exitCodes[outcome];
}

/** What `unlock` says to a program: who held the locks, in the words of `status`. */
export function unlockReport(outcome: 'done' | 'cancelled', { lock, admin, lease }: Holders): object {
  return {
    outcome,
    exitCode: exitCodes[outcome],
    cleared: outcome === 'done',
    lock: lockReport(lock),
    adminLock: lockReport(admin),
    lease: lease ?? null,
  };
}

function lockReport(lock: LockHolder | undefined): object {
  const { client = null, connectionId = null, idleSeconds = null } = lock ?? {};
  return { held: lock !== undefined, holder: client, connectionId, idleSeconds };
}

function describeHolder(what: string, { client, connectionId, idleSeconds }: LockHolder): string {
  const who = `${client ?? 'a user that this admin may not see'}, connection ${connectionId}`;
  const alive =
    idleSeconds === undefined
      ? ''
      : idleSeconds > silentSeconds
        ? `; silent for ${idleSeconds} s: it hangs, or its machine is gone`
        : `; its last statement was ${idleSeconds} s ago: it is alive`;
  return `${what}: held by ${who}${alive}.`;
}

/** What a person needs to decide. */
export function describeHolders({ lock, admin, lease }: Holders): string[] {
  const lines = [lock ? describeHolder('Database lock', lock) : 'Database lock: free.'];
  if (admin)
    lines.push(
      describeHolder('Lock of the admin secret, which another OpenEMR with the same secret may hold', admin),
    );
  if (lease) lines.push(`Lease ${lease.name}: held by ${lease.holder}, renewed ${lease.renewed}.`);
  return lines;
}
