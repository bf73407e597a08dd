import type { ProofKind, Weighed } from './judge';
import { answersOfAll } from './judge';

/** How long at least all answers must say "broken", in ms: each second is one of failed requests. */
export const brokenMs = { rollout: 3000, proof: 2000 };

/** How many requests at once, while all answers say "broken": one for each pod, so that five rounds of them are enough. */
export function atOnce(pods: number): number {
  return Math.min(10, Math.max(1, pods));
}

/** What the last answers had in common. Its clock is the caller's: any that counts milliseconds. */
export class Streak {
  good = 0;
  asBefore = 0;
  broken = 0;
  wrong = 'gives no answer';
  warning: string | undefined;
  private brokenSince = 0;

  /**
   * @param pods how many pods answer under the address
   * @param enoughMs how long "broken" must last; pods that have just become ready may need a moment
   */
  constructor(
    private readonly kind: ProofKind,
    private readonly pods: number,
    private readonly enoughMs = brokenMs.proof,
  ) {}

  /** Takes the next answer, which came at `now`. */
  take(found: Weighed, now: number): void {
    this.good = found.kind === 'good' ? this.good + 1 : 0;
    this.asBefore = found.kind === 'as-before' ? this.asBefore + 1 : 0;
    // Where OpenEMR was sound before, another page in its place says as much as "broken".
    const says = found.kind === 'bad' && found.fault !== 'no-answer';
    if (says && this.broken === 0) this.brokenSince = now;
    this.broken = says ? this.broken + 1 : 0;
    if (found.kind === 'bad') this.wrong = found.wrong;
    else this.warning = found.warning;
  }

  /** Whether all pods have said "broken", and for long enough. A rollback has nowhere to go: it waits. */
  provesBroken(now: number): boolean {
    const lasts = now - this.brokenSince >= this.enoughMs;
    return this.kind !== 'rollback' && lasts && this.broken >= answersOfAll(this.pods);
  }
}
