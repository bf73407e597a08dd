import { open, readFile, rename, rm } from 'node:fs/promises';
import { effect } from '../base/effect';
import type { EndedRun } from './endedRun';
import { metricsText } from './metrics';
import type { KnownAges } from './passwordAges';

/** What others may do with the file: node_exporter runs as a user of its own. */
const mode = 0o644;

/**
 * Writes the metrics for node_exporter's textfile collector, which reads every `*.prom` of its folder at any time: so
 * they are written beside it under another ending, and renamed. A file that cannot be read begins anew.
 */
export async function tellMetricsFile(run: EndedRun, file: string, ages: KnownAges = {}): Promise<void> {
  const earlier = await readFile(file, 'utf8').catch(() => '');
  const text = metricsText(run, earlier, 'all', ages);
  await effect('tell: metrics file', () => replace(file, text));
}

async function replace(file: string, text: string): Promise<void> {
  const beside = `${file}.${process.pid}.new`;
  // In a container every run has the same pid: a killed one may have left its file.
  await rm(beside, { force: true });
  try {
    const handle = await open(beside, 'wx', mode);
    try {
      await handle.writeFile(text);
      // The umask does not decide who may read it.
      await handle.chmod(mode);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, file);
  } catch (error) {
    await rm(beside, { force: true }).catch(() => undefined);
    throw error;
  }
}
