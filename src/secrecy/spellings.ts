/*
 * A secret leaves a process in the spelling of whatever carries it: JSON of Go, PHP or JavaScript, SQL, PHP, a shell, a URL,
 * HTML, base64, hex, and one inside the other. Lists of spellings are never complete, so each character is given as what it
 * can look like, at any depth that occurs.
 */

/** Backslashes before an escape; four levels of JSON make sixteen of one. */
const some = '\\\\{1,16}';
const perhapsSome = '\\\\{0,15}';
/** A percent sign, also encoded again. */
const percent = '%(?:25){0,3}';
/** An ampersand, also as Go's JSON writes it, and encoded again. */
const ampersand = `(?:&|${some}u0026)(?:amp;){0,3}`;

const entities: Record<string, string> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' };

/** What stands behind a backslash for a control character: in JSON, in PHP, and as mysql2 writes it. */
const letters: Record<number, string> = {
  0: '0',
  7: 'a',
  8: 'b',
  9: 't',
  10: 'n',
  11: 'v',
  12: 'f',
  13: 'r',
  26: 'Z',
  27: 'e',
};

/** The source of a regular expression that finds a text in every spelling. */
export function spellingsOf(secret: string): string {
  const bytes = Buffer.from(secret, 'utf8');
  const base64 = [0, 1, 2].map((offset) => base64At(bytes, offset));
  return [charactersOf(secret), ...base64, anyCase(bytes.toString('hex'))].join('|');
}

function charactersOf(text: string): string {
  // A run of one sign is one part: parts that could share its backslashes would be tried in every split.
  const runs = text.match(/\\+|'+|"+|[\ud800-\udbff][\udc00-\udfff]|[^]/g) ?? [];
  return runs.map(partOf).join('');
}

function partOf(run: string): string {
  const [first = ''] = run;
  const times = run.length;
  if (/[A-Za-z0-9]/.test(first)) return run;
  if (first === '\\') return `(?:\\\\{${times},${16 * times}}|(?:${encoded(run)}){${times}})`;
  if (first === "'" || first === '"') return quotes(first, times, encoded(run));
  const plain = first < ' ' || first > '~' ? literal(run) : `${perhapsSome}${literal(run)}`;
  return `(?:${encoded(run)}|${plain}${first === ' ' ? '|\\+' : ''})`;
}

/** Quotes are also doubled, in SQL and YAML, and put outside of a shell's own. */
function quotes(quote: string, times: number, byNumber: string): string {
  const all = `{${times},${2 * times}}`;
  const forShell = quote === "'" ? `(?:'(?:\\\\'|"'")'){${times}}|` : '';
  return `(?:${forShell}${quote}${all}|(?:${some}${quote})${all}|(?:${byNumber})${all})`;
}

/** One character that is written by its number, or by a name. */
function encoded(run: string): string {
  const code = run.codePointAt(0) ?? 0;
  const char = String.fromCodePoint(code);
  const hex = code.toString(16);
  const units = [...Array(char.length).keys()].map(
    (index) => `${some}u${anyCase(char.charCodeAt(index).toString(16).padStart(4, '0'))}`,
  );
  const bytes = [...Buffer.from(char, 'utf8')];
  const behindBackslash = [`[uU](?:\\{0{0,6}${anyCase(hex)}\\}|0{0,4}${anyCase(hex.padStart(4, '0'))})`];
  if (code < 0x100) behindBackslash.push(`x${code < 16 ? '0?' : ''}${anyCase(hex)}`);
  if (code < 0x80) behindBackslash.push(`0{0,2}${code.toString(8)}`);
  const letter = letters[code];
  if (letter !== undefined) behindBackslash.push(letter);
  const name = entities[char];
  return [
    ...(char.length > 1 ? [units.join('')] : []),
    `${some}(?:${behindBackslash.join('|')})`,
    ...(code < 0x80 ? [] : [eachByte(bytes, 16, `${some}x`), eachByte(bytes, 8, some)]),
    eachByte(bytes, 16, percent),
    `${ampersand}(?:#0{0,4}${code}|#[xX]0{0,4}${anyCase(hex)}${name === undefined ? '' : `|${name}`});`,
  ].join('|');
}

function eachByte(bytes: number[], radix: 8 | 16, before: string): string {
  const digits = (byte: number): string => byte.toString(radix).padStart(radix === 8 ? 3 : 2, '0');
  return bytes.map((byte) => before + anyCase(digits(byte))).join('');
}

/** Hex digits in either case. */
function anyCase(hex: string): string {
  return hex.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}

function literal(char: string): string {
  const units = [...Array(char.length).keys()].map((index) => char.charCodeAt(index));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}

/**
 * Bytes inside a longer base64 text, so many bytes behind a whole group of three, as a password stands in the header of a
 * basic login. What the first and the last character say of others' bits too is left out at the beginning, and taken
 * along at the end.
 */
function base64At(bytes: Buffer, offset: number): string {
  const around = Buffer.concat([Buffer.alloc(offset), bytes, Buffer.alloc(2)]).toString('base64');
  const bits = 8 * (offset + bytes.length);
  const own = around.slice(Math.ceil((8 * offset) / 6), Math.floor(bits / 6));
  const chars = [...own].map((char) => {
    if (char === '+') return `(?:-|${partOf('+')})`;
    return char === '/' ? `(?:_|${partOf('/')})` : char;
  });
  const end = bits % 6 === 0 ? '' : `(?:[A-Za-z0-9+/_-](?:=|${percent}3[dD]){0,2})?`;
  return chars.join('') + end;
}
