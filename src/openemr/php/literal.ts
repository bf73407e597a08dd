/** Reads and writes PHP literals byte by byte, as PHP 8 does: strings in single or double quotes, and whole numbers. */

export type LiteralStyle = 'single' | 'double' | 'number';

export type Literal =
  { kind: 'literal'; style: LiteralStyle; value: Buffer } | { kind: 'interpolated' } | { kind: 'unknown' };

const canonicalNumber = /^(0|[1-9][0-9]{0,14})$/;
/** True for a whole number as PHP itself writes it. */
export function isCanonicalNumber(text: string): boolean {
  return canonicalNumber.test(text);
}

const unknown: Literal = { kind: 'unknown' };

/** The value of one whole literal. Its source is given as latin1 text: one character for each byte of the file. */
export function decodeLiteral(source: string): Literal {
  if (canonicalNumber.test(source)) {
    return { kind: 'literal', style: 'number', value: Buffer.from(source, 'latin1') };
  }
  const quote = source[0];
  if (source.length < 2 || source.at(-1) !== quote) return unknown;
  const body = source.slice(1, -1);
  if (quote === "'") return decodeSingle(body);
  if (quote === '"') return decodeDouble(body);
  return unknown;
}

/** A literal that PHP evaluates to exactly these bytes, in the given style where that style can hold them. */
export function encodeLiteral(style: LiteralStyle, value: Buffer): Buffer {
  const text = value.toString('latin1');
  if (style === 'number' && canonicalNumber.test(text)) return Buffer.from(value);
  const source =
    style === 'double' ? `"${text.replace(/[\\"$]/g, '\\$&')}"` : `'${text.replace(/[\\']/g, '\\$&')}'`;
  return Buffer.from(source, 'latin1');
}

function decodeSingle(body: string): Literal {
  // An unescaped quote would have ended the literal, and a backslash at the end would have escaped its last quote.
  if (!/^[^\\']*(?:\\[^][^\\']*)*$/.test(body)) return unknown;
  return literal('single', body.replace(/\\([\\'])/g, '$1'));
}

function decodeDouble(body: string): Literal {
  if (!/^[^\\"]*(?:\\[^][^\\"]*)*$/.test(body)) return unknown;
  const plain = body.replace(/\\[^]/g, '__');
  if (/\$[A-Za-z_{\x80-\xff]|\{\$/.test(plain)) return { kind: 'interpolated' };
  let invalid = false;
  const value = body.replace(escapeSequence, (whole, ...groups: (string | undefined)[]) => {
    const [simple, octal, hex, codePoint, malformed] = groups;
    if (simple !== undefined) return simpleEscapes[simple] ?? whole;
    // PHP keeps the low eight bits of an octal escape: "\400" is a NUL byte.
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    if (codePoint !== undefined) {
      const utf8 = encodeCodePoint(Number.parseInt(codePoint, 16));
      if (utf8 !== undefined) return utf8;
    }
    if (codePoint !== undefined || malformed !== undefined) invalid = true;
    return whole;
  });
  return invalid ? unknown : literal('double', value);
}

const simpleEscapes: Record<string, string> = {
  n: '\n',
  t: '\t',
  r: '\r',
  v: '\v',
  f: '\f',
  e: '\x1b',
  '\\': '\\',
  $: '$',
  '"': '"',
};

// The last alternative keeps the scan in step: a backslash before any other byte stands for itself and that byte.
const escapeSequence =
  /\\(?:([ntrvfe\\$"])|([0-7]{1,3})|[xX]([0-9A-Fa-f]{1,2})|u\{([0-9A-Fa-f]+)\}|(u\{)|[^])/g;

function encodeCodePoint(codePoint: number): string | undefined {
  // PHP writes lone surrogates as three bytes that are not UTF-8; no password of ours can hold them.
  if (codePoint > 0x10ffff || (codePoint >= 0xd800 && codePoint <= 0xdfff)) return undefined;
  return Buffer.from(String.fromCodePoint(codePoint), 'utf8').toString('latin1');
}

function literal(style: LiteralStyle, latin1: string): Literal {
  return { kind: 'literal', style, value: Buffer.from(latin1, 'latin1') };
}
