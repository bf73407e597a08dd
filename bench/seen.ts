/** What the hook notes; `time` in ms since 1970, with fractions. */
export type Seen = { time: number; pid: number } & (
  | { kind: 'process'; name: string }
  | { kind: 'effect'; name: string; ms: number }
  | { kind: 'moment'; name: string }
  | { kind: 'connect' | 'disconnect' }
  | { kind: 'statement'; sql: string }
);
