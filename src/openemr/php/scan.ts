/**
 * A second, independent reading of the file, on the level of bytes: where PHP sees code, strings, comments and text.
 * The syntax tree is only believed where both readings agree, since a parser that takes a comment for code
 * (or the other way round) would make us change the wrong bytes.
 */
export interface Scan {
  /** `start-end` of each string in quotes. */
  strings: Set<string>;
  /** Offsets of each named variable outside strings, by name. */
  variables: Map<number, string>;
  /** Offsets of each single `&` in the code. */
  ampersands: number[];
  /** `start-end` of each heredoc or nowdoc text without variables and escapes. */
  heredocs: Set<string>;
  /** True at each offset that is code: no comment, no string, no text outside the PHP tags. */
  isCode(offset: number): boolean;
  /** True at each offset inside a string, quotes included. */
  isString(offset: number): boolean;
}

export type ScanResult =
  { kind: 'scan'; scan: Scan } | { kind: 'refused'; reason: string; offset: number; isQuote: boolean };

const openTag = /<\?(?:php(?=[ \t\r\n])|=)/iy;
const variable = /\$([A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]*)/y;
const blockComment = /\/\*[^]*?\*\//y;
// A line comment ends at the end of the line or before the closing tag, whatever comes first.
const lineComment = /(?:\/\/|#)(?:(?!\?>)[^\r\n])*/y;
const singleQuoted = /'[^\\']*(?:\\[^][^\\']*)*'/y;
// Of the braced interpolations, only those without quotes, escapes and further braces are followed.
const doubleQuoted =
  /"[^\\"{$]*(?:(?:\\[^]|\{(?!\$)|\$(?!\{)|(?:\{\$|\$\{)[A-Za-z0-9_\x80-\xff>'[\]-]*\})[^\\"{$]*)*"/y;
const notInCode = /[^\t\n\r\x20-\x7e\x80-\xff]/;
// The parser overlooks a backslash that belongs to no name.
const strayBackslash = /\\(?![A-Za-z_\x80-\xff])/;
/** A `\u{…}` that names no character: PHP refuses the file for it, the parser does not. */
const brokenEscape = /(?<!\\)(?:\\\\)*\\u\{(?!0*(?:10[0-9A-Fa-f]{4}|[0-9A-Fa-f]{1,5})\})/;
const ampersand = /(?<!&)&(?!&)/g;
/** Only with its closing name at the start of a line: what is indented, PHP cuts. */
const heredoc =
  /<<<[ \t]*(?:'([A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]*)'|("?)([A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]*)\2)(\r\n|\n)/y;
const plainCode = /[^'"`/#<?$]+/y;

/** Scans a file given as latin1 text. Refuses what could hide code from one of the two readings. */
export function scanPhp(source: string): ScanResult {
  const found = {
    strings: new Set<string>(),
    variables: new Map<number, string>(),
    code: new Uint8Array(source.length),
    ampersands: [] as number[],
    heredocs: new Set<string>(),
    last: ';',
  };
  let at = 0;
  let inCode = false;
  while (at < source.length) {
    const step: Step = inCode ? scanCode(source, at, found) : scanText(source, at);
    if ('reason' in step)
      return { kind: 'refused', reason: step.reason, offset: at, isQuote: step.reason === openQuote };
    at = step.next;
    inCode = step.inCode;
  }
  // The parser accepts a last statement without its semicolon; PHP does not.
  if (inCode && !/[;}]/.test(found.last))
    return { kind: 'refused', reason: unfinished, offset: source.length, isQuote: false };
  const { strings, variables, ampersands, heredocs, code } = found;
  return {
    kind: 'scan',
    scan: {
      strings,
      variables,
      ampersands,
      heredocs,
      isCode: (offset) => code[offset] === 1,
      isString: (offset) => code[offset] === 2,
    },
  };
}

type Step = { next: number; inCode: boolean } | { reason: string };
interface Found {
  strings: Set<string>;
  variables: Map<number, string>;
  /** For each offset: 1 in code, 2 in a string, else 0. */
  code: Uint8Array;
  ampersands: number[];
  heredocs: Set<string>;
  /** The last byte of code in this pair of tags, space and comments left out; a semicolon at the start. */
  last: string;
}

const openQuote = 'A text in quotes has no end, or nests code.';
const unfinished = 'The last statement of the file has no end.';

function scanText(source: string, at: number): Step {
  const tag = source.indexOf('<?', at);
  if (tag < 0) return { next: source.length, inCode: false };
  const length = match(openTag, source, tag)?.[0].length;
  if (length === undefined) return { reason: 'The file has a short or unknown opening tag.' };
  return { next: tag + length, inCode: true };
}

function scanCode(source: string, at: number, found: Found): Step {
  const plain = match(plainCode, source, at);
  if (plain) {
    if (notInCode.test(plain[0])) return { reason: 'The file has a control character in its code.' };
    if (strayBackslash.test(plain[0])) return { reason: 'The file has a stray backslash in its code.' };
    for (const { index } of plain[0].matchAll(ampersand)) found.ampersands.push(at + index);
    return mark(found, at, plain[0]);
  }
  const rest = source.slice(at, at + 3);
  if (rest.startsWith('?>')) {
    found.last = ';';
    return { next: at + 2, inCode: false };
  }
  if (rest.startsWith('/*')) return skip(match(blockComment, source, at), at, 'A comment has no end.');
  if (rest.startsWith('#[')) return { reason: 'The file uses an attribute.' };
  if (rest.startsWith('//') || rest.startsWith('#')) return skip(match(lineComment, source, at), at, '');
  if (rest.startsWith('<<<')) return scanHeredoc(source, at, found);
  if (rest.startsWith('`')) return { reason: 'The file runs a shell command.' };
  if (rest.startsWith("'") || rest.startsWith('"')) {
    const single = rest.startsWith("'");
    const text = match(single ? singleQuoted : doubleQuoted, source, at);
    if (text && !single && brokenEscape.test(text[0])) {
      return { reason: 'A text in quotes names a character that does not exist.' };
    }
    if (text) {
      found.strings.add(`${at}-${at + text[0].length}`);
      found.code.fill(2, at, at + text[0].length);
    }
    found.last = rest.charAt(0);
    return skip(text, at, openQuote);
  }
  const named = match(variable, source, at);
  if (named) found.variables.set(at, named[1] ?? '');
  return mark(found, at, named ? named[0] : rest.charAt(0));
}

/** A text that PHP takes as it stands. The first line that begins with its name ends it, as whole word or not. */
function scanHeredoc(source: string, at: number, found: Found): Step {
  const refusal = { reason: 'The file uses a heredoc or nowdoc text that cannot be followed safely.' };
  const [opening, nowdoc, , plain] = match(heredoc, source, at) ?? [];
  const label = nowdoc ?? plain;
  if (opening === undefined || label === undefined) return refusal;
  const begin = at + opening.length;
  const closing = new RegExp(`^[ \\t]*${label}(?![A-Za-z0-9_\\x80-\\xff])`, 'm');
  const ended = closing.exec(source.slice(begin));
  const text = ended ? source.slice(begin, begin + ended.index) : '';
  if (!ended || ended[0] !== label || text.includes('\r') !== opening.endsWith('\r\n')) return refusal;
  if (/\r(?!\n)|[\u2028\u2029]/.test(text) || (nowdoc === undefined && /[$\\]/.test(text))) return refusal;
  const end = begin + text.length + label.length;
  found.heredocs.add(`${at}-${end}`);
  found.code.fill(2, at, end);
  found.last = label.at(-1) ?? '';
  return { next: end, inCode: true };
}

function mark(found: Found, at: number, code: string): Step {
  found.code.fill(1, at, at + code.length);
  found.last = code.trimEnd().at(-1) ?? found.last;
  return { next: at + code.length, inCode: true };
}

function skip(matched: RegExpExecArray | undefined, at: number, reason: string): Step {
  return matched ? { next: at + matched[0].length, inCode: true } : { reason };
}

function match(sticky: RegExp, source: string, at: number): RegExpExecArray | undefined {
  sticky.lastIndex = at;
  return sticky.exec(source) ?? undefined;
}
