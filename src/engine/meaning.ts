import type { FailureCode } from '../base/failure';
import type { StackLocation } from '../target/location';

/** Where the state is. */
export type Where = Pick<StackLocation, 'stack' | 'backendUrl'>;

/** What a text of the engine means. First match wins. */
export interface Meaning {
  says: RegExp;
  code: FailureCode;
  /** The state's secrets cannot be decrypted. */
  isClosed?: true;
  sentence: (state: string, where: Where, text: string) => string;
}

/** No answer came, or one that passes by itself. */
export const noAnswer =
  /request send failed|dial tcp|connection re(fused|set)|no such host|i\/o timeout|StatusCode: 5\d\d|SlowDown|Throttl|KMS\.\w*(Timeout|Internal)/i;

/** A text in which both are found. */
export const both = (one: RegExp, two: RegExp): RegExp =>
  new RegExp(`^(?=[^]*(?:${one.source}))(?=[^]*(?:${two.source}))`, two.flags);

/** A text in which the second is found, and not the first. */
export const notOf = (one: RegExp, two: RegExp): RegExp =>
  new RegExp(`^(?![^]*(?:${one.source}))(?=[^]*(?:${two.source}))`, two.flags);
