import fc from 'fast-check';
import type { DatabaseLogin } from '../../../../src/rotation/slot';
import { sqlconfFields } from '../../../../src/openemr/php/fields';
import type { SqlconfField } from '../../../../src/openemr/php/fields';

/** A well-formed file in one of the many layouts that people use, and the login it was made to hold. */
export interface GeneratedFile {
  bytes: Buffer;
  login: DatabaseLogin;
  /** The file with each literal of the login cut out: what must never change. */
  frame: Buffer[];
}

const nasty = [
  '',
  "'",
  '"',
  '\\',
  "\\'",
  '\\\\',
  '$',
  '$x',
  '${x}',
  '{$x}',
  '%s',
  ';',
  '\n',
  '\r\n',
  '\0',
  '\t',
  '\x1b',
  '\\1',
  '\\n',
  '\\x41',
  '\\u{41}',
  '\\101',
  '<?php',
  '?>',
  '<?=',
  '/*',
  '*/',
  '//',
  '#',
  '#[',
  '<<<EOT',
  '`id`',
  'pässwörd',
  '密码',
  '🔑',
  '\u00a0',
  '\ufeff',
  '$host',
  "'; phpinfo(); //",
  '" . phpinfo() . "',
  "\\'; phpinfo(); //",
  '0',
  '00',
  '007',
  '1e3',
  'null',
  '{$',
  '$$',
  '\\$',
  '{\\$a}',
];

/** Any text that UTF-8 can hold, with the pieces that PHP could misread more often than chance would give them. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: 'binary', maxLength: 24 }) },
  {
    weight: 4,
    arbitrary: fc.array(fc.constantFrom(...nasty), { maxLength: 5 }).map((parts) => parts.join('')),
  },
  { weight: 3, arbitrary: fc.string({ unit: 'binary-ascii', maxLength: 40 }) },
  { weight: 2, arbitrary: fc.stringMatching(/^[A-Za-z0-9._-]{1,32}$/) },
);

const anyPort = fc.oneof(
  fc.constantFrom('3306', '3307', '33060', '0', '65535', '03306', ''),
  fc.integer({ min: 1, max: 65535 }).map(String),
  anyText,
);

export const anyLogin: fc.Arbitrary<DatabaseLogin> = fc.record({
  host: anyText,
  port: anyPort,
  username: anyText,
  password: anyText,
  dbname: anyText,
});

/** Draws `count` files from a seed. */
export function generateFiles(count: number, seed: number): GeneratedFile[] {
  return fc.sample(anyFile, { numRuns: count, seed });
}

type Quote = 'single' | 'double' | 'number';
type ArrayStyle = 'none' | 'linked' | 'direct' | 'mixed' | 'list';

const fillers = [
  '',
  '',
  '',
  '// it\'s a comment, "so" to say',
  '# $host = 1;',
  '/* \'" \\ */',
  '/* L\xe4tin */',
  '$db_encoding = "utf8mb4";',
  '$x = "$db {$y} ${z}";',
  "if (getenv('TLS') !== false) { $ssl = ['ca' => __DIR__ . '/ca.pem']; } else { $ssl = null; }",
  '$r = strlen("r");',
  '?> text <?php',
  '$list = array(1, 2 => "b",); foreach ($list as $k => $v) { $w = $v; }',
  '$a = @$b[0]["c"] ?? -1; $a .= \'x\'; $a++;',
  ';;',
  'mysqli_report(MYSQLI_REPORT_OFF);',
  '{ $c = (int)"5"; }',
];

const anyFile: fc.Arbitrary<GeneratedFile> = fc
  .record({
    login: anyLogin,
    quotes: fc.array(fc.constantFrom<Quote>('single', 'double', 'number'), { minLength: 5, maxLength: 5 }),
    order: fc.shuffledSubarray([...sqlconfFields], { minLength: 5 }),
    array: fc.constantFrom<ArrayStyle>('none', 'linked', 'linked', 'linked', 'direct', 'mixed', 'list'),
    eol: fc.constantFrom('\n', '\n', '\r\n', '\r', ' '),
    start: fc.constantFrom('<?php', '<?php', '<?php', '\ufeff<?php', '<?PHP', 'text before <?php'),
    head: fc.constantFrom(
      '',
      'declare(strict_types=1);',
      'namespace Site;',
      'global $disable_utf8_flag; $disable_utf8_flag = false;',
    ),
    end: fc.constantFrom(
      '',
      '\n',
      '?>',
      '?>\n',
      ' ?>text <b>$host = "no";</b>',
      '/* end */',
      '\nreturn;\n',
      '//',
      '// ?>x',
    ),
    fill: fc.array(fc.constantFrom(...fillers), { minLength: 24, maxLength: 24 }),
    gaps: fc.array(fc.constantFrom(' ', '', '   ', '\t', ' /* $pass = "no" */ '), {
      minLength: 24,
      maxLength: 24,
    }),
    spelling: fc.array(fc.nat(7), { minLength: 16, maxLength: 16 }),
    globals: fc.boolean(),
  })
  .map(assemble);

