import { secretsIn, wantedTraces } from '../telemetry/wanted';
import type { Failure } from '../base/failure';
import { asFailure, exitCodes } from '../base/failure';
import { scrubber } from '../secrecy/scrubber';
import { proxySecrets } from '../base/proxy/fromEnvironment';
import type { Invocation } from './invocation';
import { parseCommandLine } from './parser';

export { endProcess } from './endProcess';

/** Carries out a command line; returns the exit code and never throws. */
export async function runCommandLine(argv: string[]): Promise<number> {
  let invocation: Invocation | undefined;
  [...proxySecrets(process.env), ...secretsIn(process.env)].forEach((secret) => scrubber.register(secret));
  try {
    invocation = await parseCommandLine(argv);
    if (invocation === undefined) return exitCodes.done;
  } catch (error) {
    return shown(error, argv, invocation);
  }
  const parsed = invocation;
  return tracedAs(parsed.command, () => run(parsed).catch((error: unknown) => shown(error, argv, parsed)));
}

/** Shows why nothing came of it; returns the exit code. */
async function shown(error: unknown, argv: string[], invocation?: Invocation): Promise<number> {
  const failure = asFailure(error);
  await showFailure(failure, argv, invocation);
  return exitCodes[failure.outcome];
}

/** Traces a command where that was asked for; whatever becomes of the trace, the command is carried out and ends as it ends. */
async function tracedAs(command: string, action: () => Promise<number>): Promise<number> {
  const wanted = wantedTraces(process.env);
  if (wanted === undefined) return action();
  const note = (why: string): void =>
    void process.stderr.write(`Note: no trace of this run could be sent: ${scrubber.scrub(why)}.\n`);
  if ('problem' in wanted) {
    note(wanted.problem);
    return action();
  }
  const begun = await import('../telemetry/start.js')
    .then(({ startTracing }) => startTracing(`credential-rotation ${command}`, wanted.protocol, process.env))
    .catch(() => undefined);
  if (begun === undefined) note('OpenTelemetry does not start; check the OTEL_ variables');
  const code = await action();
  const failed = await begun?.end(code);
  if (failed !== undefined) note(failed);
  return code;
}

/** Each command is loaded only when it is asked for: most of the start-up time is loading. */
async function run({ command, flags, evidence, fleet, init, job }: Invocation): Promise<number> {
  switch (command) {
    case 'rotate':
      return (await import('./commands/rotate.js')).rotateCommand(flags);
    case 'unlock':
      return (await import('./commands/unlock.js')).unlockCommand(flags);
    case 'rollback':
      return (await import('./commands/rollback.js')).rollbackCommand(flags);
    case 'history':
      return (await import('./commands/history.js')).historyCommand(flags);
    case 'status':
      return (await import('./commands/status.js')).statusCommand(flags);
    case 'config':
      return (await import('./commands/config.js')).configCommand(flags);
    case 'verify':
      return (await import('./commands/verify.js')).verifyCommand(flags);
    case 'evidence':
      if (evidence === undefined) throw new TypeError('evidence without its flags');
      return (await import('./commands/evidence.js')).evidenceCommand(flags, evidence);
    case 'job':
      if (job === undefined) throw new TypeError('job without its flags');
      return (await import('./commands/job.js')).jobCommand(flags, job);
    case 'init':
      if (init === undefined) throw new TypeError('init without its flags');
      return (await import('./commands/init.js')).initCommand(flags, init);
    case 'fleet':
      if (fleet === undefined) throw new TypeError('fleet without its flags');
      return (await import('./commands/fleet.js')).fleetCommand(flags, fleet);
  }
}

async function showFailure(failure: Failure, argv: string[], invocation?: Invocation): Promise<void> {
  const { JsonRenderer, TextRenderer } = await import('../report/renderer.js');
  const json = invocation
    ? invocation.flags.logJson || invocation.flags.json
    : /^--(log-)?json$/m.test(argv.join('\n'));
  const renderer = json ? new JsonRenderer() : new TextRenderer();
  const { outcome, code, message } = failure;
  renderer.ending({ outcome, code, message, steps: [] });
}
