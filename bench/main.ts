import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { databaseNamed, startLab } from '../lab';
import type { Database } from '../lab';
import { packageFolder } from '../src/base/packageFolder';
import { benchmark } from './benchmark';
import { growth } from './growth';
import { resultLines } from './results';

const usage = `npm run bench -- [options]

Measures the command in a lab of its own: wall time, floor, phases, calls and memory.

  --repeats N                how often each is measured (default 5)
  --database NAME            mysql (8.0, default), mysql-9, mariadb (10.11) or mariadb-11
  --growth                   instead: stacks side by side, a long history, many sites
  --stacks 1,5               how many stacks side by side
  --write                    puts the result into bench/README.md
`;

interface Choices {
  repeats: number;
  database: Database;
  growth: boolean;
  stacks: number[];
  write: boolean;
}

/** Reads the command line; undefined when only help was asked for. Throws when it is wrong. */
function choose(args: string[]): Choices | undefined {
  const { values } = parseArgs({
    args,
    options: {
      repeats: { type: 'string', default: '5' },
      database: { type: 'string', default: 'mysql' },
      growth: { type: 'boolean', default: false },
      stacks: { type: 'string', default: '1,5' },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const repeats = Number(values.repeats);
  if (!Number.isInteger(repeats) || repeats < 1) throw new Error('--repeats must be a number from 1');
  const database = databaseNamed(values.database);
  const stacks = values.stacks.split(',').map(Number);
  if (!stacks.every((count) => Number.isInteger(count) && count > 0))
    throw new Error('--stacks must be numbers from 1, as in 1,5');
  return { repeats, database, growth: values.growth, stacks, write: values.write };
}

/** Replaces what stands between two comments of bench/README.md. */
function writeResult(section: string, lines: readonly string[]): void {
  const file = path.join(packageFolder, 'bench', 'README.md');
  const text = readFileSync(file, 'utf8');
  const [begin, end] = [`<!-- ${section}: begin -->`, `<!-- ${section}: end -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < 0) throw new Error(`${file} has no place for ${section}`);
  const block = ['', '```text', ...lines, '```', ''].join('\n');
  writeFileSync(file, text.slice(0, from + begin.length) + block + text.slice(to));
}

async function main(): Promise<void> {
  const choices = choose(process.argv.slice(2));
  if (!choices) {
    console.log(usage);
    return;
  }
  const lab = await startLab({ database: choices.database });
  try {
    const lines = choices.growth
      ? await growth(lab, choices.stacks, choices.repeats)
      : resultLines(await benchmark(lab, await lab.createSite({ canary: true }), choices.repeats));
    console.log(lines.join('\n'));
    if (choices.write) writeResult(choices.growth ? 'growth' : 'result', lines);
  } finally {
    await lab.stop();
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
