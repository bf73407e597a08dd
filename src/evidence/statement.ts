import { digestOf, sha256 } from './canonical';
import { agesOf } from './ages';
import { entriesOf } from './chain';
import { findingsIn, findingsOf } from './findings';
import type { Entry, Predicate, Statement } from './form';
import { predicateType, statementType } from './form';
import type { Records } from './records';

/** What is wanted of evidence, and who makes it. */
export interface Making {
  now: Date;
  by: string;
  version: string;
  /** Rotations that ended before are left out; undefined for the whole history. */
  since: Date | undefined;
  maxAgeMs: number | undefined;
  clean?: (text: string) => string;
}

/** What the records of a stack prove. Pure. */
export function predicateOf(
  records: Records,
  { now, by, version, since, maxAgeMs, clean }: Making,
): Predicate {
  const all = entriesOf(records, clean);
  const first = since === undefined ? 0 : firstSince(all, since);
  const entries = all.slice(first);
  const before = all[first - 1];
  const newest = all.at(-1);
  return {
    formatVersion: 1,
    stack: records.stack,
    made: { at: now.toISOString(), by, version },
    since: since?.toISOString() ?? null,
    maxAgeSeconds: maxAgeMs === undefined ? null : Math.floor(maxAgeMs / 1000),
    chain: {
      length: all.length,
      before: first,
      start: before ? digestOf(before) : null,
      head: newest ? digestOf(newest) : null,
    },
    entries,
    accounts: agesOf(all, now, maxAgeMs),
    findings: [...findingsOf(records, all), ...findingsIn(entries, now, first === 0)],
  };
}

/** From the first rotation on that had not ended by then: a part of a chain has no holes. */
function firstSince(entries: readonly Entry[], since: Date): number {
  const found = entries.findIndex(({ endedAt }) => endedAt === null || new Date(endedAt) >= since);
  return found < 0 ? entries.length : found;
}

/** A file beside the statement. */
export interface BesideFile {
  name: string;
  text: string;
}

/** The subjects of a predicate: the stack by the head of its chain, and each plan that was carried out. */
export function subjectsOf({ stack, chain, entries }: Predicate): Statement['subject'] {
  const plans = entries.flatMap(({ id, plan, rollback }) => [
    { name: `plan ${id}`, digest: plan },
    ...(rollback ? [{ name: `plan ${rollback.id}`, digest: rollback.plan }] : []),
  ]);
  return [{ name: `stack ${stack}`, digest: { sha256: chain.head ?? sha256('') } }, ...plans];
}

/** The statement of a predicate, with the digests of the files that are written beside it. */
export function statementOf(predicate: Predicate, beside: readonly BesideFile[]): Statement {
  const files = beside.map(({ name, text }) => ({ name: `file ${name}`, digest: { sha256: sha256(text) } }));
  return {
    _type: statementType,
    subject: [...subjectsOf(predicate), ...files],
    predicateType,
    predicate,
  };
}
