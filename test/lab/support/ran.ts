import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Lab, Release } from '../../../lab';
import { machinery } from '../../../lab/demo/machinery';

/** Names the file in which the labs of a run say what they were made of; without it nothing is written down. */
export const NOTES_VARIABLE = 'TEST_PARTS_FILE';

const noteSchema = z.object({
  release: z.string(),
  parts: z.array(z.tuple([z.string(), z.array(z.string())])),
});

/** What a lab of this run was made of: each part with the version that it said itself. */
export type Note = z.infer<typeof noteSchema>;

/** Writes down what a lab is made of, once for each release: whichever process of the tests has started it. */
export async function noteDatabase(release: Release, lab: Lab): Promise<void> {
  const file = process.env[NOTES_VARIABLE];
  if (file === undefined || notes(file).some((note) => note.release === release)) return;
  const note: Note = { release, parts: await machinery(lab) };
  appendFileSync(file, `${JSON.stringify(note)}\n`);
}

/** What the labs of this run have written down, in the order of their starts. */
export function notes(file: string): Note[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => noteSchema.parse(JSON.parse(line)));
}
