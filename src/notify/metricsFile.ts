import { readFile } from 'node:fs/promises';
import { effect } from '../base/effect';
import { writeFileAtomic } from '../base/writeFileAtomic';
import type { EndedRun } from './endedRun';
import type { MetricsOf } from './metrics';
import { metricsOfLook, metricsText } from './metrics';
import type { KnownAges } from './passwordAges';

/** What others may do with the file: node_exporter runs as a user of its own. */
const mode = 0o644;

/**
 * Writes the metrics for node_exporter's textfile collector, which reads every `*.prom` of its folder at any time: so
 * they are written beside it under another ending, and renamed. A file that cannot be read begins anew.
 */
export async function tellMetricsFile(run: EndedRun, file: string, ages: KnownAges = {}): Promise<void> {
  await write(file, metricsText(run, await textOf(file), 'all', ages));
}

/** Notes in the file that a run found nothing due. */
export async function tellMetricsFileOfLook(of: MetricsOf, endedAt: Date, file: string): Promise<void> {
  await write(file, metricsOfLook(of, endedAt, await textOf(file), 'all'));
}

const textOf = (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '');

const write = (file: string, text: string): Promise<void> =>
  effect('tell: metrics file', () => writeFileAtomic(file, text, mode));
