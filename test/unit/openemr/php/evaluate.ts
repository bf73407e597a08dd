import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { packageRoot, tools } from '../../../../lab/package';
import { sqlconfFields } from '../../../../src/openemr/php/fields';
import type { SqlconfField } from '../../../../src/openemr/php/fields';

/** The exit code after a file that left a function behind: the next one needs a process of its own. */
const goesOn = 77;

type Values = Record<SqlconfField, string | null>;

/** What real PHP makes of one file: the values (text, byte strings that are no UTF-8 as latin1), or the error. */
export interface Evaluation {
  error?: string;
  variables?: Values;
  array?: Values | null;
}

/**
 * Evaluates files with real PHP, in one process for all. A file that ends the process itself (a fatal error, `exit`)
 * counts as an error, and a new process goes on after it.
 */
export function evaluateAll(files: readonly Buffer[]): Evaluation[] {
  const results: Evaluation[] = [];
  while (results.length < files.length) {
    const input = files
      .slice(results.length)
      .map((file) => `${file.toString('base64')}\n`)
      .join('');
    const run = spawnSync(tools().php, [path.join(packageRoot(), 'test/unit/openemr/php/evaluate.php')], {
      input,
      encoding: 'utf8',
      maxBuffer: 1024 ** 3,
    });
    if (run.error) throw run.error;
    const lines = run.stdout.split('\n').slice(0, -1);
    results.push(...lines.map((line) => decode(JSON.parse(line) as Evaluation)));
    if (results.length < files.length && run.status !== goesOn) results.push({ error: 'PHP ended' });
  }
  return results;
}

/** The values a program gets that includes the file; undefined when PHP cannot say, or when the two places differ. */
export function effectiveValues({ variables, array }: Evaluation): Values | undefined {
  if (!variables) return undefined;
  const values: Values = { ...variables };
  for (const field of sqlconfFields) {
    const entry = array?.[field] ?? null;
    if (variables[field] !== null && array && entry !== variables[field]) return undefined;
    values[field] = variables[field] ?? entry;
  }
  return values;
}

function decode(evaluation: Evaluation): Evaluation {
  for (const values of [evaluation.variables, evaluation.array]) {
    if (!values) continue;
    for (const field of sqlconfFields) {
      const value = values[field];
      if (value !== null && !value.startsWith('!'))
        values[field] = Buffer.from(value, 'base64').toString('latin1');
    }
  }
  return evaluation;
}
