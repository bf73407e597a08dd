import { traceEnd, traceNews } from './traceRun';
import type { Outcome } from '../base/failure';
import { asFailure, decidingCode, exitCodes, Failure, jointOutcome } from '../base/failure';
import type { EndedRun } from '../notify/endedRun';
import { StepTimes } from '../notify/endedRun';
import type { Listeners } from '../notify/tell';
import { readPasswordAges } from '../notify/passwordAges';
import { tellAll, tellMetricsOfLook } from '../notify/tell';
import type { Observation } from '../rotation/observation';
import type { PlannedRotation } from '../rotation/rotationPlan';
import { differencesOf } from '../report/differences';
import type { Renderer } from '../report/renderer';
import { scrubber } from '../secrecy/scrubber';
import type { RunRequest, RunResult } from '../run/request';
import { Kubernetes } from '../kubernetes/kubernetes';
import { withStopSignals } from './signals';
import type { RunNews, Ending } from '../rotation/news';

/** A dry run that was shown. */
export interface ShownPreview {
  planned: PlannedRotation;
  enginePlan: unknown;
  outcome: Outcome;
  /** Shows the end; gives the exit code. */
  end(): number;
}

/** Carries out a request, shows how it ended, and tells others, also when it was refused. Returns the exit code. */
export async function carryOut(
  request: RunRequest,
  renderer: Renderer,
  listeners: Listeners,
): Promise<number> {
  const startedAt = new Date();
  const times = new StepTimes();
  const tell = (news: RunNews): void => {
    times.take(news);
    traceNews(news);
    request.tell(news);
  };
  const result = await stoppable(
    renderer,
    () => import('../run/rotate.js'),
    ({ rotate }, signal) => rotate({ ...request, tell, signal }),
    'stopping after the current step',
  ).catch(asFailure);
  if ('notDue' in result) {
    renderer.ending({ outcome: 'done', message: result.notDue, steps: [] });
    await showNotes((signal) => tellMetricsOfLook(whoseRun(request), new Date(), listeners, signal));
    return exitCodes.done;
  }
  const ending = result instanceof Failure ? refusal(result) : endingOf(result);
  traceEnd(request, ending);
  renderer.ending(ending);
  const told = result instanceof Failure ? { ...ending, ...times.plan() } : ending;
  const run = { ending: told, startedAt, endedAt: new Date(), doneAt: times.doneAt() };
  await tellOthers(request, run, listeners);
  return exitCodes[ending.outcome];
}

/**
 * Loads what works on the stack and runs an action of it. From the first word that is shown on, a signal stops it in
 * order, also while it is loaded.
 * @param load the module that does it
 * @param stopping what is said to be done at a signal
 */
function stoppable<T, Library>(
  renderer: Renderer,
  load: () => Promise<Library>,
  action: (library: Library, signal: AbortSignal) => Promise<T>,
  stopping: string,
): Promise<T> {
  let endEngines = (): void => undefined;
  return withStopSignals(
    async (signal) => {
      renderer.news({ kind: 'reading' });
      const [library, { killEngines }] = await Promise.all([load(), import('../engine/process.js')]);
      endEngines = killEngines;
      return action(library, signal);
    },
    (signal) => renderer.news(stoppingNews(signal, stopping)),
    () => endEngines(),
  );
}

function endingOf({ planned, resumed, steps, failure }: RunResult): Ending {
  const message = failure?.message ?? doneText(planned);
  const { outcome = 'done', code } = failure ?? {};
  return { outcome, code, message, planned, resumed, steps };
}

/** The end of a run that nothing came of: what it had planned is of no use to who reads it. */
function refusal({ outcome, code, message }: Failure): Ending {
  return { outcome, code, message, steps: [] };
}

function whoseRun({ settings, location }: RunRequest): Pick<EndedRun, 'stack' | 'namespace' | 'deployment'> {
  const { namespace, deployment } = settings.context.kubernetes;
  return { stack: location.stack, namespace, deployment };
}

async function tellOthers(
  request: RunRequest,
  run: Omit<EndedRun, 'requested' | 'stack' | 'namespace' | 'deployment'>,
  listeners: Listeners,
): Promise<void> {
  const { context } = request.settings;
  const ended: EndedRun = { ...run, requested: request.kind, ...whoseRun(request) };
  const sources = {
    kubernetes: new Kubernetes(context.kubernetes),
    passwordAges: () => readPasswordAges(context),
  };
  await showNotes((signal) => tellAll(ended, listeners, sources, signal));
}

/** Whatever comes of it, the run has ended: a signal only ends the telling, and who is not told is a note. */
async function showNotes(tell: (signal: AbortSignal) => Promise<string[]>): Promise<void> {
  const notes = await withStopSignals(tell, (signal) =>
    process.stderr.write(`${stoppingNews(signal, 'sending no more notifications').text}\n`),
  );
  for (const note of notes) process.stderr.write(`${scrubber.scrub(`Note: ${note}.`)}\n`);
}

function stoppingNews(signal: NodeJS.Signals, what: string): { kind: 'stopping'; text: string } {
  return { kind: 'stopping', text: `${signal}: ${what}; a second signal stops it at once.` };
}

function doneText({ plan, material }: PlannedRotation): string {
  if (plan.kind === 'sync')
    return 'Both database users log in, with the passwords that OpenEMR and the slot secret name.';
  return plan.to === 'other'
    ? `OpenEMR runs on ${material.before.sqlconf.username} again.`
    : `OpenEMR runs on slot ${plan.to}.`;
}

const counted = (problems: number): string => (problems === 1 ? '1 problem' : `${problems} problems`);

/** Previews a request and shows it. Throws a Failure when there is no plan. */
export async function showDryRun(request: RunRequest, renderer: Renderer): Promise<ShownPreview> {
  let seen: Observation | undefined;
  const preview = await stoppable(
    renderer,
    () => import('../run/dryRun.js'),
    ({ dryRun }, signal) => dryRun({ ...request, signal, saw: (observation) => (seen = observation) }),
    'stopping the dry run',
  );
  const { planned, resumed, problems, notDue, enginePlan } = preview;
  renderer.preview({
    ...preview,
    problems: problems.map(({ message }) => message),
    differences: [...differencesOf(planned), ...preview.databaseDifferences],
  });
  const outcome = jointOutcome(problems);
  const live = async (): Promise<string> => {
    const { liveNow } = await import('../run/live.js');
    const text = await liveNow(request.settings.context, seen);
    return text === undefined ? '' : ` ${text}`;
  };
  const message =
    problems.length === 0
      ? `Dry run: nothing was changed.${notDue === undefined ? '' : ` A run with this age would do nothing: ${notDue}`}`
      : `Dry run: ${counted(problems.length)} would stop the rotation; nothing was changed.${await live()}`;
  const end = (): number => {
    renderer.ending({ outcome, code: decidingCode(problems), message, planned, resumed, steps: [] });
    return exitCodes[outcome];
  };
  return { planned, enginePlan, outcome, end };
}
