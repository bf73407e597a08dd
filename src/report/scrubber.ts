/** What stands in the place of a secret. */
export const mask = '[secret]';

/** Replaces every registered secret, in the spellings in which it could leave the process. */
export class Scrubber {
  private readonly spellings = new Set<string>();

  /** Registers a value; short ones are left out, since masking them would garble unrelated text. */
  register(secret: string): void {
    if (secret.length < 6) return;
    const sql = secret.replace(/[\\'"]/g, (char) => `\\${char}`);
    const base64 = Buffer.from(secret, 'utf8').toString('base64');
    const forms = [
      secret,
      sql,
      secret.replace(/[\\']/g, '\\$&'),
      secret.replace(/[\\"$]/g, '\\$&'),
      secret.replaceAll("'", "''"),
      base64,
      base64.replace(/=+$/, ''),
      encodeURIComponent(Buffer.from(secret, 'utf8').toString('utf8')),
    ];
    // Each also inside JSON, and inside JSON inside JSON.
    for (const form of forms)
      for (const text of [form, inJson(form), inJson(inJson(form))]) this.spellings.add(text);
  }

  /** The text with every registered secret masked. */
  scrub(text: string): string {
    let clean = text;
    // The longest first, so that no part of a longer spelling is left over.
    for (const spelling of [...this.spellings].sort((one, two) => two.length - one.length)) {
      clean = clean.replaceAll(spelling, mask);
    }
    return clean;
  }
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** The one scrubber of this process. */
export const scrubber = new Scrubber();
