import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { Failure } from '../base/failure';
import { readStoredText } from '../base/stored';
import { unreadable } from '../base/unreadable';
import type { LoadCount } from './pastRotation';

const count = z.number().int().nonnegative();

/** Counted requests by the ids of their rotations; docs/json-history.md. */
const loadSchema = z.record(
  z.string(),
  z.object({
    requests: count,
    failed: count,
    /** When requests failed, and how. */
    failures: z.exactOptional(
      z.array(
        z.object({
          at: z.string().refine((text) => !Number.isNaN(Date.parse(text)), 'it is no time'),
          kind: z.string(),
        }),
      ),
    ),
  }),
);

/**
 * Reads what somebody counted who sent requests to OpenEMR while it rotated.
 * @throws Failure when the file cannot be read, or is of another form
 */
export async function readLoadFile(file: string): Promise<Map<string, LoadCount>> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw unreadable(`--load: ${file}`, error, 'name the file that whoever sent the requests has written');
  });
  const read = readStoredText(loadSchema, text);
  if (!read.ok)
    throw new Failure(
      'file-unreadable',
      `--load: ${file} does not hold counted requests (${read.problem}); write it as docs/json-history.md says.`,
    );
  const loads = Object.entries(read.value).map(([id, { requests, failed, failures = [] }]) => {
    const inOneForm = failures.map(({ at, kind }) => ({ at: new Date(at).toISOString(), kind }));
    return [id, { requests, failed, failures: inOneForm }] as const;
  });
  return new Map(loads);
}
