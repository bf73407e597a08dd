import fc from 'fast-check';
import type { GeneratedFile } from './generate';

// Pieces at which two readers of PHP most easily part ways. None of them ends or jumps on purpose, so PHP goes on.
const pieces = [
  '?>',
  '<?php ',
  '<?=',
  '<?',
  '/*',
  '*/',
  '//',
  '#',
  '#[',
  '<<<E\n',
  "<<<'E'\n",
  '\nE;\n',
  "'",
  '"',
  '`',
  '\\',
  '\r',
  '\n',
  '\0',
  '{',
  '}',
  '(',
  ')',
  '[',
  ']',
  ';',
  ',',
  '=',
  '.',
  '$',
  '&',
  '@',
  '=>',
  '$pass',
  "$pass = 'm';",
  '$host',
  '$sqlconf',
  "['pass']",
  'if (0) ',
  'if (1) ',
  'else ',
  'b',
  '\xa0',
  '\xe4',
  '\x7f',
  '{$',
  '${',
  "'x'",
  '"x"',
  '1',
  '0x1',
  'null',
  '<%',
  '/**/',
  ' ',
  '$$',
  'unset($pass);',
  "const X = 'x';",
  'use A\\B;',
  'function f() {',
  '}',
  '<<<A\nA\n',
  "<<<'A'\nA\n",
  '(int)',
  '(string)',
  " . 'x'",
  "$login = $sqlconf['login'];",
  'global $pass;',
  'return;',
  '<script language="php">',
  '__halt_compiler();',
  'namespace A;',
  '::',
  '->',
  '?',
  ':',
];

/** One damaged copy of each file: a few pieces put in, or bytes taken out, at random places. */
export function mutate(files: readonly GeneratedFile[], seed: number): Buffer[] {
  const damage = fc.sample(
    fc.array(
      fc.record({
        at: fc.nat(1_000_000),
        cut: fc.constantFrom(0, 0, 0, 1, 2, 9),
        piece: fc.constantFrom(...pieces, ''),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    { numRuns: files.length, seed },
  );
  return files.map(({ bytes }, index) => {
    let text = bytes.toString('latin1');
    for (const { at, cut, piece } of damage[index] ?? []) {
      const place = at % (text.length + 1);
      text = text.slice(0, place) + piece + text.slice(place + cut);
    }
    return Buffer.from(text, 'latin1');
  });
}
