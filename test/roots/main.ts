import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../../lab/package';
import { readResults, RESULTS, tableRows, WHO } from './results';
import type { Tried } from './results';
import type { Person, Suite } from './root';
import { people, printedCommand, Root, suites } from './root';

const usage = `npm run test:roots -- [options] [bookworm] [trixie]

Does what README.md says in Debian roots that have nothing but npm: npm start, the one command that it prints for what is missing, and npm start
to its end. As root and as an ordinary user, with the last commit of this checkout. Needs root, mmdebstrap and 30 GB; an hour or more.
The first root has empty caches; the others get what Go and npm keep of it, and nothing that the set-up has made. What went well is recorded in
test/roots/RESULTS.json.

  --as root|user    as one of them only
  --folder FOLDER   works below this folder, and leaves it; roots' archives and caches that are there are taken
  --keep            leaves the roots, too`;

/** For a machine that lacks something. */
const EXIT_PREREQUISITE = 2;

/** What the demonstration ends with. */
const AT_THE_END = /✓ OpenEMR runs on slot B/;

/** Follows README.md. @throws Error that says which step did not do what it promises */
async function follow(root: Root): Promise<Pick<Tried, 'seconds' | 'command'>> {
  const first = await root.run('npm start');
  if (first.code !== EXIT_PREREQUISITE)
    throw new Error(`the first npm start ended with ${first.code}, and not with what is missing`);
  if (root.made().length > 0)
    throw new Error('the first npm start has made something before it said what is missing');
  const command = printedCommand(first.output);
  const installed = await root.run(command);
  if (installed.code !== 0) throw new Error(`the command that it prints failed: ${command}`);
  const last = await root.run('npm start');
  if (last.code !== 0 || !AT_THE_END.test(last.output))
    throw new Error(`npm start after it ended with ${last.code}`);
  return { command, seconds: [first.seconds, installed.seconds, last.seconds] };
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      as: { type: 'string' },
      folder: { type: 'string' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const wanted = suites.filter((suite) => positionals.length === 0 || positionals.includes(suite));
  const persons = people.filter((person) => values.as === undefined || values.as === person);
  const unknown = positionals.some((each) => !suites.some((suite) => suite === each));
  if (values.help || unknown || persons.length === 0) {
    console.log(usage);
    return values.help ? 0 : EXIT_PREREQUISITE;
  }
  if (process.getuid?.() !== 0) {
    console.error('A root is entered by chroot: start this as root.');
    return EXIT_PREREQUISITE;
  }
  const folder = path.resolve(values.folder ?? mkdtempSync(path.join(tmpdir(), 'roots-')));
  mkdirSync(folder, { recursive: true });
  const caches = path.join(folder, 'caches');
  try {
    for (const suite of wanted)
      for (const person of persons) record(await tryOne(folder, caches, suite, person, values.keep));
  } finally {
    if (values.folder === undefined && !values.keep) rmSync(folder, { recursive: true, force: true });
  }
  return 0;
}

/** Puts a try into the record, in the place of an earlier one of the same kind. */
function record(tried: Tried): void {
  const file = path.join(packageRoot(), ...RESULTS);
  const results = [
    ...readResults(file).filter(({ suite, person }) => suite !== tried.suite || person !== tried.person),
    tried,
  ];
  writeFileSync(file, `${JSON.stringify(results, undefined, 2)}\n`);
  console.log(`\nFor docs/development.md:\n${tableRows([tried]).join('\n')}`);
}

async function tryOne(
  folder: string,
  caches: string,
  suite: Suite,
  person: Person,
  keep: boolean,
): Promise<Tried> {
  console.log(`\n──── ${suite}, as ${WHO[person]}`);
  const archive = path.join(folder, `${suite}.tar`);
  Root.makeArchive(suite, archive);
  const root = Root.make(archive, path.join(folder, `${suite}-${person}`), person, packageRoot());
  const emptyCaches = !root.takeCaches(caches);
  const [date = ''] = new Date().toISOString().split('T');
  try {
    return { suite, person, date, commit: root.commit(), emptyCaches, ...(await follow(root)) };
  } finally {
    root.leaveCaches(caches);
    if (!keep) root.remove();
  }
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);
