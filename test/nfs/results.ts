import { z } from 'zod';
import type { Measures } from './measures';
import { measuresSchema } from './measures';

/** One run of `npm run test:nfs`, as test/nfs/RESULTS.json has it. */
export const recordSchema = z.object({
  date: z.iso.date(),
  /** The commit whose reader and writer were run. */
  commit: z.string(),
  mountOptions: z.string(),
  measures: measuresSchema,
});
export type Recorded = z.infer<typeof recordSchema>;

/** The longest time, in seconds, for which a client found the old file by its name. */
export function longestWindow({
  nextOpen,
  heldByItself,
  heldByAnother,
  heldLongUnchanged,
}: Measures): number {
  return Math.max(nextOpen, heldByItself, heldByAnother, ...heldLongUnchanged);
}

/** The same for `stat`, by which opcache decides whether it reads a file anew. */
export function longestStat({ statFree, statHeld }: Measures): number {
  return Math.max(statFree, statHeld);
}

/** What must hold, each a sentence; and whether it does. `oldLoginSeconds` is the product's default. */
export function claims(measures: Measures, oldLoginSeconds: number): [claim: string, holds: boolean][] {
  const { race, hang } = measures;
  const longest = Math.max(longestWindow(measures), longestStat(measures));
  // Beside its limit, the product takes the time of a few calls; the machine is an emulated one.
  const slack = 10;
  return [
    ['an open by name finds the new file within 2 s while nobody holds the old one', measures.nextOpen < 2],
    [
      'the product finds the new file within 2 s also while another client holds the old one',
      measures.productHeld < 2,
    ],
    [
      `no client finds the old file for longer than the default window of ${oldLoginSeconds} s`,
      longest <= oldLoginSeconds,
    ],
    ['the product reads without an error while another client replaces the file', race.errors.length === 0],
    ['the race was one: at least 10 writes and 10 reads', race.writes >= 10 && race.reads >= 10],
    ['each write keeps the owner and the mode', measures.kept],
    [
      'without the server the product gives up within its limit, and says so',
      hang.message.includes(`has not answered for ${hang.limit} s`) && hang.read < hang.limit * 2 + slack,
    ],
    ['a write that was cut off at the rename says so', hang.written.includes('has not answered')],
    ['and does not replace the file when the server is back', hang.unchanged],
    ['a stale handle is told by its name', measures.stale.includes('network file handle is stale')],
  ];
}

const seconds = (value: number): string => `${value.toFixed(1)} s`;

/** The measures as a table of Markdown. */
export function tableLines({ date, commit, measures }: Recorded): string[] {
  const { heldLongUnchanged, race, hang } = measures;
  const rows: [string, string][] = [
    ['opens by name, nobody holds the old file open', seconds(measures.nextOpen)],
    ['the product reads, another client holds it open', seconds(measures.productHeld)],
    [
      'opens by name, this client holds it open; the folder has changed lately',
      `${seconds(measures.heldByItself)}, by the moment of the write`,
    ],
    [
      'opens by name, another client holds it open; the folder has changed lately',
      `${seconds(measures.heldByAnother)}, by the moment of the write`,
    ],
    [
      'opens by name, another client holds it open; the folder has not changed for minutes',
      `${seconds(Math.min(...heldLongUnchanged))} to ${seconds(Math.max(...heldLongUnchanged))}, by the moment of the write`,
    ],
    ['`stat` alone, nobody holds it open', seconds(measures.statFree)],
    [
      '`stat` alone, another client holds it open; the folder has not changed for minutes',
      seconds(measures.statHeld),
    ],
  ];
  return [
    '| what a client does after the write of another client | does not find the new file for |',
    '|---|---|',
    ...rows.map((row) => `| ${row.join(' | ')} |`),
    '',
    `Measured on ${date} with commit ${commit}, kernel ${measures.kernel}; ${race.writes} writes beside ${race.reads} reads of the product and`,
    `${race.plainReads} plain ones: ${race.errors.length} and ${race.plainErrors.length} errors; owner and mode kept: ${measures.kept ? 'yes' : 'no'} (${measures.owner}). The server away, limit ${hang.limit} s:`,
    `given up after ${seconds(hang.read)}, and the file read again ${seconds(hang.back)} after the network was back.`,
  ];
}
