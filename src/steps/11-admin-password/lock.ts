import { Failure } from '../../base/failure';
import { secretsManager } from '../../target/clients';
import type { WorldContext } from '../../target/context';
import type { Session } from '../../mysql/database';
import { effect } from '../../base/effect';
import { adminLockName, holderText, lockHolder } from '../../mysql/lock';
import { adminLockWaitMs } from '../../rotation/adminLockWait';
import { asAdmin, assertHeld } from '../adminSession';

/** One wait of the server, in seconds; shorter than a statement may take. */
const turnSeconds = 5;

/** The name of the lock on the admin secret, by its ARN: it can be named in several ways. */
async function nameOf(context: WorldContext): Promise<string> {
  const { arn } = await secretsManager(context).describe(context.adminSecretId);
  return adminLockName(arn);
}

/**
 * Works on the admin secret alone. Several OpenEMRs may share it, so the lock is taken for this work only, after those
 * that a run holds throughout, and is waited for. It lives on the admin's session, and ends with it.
 * @throws Failure `locked` when its holder does not end
 */
export async function withAdminLock<T>(context: WorldContext, action: () => Promise<T>): Promise<T> {
  const name = await nameOf(context);
  return asAdmin(context, async (session) => {
    const holder = await takeInTurn(session, name, { check: () => assertHeld() });
    if (holder) throw adminLocked(context, holder.text);
    try {
      return await action();
    } finally {
      await session.query('SELECT RELEASE_LOCK(?)', [name]).catch(() => undefined);
    }
  });
}

/**
 * Waits for a lock that others hold for some seconds.
 * @param check made between two turns: that the run still has its own locks
 * @returns undefined when it is taken; else its holder, after the limit
 */
export async function takeInTurn(
  session: Session,
  name: string,
  { check, limitMs = adminLockWaitMs }: { check: () => Promise<void>; limitMs?: number },
): Promise<{ text: string } | undefined> {
  const until = performance.now() + limitMs;
  for (;;) {
    const [row] = await session.query('SELECT GET_LOCK(?, ?) AS taken', [name, turnSeconds]);
    if (Number(row?.['taken']) === 1) return undefined;
    await check();
    if (performance.now() > until) return { text: holderText(await lockHolder(session, name)) };
  }
}

function adminLocked({ adminSecretId }: WorldContext, holder: string): Failure {
  return new Failure(
    'admin-lock-held',
    `The rotation of another OpenEMR works on the admin secret ${adminSecretId}${holder} and did not end within ${adminLockWaitMs / 1000} s; the admin's password was not changed. Run again to finish; credential-rotation unlock ends one that hangs.`,
  );
}

/**
 * One write on the strength of {@link withAdminLock}, directly after the checks that this session still holds that lock
 * and the run its own.
 * @throws Failure `locked` when it does not, and nothing is written
 */
export async function adminWrite<T>(
  context: WorldContext,
  name: string,
  write: (session: Session) => Promise<T>,
): Promise<T> {
  const lock = await nameOf(context);
  return asAdmin(context, (session) =>
    effect(name, async () => {
      await assertHeld();
      const [row] = await session.query('SELECT IS_USED_LOCK(?) = CONNECTION_ID() AS ours', [lock]);
      if (Number(row?.['ours']) !== 1)
        throw new Failure(
          'admin-lock-lost',
          `This run lost its lock on the admin secret ${context.adminSecretId} (its database connection was dropped); nothing more was written. Run again to finish.`,
        );
      return write(session);
    }),
  );
}
