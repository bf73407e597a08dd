import { exitCodes, jointOutcome } from '../../failure';
import { scrubber } from '../../report/scrubber';
import { verifyLines } from '../../report/verifyText';
import { verify } from '../../stack/verify';
import type { Flags } from '../invocation';
import { rendererOf, settingsOf } from '../request';

/** Checks everything that a rotation needs. Returns the exit code: the one that a run would end with. */
export async function verifyCommand(flags: Flags): Promise<number> {
  const settings = settingsOf(flags);
  const checks = await verify(settings, (value) => scrubber.register(value));
  const missing = checks.filter(({ state }) => state === 'missing');
  const outcome = jointOutcome(missing);
  const renderer = rendererOf(flags);
  const exitCode = exitCodes[outcome];
  if (flags.json) renderer.object('verify', { outcome, exitCode, missing: missing.length, checks });
  else verifyLines(checks).forEach((line) => renderer.line(line));
  return exitCode;
}
