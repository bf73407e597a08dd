import type { Failure } from '../base/failure';
import type { Kubernetes } from '../kubernetes/kubernetes';
import type { Session } from '../mysql/database';
import { LeaseKeeper } from '../kubernetes/leaseKeeper';
import { lostLock } from '../mysql/lock';
import { LockKeeper } from '../mysql/lockKeeper';

/** The lock of one run: the database's (of the slot secret and of the Deployment), and the Kubernetes Lease where RBAC grants it. */
export class RunLock {
  private lease: LeaseKeeper | undefined;
  private released = false;

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

  /**
   * Checks right before a write: the Lease first, as the answer of an API server can take its time.
   * @throws Failure `locked` when either is lost, or given back
   */
  readonly guard = async (): Promise<void> => {
    if (this.released) throw lostLock();
    if (this.lost.aborted) throw this.lost.reason as Failure;
    await this.lease?.assertHeld();
    await this.keeper.assertHeld();
  };

  /** Gives both back. Never throws. */
  async release(): Promise<void> {
    this.released = true;
    await this.lease?.release();
    await this.keeper.release();
  }
}
