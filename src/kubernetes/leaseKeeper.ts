import { hostname } from 'node:os';
import { randomBytes } from 'node:crypto';
import { Failure } from '../base/failure';
import { effect } from '../base/effect';
import { tellNotice } from '../base/notices';
import type { Kubernetes } from './kubernetes';
import {
  leaseHolder,
  leaseName,
  leaseRights,
  leaseSeconds,
  leaseText,
  readLease,
  takeLease,
  writeLease,
} from './lease';

/** How often the Lease is renewed, in ms: three times within its duration. */
const renewEveryMs = (leaseSeconds * 1000) / 3;

/** Holds the Lease of a run, and renews it. It is a second lock beside the database's, which a failover loses. */
export class LeaseKeeper {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private renewing: Promise<void> | undefined;
  private renewedAt = performance.now();

  private constructor(
    private readonly kubernetes: Kubernetes,
    private readonly holder: string,
  ) {}

  /**
   * Takes the Lease; undefined when RBAC does not grant it, or is not to be asked.
   * @throws Failure `locked` naming a holder that is alive
   */
  static async take(kubernetes: Kubernetes): Promise<LeaseKeeper | undefined> {
    const missing = await kubernetes.missingRights(leaseRights(kubernetes.target));
    if (missing.length > 0) return undefined;
    const holder = `${hostname()}/${process.pid}/${randomBytes(4).toString('hex')}`;
    try {
      await takeLease(kubernetes, holder);
    } catch (error) {
      // A quota or a policy: the Lease comes on top of the database's lock, which is there.
      if (!(error instanceof Failure) || error.code !== 'kubernetes-permission-missing') throw error;
      tellNotice(
        `no Lease is held on top of the database's lock: the API server refuses ${leaseText(kubernetes)} (a quota or a policy, since the Role allows it)`,
      );
      return undefined;
    }
    const keeper = new LeaseKeeper(kubernetes, holder);
    keeper.watch();
    return keeper;
  }

  /** Aborted when somebody else has the Lease, or it could not be renewed in time. */
  get lost(): AbortSignal {
    return this.controller.signal;
  }

  /**
   * Checks before a write that the Lease is still this run's. No answer of the API server stops nothing, as long as
   * nobody may take the Lease over.
   * @throws Failure `locked` when it is lost
   */
  async assertHeld(): Promise<void> {
    const lease = await readLease(this.kubernetes).catch(() => 'no answer' as const);
    if (lease !== 'no answer' && leaseHolder(lease) !== this.holder)
      this.lose(`to ${leaseHolder(lease) ?? 'nobody'}`);
    if (this.isExpired) this.lose('since it could not be renewed');
    if (this.lost.aborted) throw this.lost.reason as Failure;
  }

  /** Not renewed for so long that another run may have taken it over, and given it back. */
  private get isExpired(): boolean {
    return performance.now() - this.renewedAt > leaseSeconds * 1000;
  }

  /** Gives the Lease back, so that the next run need not wait. A failure is nothing: it expires. */
  async release(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    await this.renewing;
    try {
      const lease = await readLease(this.kubernetes);
      if (lease === undefined || leaseHolder(lease) !== this.holder) return;
      await effect('lease: release', () => writeLease(this.kubernetes, lease, ''));
    } catch {
      // It expires by itself.
    }
  }

  private watch(): void {
    this.timer = setTimeout(() => {
      this.renewing = this.renew().then(() => {
        if (this.timer !== undefined && !this.lost.aborted) this.watch();
      });
    }, renewEveryMs);
    this.timer.unref();
  }

  private async renew(): Promise<void> {
    // A run that was stopped for that long may have missed another one: it does not go on.
    if (this.isExpired) return this.lose('since it could not be renewed');
    const started = performance.now();
    try {
      const lease = await readLease(this.kubernetes);
      if (leaseHolder(lease) !== this.holder) return this.lose(`to ${leaseHolder(lease) ?? 'nobody'}`);
      const written = await effect('lease: renew', () => writeLease(this.kubernetes, lease, this.holder));
      if (written) this.renewedAt = started;
    } catch {
      // Tried again at the next turn; whoever wants it waits for the whole duration.
    }
    if (this.isExpired) this.lose('since it could not be renewed');
  }

  private lose(how: string): void {
    const { namespace } = this.kubernetes.target;
    const name = `${namespace}/${leaseName(this.kubernetes.target)}`;
    this.controller.abort(
      new Failure(
        'lock-lost',
        `This run lost its Lease ${name} ${how}; it stopped before its next write. Run again to finish.`,
      ),
    );
  }
}
