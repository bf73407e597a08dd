import type { ProgramSettings } from '../target/programSettings';
import { runLockNames } from '../mysql/lock';
import { openAdminSession, openWorld } from './openWorld';
import { RunLock } from './runLock';

/**
 * Does something to `sqlconf.php` under the lock of a rotation, so that none is in the middle of replacing the file.
 * @param action gets the guard that it calls right before its write
 * @throws Failure `locked` when a rotation is running, or as of a run when the lock cannot be looked at
 */
export async function underRunLock<T>(
  settings: ProgramSettings,
  action: (guard: () => Promise<void>) => Promise<T>,
): Promise<T> {
  const request = { settings };
  const world = await openWorld(request);
  let lock: RunLock | undefined;
  try {
    const names = await runLockNames(world.slotSecretArn, world.kubernetes);
    lock = await RunLock.take(world.session, () => openAdminSession(request, world), names);
    return await action(lock.guard);
  } finally {
    await (lock?.release() ?? world.session.close());
  }
}
