import { z } from 'zod';
import type { Site } from '../../lab';
import { run } from '../lab/support/command';

const report = z.object({ unfinished: z.object({ kind: z.string() }).nullable() });

/**
 * How the next run ends where a rotation onto pods that are ill was broken off: before its rollback is on record the
 * rotation goes on, finds them ill and rolls back (13); a rollback on record, or one that is over, is behind it, so
 * that it rotates (0).
 * @throws when `status` tells nothing
 */
export async function endOfNext(site: Site): Promise<0 | 13> {
  const { stdout } = await run(site, ['status', '--json']);
  const { unfinished } = report.parse(JSON.parse(stdout));
  return unfinished !== null && unfinished.kind !== 'rollback' ? 13 : 0;
}
