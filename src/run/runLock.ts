import type { Failure } from '../base/failure';
import type { Kubernetes } from '../kubernetes/kubernetes';
import type { Session } from '../mysql/database';
import { leaseVariable } from '../kubernetes/lease';
import { LeaseKeeper } from '../kubernetes/leaseKeeper';
import { lockVariable } from '../mysql/lock';
import { LockKeeper } from '../mysql/lockKeeper';

/** The lock of one run: the database's (of the slot secret and of the Deployment), and the Kubernetes Lease where RBAC grants it. */
export class RunLock {
  private lease: LeaseKeeper | undefined;

  private constructor(private readonly keeper: LockKeeper) {}

  /**
   * Takes the database's lock without waiting for a holder that is alive.
   * @param open opens a new admin session after a failover
   * @throws Failure `locked` naming the holder
   */
  static async take(
    session: Session,
    open: () => Promise<Session>,
    names: readonly string[],
  ): Promise<RunLock> {
    return new RunLock(await LockKeeper.take(session, open, names));
  }

  /**
   * Takes the Lease on top; nothing outside of the state may be written before.
   * @throws Failure `locked` naming the holder
   */
  async takeLease(kubernetes: Kubernetes): Promise<void> {
    this.lease = await LeaseKeeper.take(kubernetes);
  }

  /** Aborted when either is lost; the reason is a Failure. */
  get lost(): AbortSignal {
    return this.lease ? AbortSignal.any([this.keeper.lost, this.lease.lost]) : this.keeper.lost;
  }

  /** What the provider processes need to check the lock themselves before each write. */
  get environment(): Record<string, string> {
    const lease = this.lease ? { [leaseVariable]: this.lease.announcement } : {};
    return { [lockVariable]: this.keeper.announcement, ...lease };
  }

  /**
   * Checks before a write of an engine plugin, which cannot check it itself.
   * @throws Failure `locked`
   */
  readonly guard = async (): Promise<void> => {
    if (this.lost.aborted) throw this.lost.reason as Failure;
    await this.lease?.assertHeld();
    await this.keeper.assertHeld();
  };

  /** Gives both back. Never throws. */
  async release(): Promise<void> {
    await this.lease?.release();
    await this.keeper.release();
  }
}
