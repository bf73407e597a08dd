/**
 * Reads the database login out of OpenEMR's `sqlconf.php` and puts another one in its place.
 * Only the literals of the five values are replaced; every other byte of the file stays. What this reader cannot
 * follow with certainty is refused, so that a file is never changed on a guess.
 */
import { encodeLiteral } from './literal';
import { sqlconfFields } from './fields';
import type { SqlconfField, SqlconfProblem } from './fields';
import { isCanonicalNumber } from './literal';
import type { DatabaseLogin } from '../../rotation/slot';
import type { ParsedPhp } from './php';
import { parsePhp } from './php';
import { Reading } from './reading';
import type { FoundLiteral } from './reading';
import { scanPhp } from './scan';
import { readProgram } from './statements';

export type { SqlconfField, SqlconfProblem } from './fields';

export interface ReadableSqlconf {
  kind: 'parsed';
  login: DatabaseLogin;
  /** False if the file has no place for a port: then only MySQL's own port can be rendered. */
  portIsWritable: boolean;
  /** What OpenEMR itself will not do with this file; each one sentence, and none stops a rotation. */
  remarks: string[];
  /** Why `render` would refuse this login; empty if it would not. */
  check(login: DatabaseLogin): SqlconfProblem[];
  /** The file with this login. Throws a SqlconfRenderError if `check` has a problem with it. */
  render(login: DatabaseLogin): Buffer;
}

export type ParsedSqlconf = ReadableSqlconf | { kind: 'refused'; problems: SqlconfProblem[] };

export class SqlconfRenderError extends Error {
  override readonly name = 'SqlconfRenderError';
  constructor(readonly problems: readonly SqlconfProblem[]) {
    super(problems.map((problem) => problem.reason).join(' '));
  }
}

/** What MySQL clients take when no port is given, as OpenEMR then does. */
const defaultPort = '3306';
/** OpenEMR's own file has less than 2 KiB; the limit bounds the time that a hostile file can take. */
const largestFile = 64 * 1024;

const loginKeys: Record<SqlconfField, keyof DatabaseLogin> = {
  host: 'host',
  port: 'port',
  login: 'username',
  pass: 'password',
  dbase: 'dbname',
};

/** Reads a `sqlconf.php` as PHP 8 would evaluate it. Never throws, and no reason it gives holds a value. */
export function parseSqlconf(bytes: Buffer): ParsedSqlconf {
  if (bytes.length > largestFile) return refused({ reason: 'The file is larger than 64 KiB.' });
  try {
    return parse(bytes);
  } catch (error) {
    if (error instanceof RangeError) return refused({ reason: 'The file nests too deeply.' });
    throw error;
  }
}

function parse(bytes: Buffer): ParsedSqlconf {
  // One character for each byte, so that offsets of the parser are offsets in the file, whatever its encoding.
  const source = bytes.toString('latin1');
  if (isUtf16(source))
    return refused({ reason: 'The file is in UTF-16, which PHP cannot read; save it as UTF-8.' });
  const scanned = scanPhp(source);
  const parsed = parsePhp(source);
  // A quote that ends its text too early is seen by PHP there, and by the scan only where the last text has no end.
  if (scanned.kind === 'refused' && !(scanned.isQuote && parsed.kind === 'invalid')) {
    return refused({ reason: scanned.reason, line: lineAt(source, scanned.offset) });
  }
  if (parsed.kind === 'invalid' || scanned.kind === 'refused') return invalid(parsed);
  const reading = new Reading(source, scanned.scan);
  readProgram(reading, parsed.root);
  const outside = reading.problems.find(({ outside: from }) => from !== undefined);
  if (outside) return refused(outside);
  if (reading.problems.length > 0) return refused(...reading.problems);
  if (!reading.agrees()) return refused({ reason: 'The file cannot be read without doubt.' });
  return settle(bytes, reading);
}

function invalid(parsed: ParsedPhp): ParsedSqlconf {
  const line = parsed.kind === 'invalid' ? parsed.line : undefined;
  const reason =
    'The file is not valid PHP there; a quote or a backslash within a value may lack the backslash before it.';
  return refused({ reason, ...(line !== undefined && { line }) });
}

/** By its mark, or by the zero byte beside each character of the opening tag. */
function isUtf16(source: string): boolean {
  return /^(\xff\xfe|\xfe\xff|<\0\?\0|\0<\0\?)/.test(source);
}

/** Decides which literal holds which value, now that the whole file is known. */
function settle(bytes: Buffer, reading: Reading): ParsedSqlconf {
  const problems: SqlconfProblem[] = [];
  const places = new Map<SqlconfField, FoundLiteral>();
  const login: DatabaseLogin = { host: '', port: defaultPort, username: '', password: '', dbname: '' };
  for (const field of sqlconfFields) {
    const place = placeOf(reading, field);
    if (place === undefined) continue;
    if ('reason' in place) {
      problems.push({ ...place, field });
      continue;
    }
    const text = decodeUtf8(place.value);
    if (text === undefined) {
      problems.push({ reason: `The value of ${field} is not valid UTF-8.`, line: place.line, field });
      continue;
    }
    places.set(field, place);
    login[loginKeys[field]] = text;
  }
  const { returnedAt } = reading;
  const orders = [...reading.values.values(), ...reading.entries.values()].map(({ order }) => order);
  if (returnedAt && orders.some((order) => order > returnedAt.order)) {
    problems.push({ reason: 'The file returns before the login is complete.', line: returnedAt.line });
  }
  return problems.length > 0
    ? refused(...problems)
    : readable(bytes, login, places, remarksOf(reading, places));
}

