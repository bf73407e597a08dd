import type { Loop } from './node';

/** What stands in an object in the place of a value: a text or number that nothing else holds. */
export interface Token {
  /** The text, or the digits of the number. */
  text: string;
  /** What gives the value in a template. */
  expression: string;
  loop?: Loop | undefined;
  /** The map in which it stands is one entry of the loop, as it is. */
  whole?: boolean;
}

/** All that may stand in the objects. */
export class Tokens {
  private readonly all = new Map<string, Token>();
  private pattern: RegExp | undefined;
  private nextNumber = 910_000_007;

  add(token: Token): void {
    this.all.set(token.text, token);
    this.pattern = undefined;
  }

  /** A text for a value; the escaped form in regular expressions is known, too. */
  text(path: string, expression: string, loop?: Loop): string {
    const text = `‹${path.replaceAll('.', '·')}.›`;
    this.add({ text, expression, loop });
    this.add({ text: text.replace('.', '\\.'), expression: `(${expression} | replace "." "\\\\.")`, loop });
    return text;
  }

  /** A number for a value. */
  number(expression: string, loop?: Loop): number {
    this.nextNumber += 10_007;
    this.add({ text: String(this.nextNumber), expression, loop });
    return this.nextNumber;
  }

  /** A text in pieces: every second one is a token. */
  split(text: string): (string | Token)[] {
    this.pattern ??= new RegExp(
      `(${[...this.all.keys()]
        .sort((a, b) => b.length - a.length)
        .map((each) => each.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
        .join('|')})`,
    );
    return text.split(this.pattern).map((piece) => this.all.get(piece) ?? piece);
  }

  /** The tokens in a text. */
  in(text: string): Token[] {
    return this.split(text).filter((piece) => typeof piece !== 'string');
  }
}
