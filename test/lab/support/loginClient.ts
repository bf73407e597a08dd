import type { Lab } from '../../../lab';
import { connectAs } from './database';
import type { SlotEntry } from './world';
import { letPass } from './until';

/**
 * How long the shortest requests of OpenEMR stay logged in, in ms. A client that is gone sooner can escape each of the
 * samples of a server that counts nothing: that is what the notice of a sampled proof says.
 */
export const shortestRequestMs = 20;

/** Logs in repeatedly with a login that it keeps, each time for a moment, as PHP does. */
export class LoginClient {
  private over = false;
  private readonly running: Promise<void>;
  logins = 0;
  refused = 0;

  constructor(
    private readonly lab: Lab,
    private readonly login: SlotEntry,
    private readonly everyMs = 500,
    /** How long each login lasts at least, in ms. */
    private readonly staysMs = 0,
  ) {
    this.running = this.loop();
  }

  /** Ends it; the last login has ended then. */
  async stop(): Promise<{ logins: number; refused: number }> {
    this.over = true;
    await this.running;
    return { logins: this.logins, refused: this.refused };
  }

  private async loop(): Promise<void> {
    while (!this.over) {
      const began = performance.now();
      await this.once();
      const left = Math.max(0, this.everyMs - (performance.now() - began));
      await letPass(left, 'so often it logs in');
    }
  }

  private async once(): Promise<void> {
    try {
      const connection = await connectAs(this.lab, this.login);
      this.logins += 1;
      await connection.query('DO SLEEP(?)', [this.staysMs / 1000]);
      await connection.end();
    } catch (error) {
      if ((error as { errno?: number }).errno !== 1045) throw error;
      this.refused += 1;
    }
  }
}
