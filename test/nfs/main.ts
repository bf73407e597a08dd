import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot, tools } from '../../lab/package';
import { optionTable } from '../../src/settings/options';
import type { Measures } from './measures';
import { measuresSchema } from './measures';
import { mountOptions } from './mountOptions';
import type { Recorded } from './results';
import { claims, tableLines } from './results';
import { boot, nfsSetup } from './vm';

const usage = `npm run test:nfs -- [options]

Boots a virtual machine with an NFS 4.1 server and three clients of it, mounted as EFS is, and runs the product's own reader and writer there. About 5 minutes.

  --write   writes the result into test/nfs/RESULTS.json and docs/nfs.md`;

const LIMIT_MS = 20 * 60_000;

/** The end when the machine cannot be had here: as for settings that are missing. */
const EXIT_PREREQUISITE = 2;

/** Boots the machine and gives what it measured. @throws Error with what it said, when it measured nothing */
async function measure(tree: string): Promise<Measures> {
  let result: string | undefined;
  const last: string[] = [];
  const line = (text: string): void => {
    if (text.startsWith('RESULT ')) result = text.slice('RESULT '.length);
    else if (text.startsWith('SAYS ')) console.log(text.slice('SAYS '.length));
    else last.push(text);
  };
  await boot(tree, { limitMs: LIMIT_MS, line });
  if (result === undefined) throw new Error(`the machine gave no result:\n${last.slice(-20).join('\n')}`);
  return measuresSchema.parse(JSON.parse(result));
}

function write(recorded: Recorded): void {
  writeFileSync(
    path.join(packageRoot(), 'test', 'nfs', 'RESULTS.json'),
    `${JSON.stringify(recorded, undefined, 2)}\n`,
  );
  const page = path.join(packageRoot(), 'docs', 'nfs.md');
  const text = readFileSync(page, 'utf8');
  const [begin, end] = ['<!-- measured: begin -->', '<!-- measured: end -->'];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < 0) throw new Error(`${page} has no place for the result`);
  const block = ['', '', ...tableLines(recorded), '', ''].join('\n');
  writeFileSync(page, text.slice(0, from + begin.length) + block + text.slice(to));
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { write: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  let tree: string;
  try {
    tree = await nfsSetup().fetchNfsParts(path.join(tools().cache, 'logs', 'nfs.log'));
  } catch (error) {
    console.error(`The NFS test cannot run here: ${error instanceof Error ? error.message : String(error)}`);
    return EXIT_PREREQUISITE;
  }
  const measures = await measure(tree);
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
    cwd: packageRoot(),
    encoding: 'utf8',
  }).trim();
  const recorded: Recorded = { date: new Date().toISOString().slice(0, 10), commit, mountOptions, measures };
  console.log(`\n${tableLines(recorded).join('\n')}\n`);
  const judged = claims(measures, Number(optionTable.oldLoginSeconds.default));
  for (const [claim, holds] of judged) console.log(`${holds ? '✓' : '✗'} ${claim}`);
  if (values.write) write(recorded);
  return judged.every(([, holds]) => holds) ? 0 : 1;
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(`The NFS test failed: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  },
);