function remarksOf(reading: Reading, places: ReadonlyMap<SqlconfField, FoundLiteral>): string[] {
  const hasArray = reading.arrayMadeAt !== undefined || reading.entries.size > 0;
  return [
    ...(reading.config !== undefined && /^(0*|0*\.0*)$/.test(reading.config)
      ? ['$config is 0, which means "not installed": a new pod may run the set-up; set it to 1.']
      : []),
    ...(hasArray
      ? []
      : ['It has no $sqlconf, which is all that OpenEMR reads; fill it as its installer does.']),
    ...(places.has('port')
      ? []
      : ["It has no port, without which OpenEMR of 2026 stops; add $port and $sqlconf['port']."]),
  ];
}

function placeOf(reading: Reading, field: SqlconfField): FoundLiteral | SqlconfProblem | undefined {
  const value = reading.values.get(field);
  const entry = reading.entries.get(field);
  const usesArray = reading.arrayMadeAt !== undefined || reading.entries.size > 0;
  const literal = value?.literal ?? entry?.literal;
  if (!literal) {
    return field === 'port' ? undefined : { reason: `The file gives no value for ${field}.` };
  }
  const { line } = literal;
  const unset = reading.unsets.get(field);
  if (unset && (!entry || entry.order > unset.order || (value && value.order > unset.order)))
    return { reason: `$${field} is unset before its value is used.`, line: unset.line };
  if (literal.cast && field !== 'port') return { reason: `The value of ${field} is no text.`, line };
  if (value && entry?.literal) {
    return { reason: `Both $${field} and $sqlconf['${field}'] hold a value of their own.`, line };
  }
  if (value && usesArray && !entry) return { reason: `$sqlconf does not take the value of $${field}.`, line };
  if (value && entry && entry.order < value.order) {
    return { reason: `$sqlconf takes $${field} before that has its value.`, line };
  }
  if (value && (reading.globals.get(field) ?? 0) > value.order) {
    return { reason: `$${field} is declared global after it has its value.`, line };
  }
  if (entry && (reading.globals.get('sqlconf') ?? 0) > entry.order) {
    return { reason: '$sqlconf is declared global after it was filled.', line };
  }
  return literal;
}

function readable(
  bytes: Buffer,
  login: DatabaseLogin,
  places: ReadonlyMap<SqlconfField, FoundLiteral>,
  remarks: string[],
): ReadableSqlconf {
  const check = (next: DatabaseLogin): SqlconfProblem[] =>
    sqlconfFields.flatMap((field) => {
      const text = next[loginKeys[field]];
      if (/\p{Surrogate}/u.test(text))
        return [{ reason: `The new value of ${field} is not valid Unicode.`, field }];
      if (places.get(field)?.cast === 'int' && !isCanonicalNumber(text))
        return [{ reason: `The new value of ${field} is no whole number.`, field }];
      if (!places.has(field) && text !== login[loginKeys[field]]) {
        return [{ reason: `The file has no ${field}, and the new one is not ${defaultPort}.`, field }];
      }
      return [];
    });
  const render = (next: DatabaseLogin): Buffer => {
    const problems = check(next);
    if (problems.length > 0) throw new SqlconfRenderError(problems);
    return splice(bytes, login, next, places);
  };
  return { kind: 'parsed', login, portIsWritable: places.has('port'), remarks, check, render };
}

function splice(
  bytes: Buffer,
  login: DatabaseLogin,
  next: DatabaseLogin,
  places: ReadonlyMap<SqlconfField, FoundLiteral>,
): Buffer {
  const parts: Buffer[] = [];
  let copied = 0;
  for (const [field, place] of [...places].sort(([, a], [, b]) => a.start - b.start)) {
    const text = next[loginKeys[field]];
    if (text === login[loginKeys[field]]) continue;
    // Only a port stays a number: for the others a text in quotes says more clearly what they are.
    const style = place.style === 'number' && field !== 'port' ? 'single' : place.style;
    parts.push(bytes.subarray(copied, place.start), encodeLiteral(style, Buffer.from(text, 'utf8')));
    copied = place.end;
  }
  parts.push(bytes.subarray(copied));
  return Buffer.concat(parts);
}

function refused(...problems: SqlconfProblem[]): ParsedSqlconf {
  return { kind: 'refused', problems };
}

function decodeUtf8(value: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value);
  } catch {
    return undefined;
  }
}

function lineAt(source: string, offset: number): number {
  return source.slice(0, offset).split('\n').length;
}
