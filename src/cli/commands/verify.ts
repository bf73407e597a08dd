import type { Outcome } from '../../base/failure';
import { exitCodes, jointOutcome } from '../../base/failure';
import type { Check } from '../../inspect/verify/check';
import { verifyLines } from '../../report/verifyText';
import { verify } from '../../inspect/verify/verify';
import type { Flags } from '../invocation';
import { rendererOf, settingsOf } from '../request';

/** Checks everything that a rotation needs. Returns the exit code: the one that a run would end with. */
export async function verifyCommand(flags: Flags): Promise<number> {
  const { outcome, missing, checks } = await verified(flags);
  const renderer = rendererOf(flags);
  const exitCode = exitCodes[outcome];
  if (flags.json) renderer.object('verify', { outcome, exitCode, missing, checks });
  else verifyLines(checks).forEach((line) => renderer.line(line));
  return exitCode;
}

/** The checklist, how many of it are missing, and what a run would end with. @throws Failure for bad settings */
export async function verified(
  flags: Flags,
): Promise<{ outcome: Outcome; missing: number; checks: Check[] }> {
  const settings = settingsOf(flags);
  const checks = await verify(settings);
  const missing = checks.filter(({ state }) => state === 'missing');
  return { outcome: jointOutcome(missing), missing: missing.length, checks };
}