interface Choices {
  login: DatabaseLogin;
  quotes: Quote[];
  order: SqlconfField[];
  array: ArrayStyle;
  eol: string;
  start: string;
  head: string;
  end: string;
  fill: string[];
  gaps: string[];
  spelling: number[];
  globals: boolean;
}

/** Pieces are latin1 texts (one character a byte); those at odd places are literals. */
function assemble(choices: Choices): GeneratedFile {
  const { login, eol, array } = choices;
  const texts: Record<SqlconfField, string> = {
    host: login.host,
    port: login.port,
    login: login.username,
    pass: login.password,
    dbase: login.dbname,
  };
  const pieces: string[] = [Buffer.from(choices.start, 'utf8').toString('latin1')];
  const add = (text: string): void => {
    pieces[pieces.length - 1] += text;
  };
  let used = 0;
  const gap = (): string => choices.gaps[used++ % choices.gaps.length] ?? '';
  const line = (): void => {
    const filler = choices.fill[used++ % choices.fill.length] ?? '';
    const comment = filler.startsWith('//') || filler.startsWith('#');
    add(comment && eol === ' ' ? eol : eol + filler + eol);
  };
  const literal = (field: SqlconfField): void => {
    pieces.push(
      spell(texts[field], choices.quotes[sqlconfFields.indexOf(field)] ?? 'single', choices.spelling),
      '',
    );
  };
  add(eol);
  // A first statement must be the first: no text may come before it.
  if (/^<\?php$/i.test(choices.start) || choices.head.startsWith('global')) add(choices.head);
  const direct = (field: SqlconfField): boolean =>
    array === 'direct' || (array === 'mixed' && choices.order.indexOf(field) % 2 === 0);
  if (array !== 'list') {
    for (const field of choices.order) {
      line();
      if (direct(field)) continue;
      add(`${gap()}$${field}${gap()}=${gap()}`);
      literal(field);
      add(`${gap()};`);
    }
  }
  line();
  if (array !== 'none') arrayPart(choices, { add, gap, line, literal, direct });
  line();
  add(choices.end);
  return {
    bytes: Buffer.from(pieces.join(''), 'latin1'),
    login,
    frame: pieces.filter((_, index) => index % 2 === 0).map((piece) => Buffer.from(piece, 'latin1')),
  };
}

interface Writer {
  add: (text: string) => void;
  gap: () => string;
  line: () => void;
  literal: (field: SqlconfField) => void;
  direct: (field: SqlconfField) => boolean;
}

function arrayPart(choices: Choices, { add, gap, line, literal, direct }: Writer): void {
  if (choices.array === 'list') {
    add(choices.spelling[0] === 0 ? '$sqlconf = array(' : '$sqlconf = [');
    for (const field of choices.order) {
      add(`${gap()}'${field}'${gap()}=>${gap()}`);
      literal(field);
      add(',');
    }
    add(choices.spelling[0] === 0 ? "'x' => 1);" : '];');
    return;
  }
  add('$sqlconf = array();');
  if (choices.globals) add(' global $sqlconf;');
  for (const field of choices.order) {
    line();
    add(`$sqlconf${gap()}["${field}"]${gap()}=${gap()}`);
    if (direct(field)) literal(field);
    else add(`$${field}`);
    add(`${gap()};`);
  }
  add('$sqlconf["db_encoding"] = $db_encoding;');
}

/** One of the ways to write a text as a PHP literal, by code of its own and not by the product's. */
function spell(text: string, quote: Quote, choices: number[]): string {
  const bytes = [...Buffer.from(text, 'utf8')];
  if (quote === 'number' && /^(0|[1-9][0-9]{0,14})$/.test(text)) return text;
  if (quote !== 'double') {
    return `'${bytes
      .map((byte, index) => {
        const char = String.fromCharCode(byte);
        if (char === "'") return "\\'";
        // A lone backslash may stay, unless what follows would make it an escape.
        const next = bytes[index + 1];
        const needed = next === undefined || next === 0x27 || next === 0x5c || (choices[index % 16] ?? 0) > 3;
        const before = bytes[index - 1] === 0x5c;
        return char === '\\' && (needed || before) ? '\\\\' : char;
      })
      .join('')}'`;
  }
  return `"${bytes.map((byte, index) => spellDouble(byte, choices[index % 16] ?? 0)).join('')}"`;
}

const short: Record<number, string> = { 9: '\\t', 10: '\\n', 11: '\\v', 12: '\\f', 13: '\\r', 27: '\\e' };

function spellDouble(byte: number, choice: number): string {
  const char = String.fromCharCode(byte);
  const octal = `\\${byte.toString(8).padStart(3, '0')}`;
  if (choice === 0) return octal;
  if (choice === 1) return `\\x${byte.toString(16).padStart(2, '0')}`;
  if (choice === 2 && byte < 0x80) return `\\u{${byte.toString(16)}}`;
  if (choice === 3) return short[byte] ?? `\\X${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  if (choice === 4) return `\\${(byte + 0x100).toString(8)}`;
  return '"\\$'.includes(char) ? `\\${char}` : char;
}
