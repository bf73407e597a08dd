import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { people, suites } from './root';

/** Where it is recorded which roots were tried, from the folder of the package. */
export const RESULTS = ['test', 'roots', 'RESULTS.json'] as const;

/** A try that went well: what is missing was said with one command, and after it `npm start` went to its end. */
const triedSchema = z.strictObject({
  suite: z.enum(suites),
  person: z.enum(people),
  date: z.iso.date(),
  commit: z.string(),
  emptyCaches: z.boolean(),
  /** The one command that the set-up printed. */
  command: z.string(),
  /** Of the first start, the command and the last start. */
  seconds: z.tuple([z.number(), z.number(), z.number()]),
});
export type Tried = z.infer<typeof triedSchema>;

/** What is recorded; nothing when there is no record. @throws Error when it is none */
export function readResults(file: string): Tried[] {
  return existsSync(file) ? z.array(triedSchema).parse(JSON.parse(readFileSync(file, 'utf8'))) : [];
}

const TITLES = { bookworm: 'Debian 12', trixie: 'Debian 13' };

/** Who works in a root, for people. */
export const WHO = { root: 'root', user: 'an ordinary user' };

/** The rows of the table in docs/development.md. Pure. */
export function tableRows(results: readonly Tried[]): string[] {
  return results.map(({ suite, person, date, commit, emptyCaches, command }) => {
    const packages = /--no-install-recommends ([^']+)/.exec(command)?.[1]?.trim() ?? 'the lists alone';
    const caches = emptyCaches ? 'empty' : "Go's and npm's own were there";
    return `| ${TITLES[suite]} | ${WHO[person]} | ${packages} | ${caches} | ${date}, ${commit} |`;
  });
}
