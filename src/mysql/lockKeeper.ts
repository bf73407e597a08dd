import { randomBytes } from 'node:crypto';
import type { Failure } from '../base/failure';
import type { Session } from './database';
import { effect } from '../base/effect';
import { sleep } from '../base/errors';
import { readOnlyFailure } from './server';
import type { LockNames } from './lock';
import { freshMs, lockedFailure, lockHolder, lockState, lostLock, retakeWithinMs, tryLock } from './lock';

/** How often the connection is used, in ms: it finds a failover early, and no proxy closes an idle connection. */
const checkEveryMs = 2000;

/**
 * Holds the lock of a run for as long as it goes on. After a failover, or any other loss of the connection, it is taken
 * again on a new one, but only if nobody else can have held it in between: see retakeWithinMs.
 */
export class LockKeeper {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private checking: Promise<void> | undefined;
  private released = false;
  /** Before the question that was last answered with "held"; this clock goes on while the process is stopped. */
  private heldAt = performance.now();

  private constructor(
    private session: Session,
    private readonly open: () => Promise<Session>,
    private readonly names: LockNames,
  ) {}

  /**
   * Takes the locks without waiting for them.
   * @param shared in the order in which every run takes them
   * @param open opens a new admin session; used again when the first one is dropped
   * @throws Failure `locked` naming the holder
   */
  static async take(
    session: Session,
    open: () => Promise<Session>,
    shared: readonly string[],
  ): Promise<LockKeeper> {
    const names = { shared, own: `credential-rotation-run:${randomBytes(16).toString('hex')}` };
    const holder = await tryLock(session, names);
    if (holder) throw lockedFailure(holder);
    // A lock at a reader, or at a writer of before, keeps nobody out.
    if ((await lockState(session, names)) === 'elsewhere')
      throw readOnlyFailure('The database that the admin secret names');
    const keeper = new LockKeeper(session, open, names);
    keeper.watch();
    return keeper;
  }

  /** Aborted when the lock is lost for good. */
  get lost(): AbortSignal {
    return this.controller.signal;
  }

  /**
   * Checks before a write, and takes the lock again where the connection was dropped.
   * @throws Failure `locked` when somebody else has it
   */
  async assertHeld(): Promise<void> {
    await this.check();
    // The answer that was waited for may be from before a pause of this process.
    if (performance.now() - this.heldAt > freshMs) await this.check();
    if (this.controller.signal.aborted) throw this.failure();
  }

  /** Gives the lock back; the connection's end does that. */
  async release(): Promise<void> {
    this.released = true;
    clearTimeout(this.timer);
    await this.checking?.catch(() => undefined);
    await this.session.close();
  }

  private failure(): Failure {
    const reason: unknown = this.controller.signal.reason;
    return reason as Failure;
  }

  private watch(): void {
    this.timer = setTimeout(() => {
      void this.check().then(() => {
        if (!this.released && !this.controller.signal.aborted) this.watch();
      });
    }, checkEveryMs);
    // The run itself keeps the process alive.
    this.timer.unref();
  }

  /** One check at a time: a guard and the timer may meet. Never throws. */
  private check(): Promise<void> {
    this.checking ??= this.checkNow().finally(() => (this.checking = undefined));
    return this.checking;
  }

  private async checkNow(): Promise<void> {
    if (this.released || this.controller.signal.aborted) return;
    const asked = performance.now();
    const state = await lockState(this.session, this.names).catch(() => 'dropped' as const);
    if (state === 'held') this.heldAt = asked;
    else if (state === 'lost' || !(await this.retake())) this.controller.abort(lostLock());
  }

  /** Too long ago to say that nobody else had the lock since. */
  private get isStale(): boolean {
    return performance.now() - this.heldAt > retakeWithinMs;
  }

  /** True when the lock is held again, on a new connection. */
  private async retake(): Promise<boolean> {
    await this.session.close().catch(() => undefined);
    while (!this.released && !this.isStale) {
      const answer = await this.takeAnew().catch(() => undefined);
      if (answer !== undefined) return answer;
      await sleep(500);
    }
    return false;
  }

  private async takeAnew(): Promise<boolean | undefined> {
    const session = await this.open();
    try {
      const asked = performance.now();
      if ((await lockState(session, this.names)) === 'elsewhere') {
        await session.close();
        return undefined;
      }
      if ((await tryLock(session, this.names)) === undefined) {
        // The process may have been stopped on the way here.
        if (this.isStale) {
          await session.close();
          return false;
        }
        this.session = session;
        this.heldAt = asked;
        return true;
      }
      // The server may not have noticed yet that our old connection is dead.
      const isOurs = (await lockState(session, this.names)) === 'held';
      const holder = isOurs ? await lockHolder(session, this.names.own) : undefined;
      if (holder)
        await effect('database: KILL the dead connection of the lock', () =>
          session.query(`KILL ${holder.connectionId}`),
        ).catch(() => undefined);
      await session.close();
      return isOurs ? undefined : false;
    } catch (error) {
      await session.close();
      throw error;
    }
  }
}
