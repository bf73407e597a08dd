import type { KeyObject } from 'node:crypto';
import { parseJson, readStored, readStoredText } from '../base/stored';
import { agesOf } from './ages';
import { canonical, digestOf, sha256 } from './canonical';
import { envelopeSchema, fromBase64, payloadType, preAuthEncoding } from './dsse';
import { findingsIn } from './findings';
import type { Entry, Predicate, Statement } from './form';
import { statementSchema } from './form';
import { isSignedBy, keyIdOf } from './keys';
import { subjectsOf } from './statement';

/** What became of a file that was verified. */
export type Verified =
  | { ok: true; statement: Statement }
  /** The first thing that is wrong, as a sentence without its full stop. */
  | { ok: false; wrong: string };

const no = (wrong: string): Verified => ({ ok: false, wrong });

/**
 * Verifies evidence by the public key alone: the signature first, then that the statement holds together. The second is
 * for who has the key and signs something that was put together by hand.
 * @param text the envelope
 */
export function verifyEvidence(text: string, publicKey: KeyObject): Verified {
  const read = readStoredText(envelopeSchema, text);
  if (!read.ok) return no(`it is no envelope with one signature (${read.problem})`);
  if (!isReadInOneWay(text, read.value))
    return no(
      'others can read its envelope in another way: a member stands twice, or a text is escaped without need',
    );
  const { payload, signatures, payloadType: type } = read.value;
  const [{ keyid, sig }] = signatures;
  if (type !== payloadType) return no(`its payload is not of the type ${payloadType}`);
  const [bytes, signature] = [fromBase64(payload), fromBase64(sig)];
  if (!bytes || !signature) return no('its base64 is damaged');
  if (keyid !== keyIdOf(publicKey))
    return no(`it names another key than the one that was given (${keyIdOf(publicKey)})`);
  if (!isSignedBy(publicKey, preAuthEncoding(type, bytes), signature))
    return no(
      'the signature does not fit: the file was changed after it was signed, or another key signed it',
    );
  const statement = textIn(bytes);
  return statement === undefined ? no('its statement is not UTF-8') : verifyStatement(statement);
}

/** Of members with one name, one reader takes the first and another the last: only one of the two was signed. */
function isReadInOneWay(text: string, value: unknown): boolean {
  const plain = (json: string): string => json.replace(/[ \t\r\n]+/g, '');
  return plain(text) === plain(JSON.stringify(value));
}

