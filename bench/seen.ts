/** What the hook notes; `time` in ms since 1970, with fractions. */
export type Seen = { time: number; pid: number } & (
  | { kind: 'process'; name: string }
  | { kind: 'effect'; name: string; ms: number }
  | { kind: 'moment'; name: string }
  | { kind: 'connect' | 'disconnect' }
  | { kind: 'statement'; sql: string }
  /** The answer's first packet; `ms` since the statement was sent. */
  | { kind: 'answer'; sql: string; ms: number }
  /** A call of the engine by its command: `up`, `stack export`. */
  | { kind: 'engine-starts' | 'engine-ends'; call: string }
);
