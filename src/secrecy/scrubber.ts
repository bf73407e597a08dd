import { spellingsOf } from './spellings';

/** What stands in the place of a secret. */
export const mask = '[secret]';

/** Replaces every registered secret, in the spellings in which it could leave the process. */
export class Scrubber {
  private readonly patterns = new Map<string, RegExp | undefined>();
  private sorted: string[] | undefined;

  /** Registers a value; short ones are left out, since masking them would garble unrelated text. */
  register(secret: string): void {
    if (secret.length < 6 || this.patterns.has(secret)) return;
    this.patterns.set(secret, undefined);
    this.sorted = undefined;
  }

  /** The text with every registered secret masked. */
  scrub(text: string): string {
    let clean = text;
    // The longest first, so that no part of a longer one is left over.
    this.sorted ??= [...this.patterns.keys()].sort((one, two) => two.length - one.length);
    for (const secret of this.sorted) clean = clean.replace(this.patternOf(secret), mask);
    return clean;
  }

  /** A value as JSON, with every registered secret masked in its texts: what comes out is JSON in any case. */
  toJson(value: unknown): string {
    return JSON.stringify(value, (_key, each: unknown) =>
      typeof each === 'string' ? this.scrub(each) : each,
    );
  }

  private patternOf(secret: string): RegExp {
    const pattern = this.patterns.get(secret) ?? new RegExp(spellingsOf(secret), 'g');
    this.patterns.set(secret, pattern);
    return pattern;
  }
}

/** The one scrubber of this process. */
export const scrubber = new Scrubber();