/** Bytes as UTF-8; undefined where they are not, for a lenient reader puts the same sign in place of all that it cannot read. */
function textIn(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Verifies that a statement holds together, whoever signed it. */
export function verifyStatement(text: string): Verified {
  const value = parseJson(text);
  const read = readStored(statementSchema, value);
  if (!read.ok) return no(`its statement is of another form (${read.problem})`);
  const statement = read.value;
  if (canonical(statement) !== text) return no('its statement is not in canonical form');
  const { predicate } = statement;
  const wrong = chainProblem(predicate) ?? subjectProblem(statement) ?? summaryProblem(predicate);
  return wrong === undefined ? { ok: true, statement } : no(wrong);
}

function chainProblem({ stack, chain, entries }: Predicate): string | undefined {
  let [previous, number] = [chain.start, chain.before];
  for (const entry of entries) {
    number += 1;
    if (entry.number !== number)
      return `entry ${number} is not there, or not in its place (${entry.id} is ${entry.number})`;
    if (entry.previous !== previous)
      return `entry ${number} (${entry.id}) does not follow from the one before: one of the two was changed, or one was removed`;
    if (entry.stack !== stack) return `entry ${number} (${entry.id}) is of another stack`;
    if (!entry.final && number !== chain.length)
      return `entry ${number} (${entry.id}) is not final, and is not the last`;
    previous = digestOf(entry);
  }
  if (number !== chain.length) return `it ends with entry ${number} of ${chain.length}`;
  if (previous !== chain.head) return 'its last entry is not the head of its chain';
  if ((chain.start === null) !== (chain.before === 0)) return 'the begin of its chain does not fit';
  return undefined;
}

function subjectProblem({ subject, predicate }: Statement): string | undefined {
  const wanted = subjectsOf(predicate);
  const [own, files] = [subject.slice(0, wanted.length), subject.slice(wanted.length)];
  const names = files.map(({ name }) => name);
  const areFiles = names.every((name) => name.startsWith('file ')) && new Set(names).size === names.length;
  return areFiles && digestOf(own) === digestOf(wanted)
    ? undefined
    : 'its subjects are not those of its entries';
}

/** What the statement says of its entries must follow from them, as far as they are in it. */
function summaryProblem({
  made,
  since,
  maxAgeSeconds,
  chain,
  entries,
  accounts,
  findings,
}: Predicate): string | undefined {
  const now = new Date(made.at);
  const found = findingsIn(entries, now, chain.before === 0);
  const said = findings.map((finding) => digestOf(finding));
  const hidden = found.find((finding) => !said.includes(digestOf(finding)));
  if (hidden) return `it does not say what its entries say: ${hidden.text}`;
  if (since === null && chain.before > 0) return 'it is said to be of the whole history, and begins later';
  const maxAgeMs = maxAgeSeconds === null ? undefined : maxAgeSeconds * 1000;
  const ages = agesOf(entries, now, maxAgeMs);
  const wrong = accounts.find((account, index) => {
    const age = ages[index];
    const isHere = age?.renewedAt !== null || chain.before === 0;
    return account.account !== age?.account || (isHere && digestOf(account) !== digestOf(age));
  });
  return wrong && `the age of ${wrong.account} does not follow from its entries`;
}

/**
 * Whether evidence goes on where an earlier file ended: each final entry of the earlier one is in it with the same hash,
 * or lies before its first, and one that was not final is still there. Both are verified already.
 * @returns what is wrong, as a sentence without its full stop
 */
export function continuationProblem(earlier: Predicate, later: Predicate): string | undefined {
  if (earlier.stack !== later.stack) return `the earlier file is of the stack ${earlier.stack}`;
  const hashes = new Map(later.entries.map((entry) => [entry.number, digestOf(entry)]));
  if (later.chain.start !== null) hashes.set(later.chain.before, later.chain.start);
  const known: [number, string][] = earlier.entries
    .filter(({ final }) => final)
    .map((entry) => [entry.number, digestOf(entry)]);
  if (earlier.chain.start !== null) known.unshift([earlier.chain.before, earlier.chain.start]);
  const last = known.at(-1);
  if (last === undefined) return openProblem(earlier, later);
  if (later.chain.length < last[0])
    return `it has ${later.chain.length} rotations, and the earlier file has ${last[0]} that are final: some were removed`;
  const shared = known.filter(([number]) => hashes.has(number));
  if (shared.length === 0) return notMeeting(later, last[0]);
  const other = shared.find(([number, hash]) => hashes.get(number) !== hash);
  if (other) return `entry ${other[0]} is another one than in the earlier file: the history was changed`;
  if (shared.at(-1)?.[0] !== last[0]) return `entry ${last[0]} of the earlier file is not in it`;
  return openProblem(earlier, later);
}

function notMeeting({ chain }: Predicate, last: number): string {
  return `it begins after entry ${chain.before}, and the earlier file ends with entry ${last}: they do not meet. Make it with an earlier --since`;
}

/**
 * The newest rotation of the earlier file, where a run could still finish it: it may have changed, and may not be gone. A
 * later one that names it counts, too, for then a finding says that it is missing.
 */
function openProblem(earlier: Predicate, later: Predicate): string | undefined {
  const open = earlier.entries.find(({ final }) => !final);
  if (open === undefined) return undefined;
  if (open.number <= later.chain.before) return notMeeting(later, open.number);
  const isThere = later.entries.some(
    ({ id, follows, number }) => follows === open.id || (id === open.id && number === open.number),
  );
  return isThere
    ? undefined
    : `entry ${open.number} of the earlier file (${open.id}), which was ${open.outcome}, is not in it: it was removed`;
}

/** What a file beside the evidence is: `same`, `changed`, or `unknown` to it. */
export function besideState(
  { subject }: Statement,
  name: string,
  bytes: Uint8Array,
): 'same' | 'changed' | 'unknown' {
  const named = subject.find((each) => each.name === `file ${name}`);
  if (named === undefined) return 'unknown';
  return named.digest.sha256 === sha256(bytes) ? 'same' : 'changed';
}

/** Names of the files that were written beside it. */
export function besideNames({ subject }: Statement): string[] {
  return subject.filter(({ name }) => name.startsWith('file ')).map(({ name }) => name.slice('file '.length));
}

export type { Entry };
