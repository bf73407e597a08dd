import { judgeStatus } from '../../inspect/status/judge';
import { statusLines } from '../../report/statusText';
import { readStatus } from '../../inspect/status/readAll';
import type { Flags } from '../invocation';
import { rendererOf, settingsOf } from '../request';

/** Shows where OpenEMR stands and where its places disagree; changes nothing. Returns the exit code. */
export async function statusCommand(flags: Flags): Promise<number> {
  const settings = settingsOf(flags, 'reading');
  const facts = await readStatus(settings);
  const report = judgeStatus(facts);
  const renderer = rendererOf(flags);
  if (flags.json) renderer.object('status', report);
  else statusLines(report).forEach((line) => renderer.line(line));
  return report.exitCode;
}
