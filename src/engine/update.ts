import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { EngineEvent, Stack } from '@pulumi/pulumi/automation';
import { Failure } from '../base/failure';
import type { PastSteps } from '../rotation/stepTimes';
import type { PlannedRotation } from '../rotation/rotationPlan';
import type { SavedPlan } from '../rotation/savedPlan';
import type { StepNumber } from '../rotation/steps';
import { stepTitles } from '../rotation/steps';
import { rotationProgram } from '../steps/program';
import { scrubber } from '../secrecy/scrubber';
import type { ProgramSettings } from '../target/programSettings';
import { awsFailureFromText } from '../aws/awsFailure';
import { effect } from '../base/effect';
import { updateMessage } from '../history/entries';
import { engineFailure, isOfState, isPlanViolation, shortReason } from './failure';
import { serveOwnProvider, showToken } from './provider';
import { addEnvironment } from '../sdk/automation';
import { newToken } from './providerAccess';
import { ResourceSpans } from './resourceSpans';
import { StepTracker } from './stepTracker';
import { whoRuns } from './who';
import { temporaryFolder } from './temporaryFolder';
import { setProgram, storePlan } from './workspace';
import type { StepEvent } from '../rotation/news';
import type { StepResult } from '../rotation/news';
import type { PreviewedChange } from '../rotation/news';
import type { StackLocation } from '../target/location';

/** What one update or preview needs. */
export interface UpdateRequest {
  stack: Stack;
  location: StackLocation;
  planned: PlannedRotation;
  settings: ProgramSettings;
  listener: (event: StepEvent) => void;
  signal?: AbortSignal;
  /** Names the run where it takes a plan up, so that its proofs are made anew; absent for the first run of a plan. */
  run?: string;
  /** Keep to this plan, or refuse. */
  savedPlan?: SavedPlan;
  /** Checks the run's lock before an engine plugin writes; throws when the run must stop. */
  guard?: () => Promise<void>;
}

/** How an update ended. */
export type UpdateResult = ({ kind: 'done'; steps: StepResult[] } | FailedUpdate) & {
  /** The plan that was carried out last, where it is not the one that was asked for. */
  planned?: PlannedRotation;
};

/** How an update failed. */
export interface FailedUpdate {
  kind: 'failed';
  /** Where it failed, as the engine said, or as it was at work when it ended without a word. */
  step: StepNumber | undefined;
  /** The furthest step that it has begun to carry out, also where it failed elsewhere; undefined before the first. */
  furthest: StepNumber | undefined;
  failure: Failure;
  steps: StepResult[];
  past: PastSteps;
}

/**
 * Carries out a plan as one Pulumi update. Never throws for a failed update: the caller decides by the step.
 * A lock that a killed run left in the backend is cleared: the caller holds the database lock, so no other run is alive.
 */
export async function runUpdate(request: UpdateRequest): Promise<UpdateResult> {
  const { stack, planned, settings } = request;
  const tracker = trackerOf(request);
  const spans = new ResourceSpans();
  const around = { guard: request.guard, begun: tracker.begun, run: request.run };
  const token = programWithToken(stack, () => rotationProgram(planned, settings, around));
  try {
    await storePlan(stack, planned.plan);
    const up = (plan?: string): Promise<unknown> =>
      withBackendLockCleared(stack, () =>
        withOwnProvider(stack, token, () =>
          stack.up({ ...optionsOf(request, tracker, spans), ...(plan === undefined ? {} : { plan }) }),
        ),
      );
    const engine = request.savedPlan?.engine;
    await (engine === undefined ? up() : inPrivateFile(JSON.stringify(engine), up));
    tracker.end();
    return { kind: 'done', steps: tracker.results() };
  } catch (error) {
    tracker.endFailed();
    const failure = tracker.failure?.failure ?? failureOfEngine(error, tracker, request);
    const step = tracker.failure?.step ?? tracker.cutOff;
    const past = failedSteps(planned.plan.id, tracker, step, failure);
    return { kind: 'failed', step, furthest: tracker.furthest, failure, steps: tracker.results(), past };
  } finally {
    spans.end();
  }
}

/** What the history is told of a failed update, by the plan that comes next. */
function failedSteps(
  id: string,
  tracker: StepTracker,
  step: StepNumber | undefined,
  { message }: Failure,
): PastSteps {
  const at = new Date().toISOString();
  const failed = { ...(step === undefined ? {} : { step }), at, message: scrubber.scrub(message) };
  const proofs = tracker.proofsOf(id);
  return { id, ends: tracker.ends(), failed, ...(proofs === undefined ? {} : { proofs }) };
}

/** Previews a plan: the same program, no write. With `wantsEnginePlan` also the engine's update plan, as JSON. */
export async function runPreview(
  request: UpdateRequest,
  wantsEnginePlan = false,
): Promise<{ changes: PreviewedChange[]; enginePlan: unknown }> {
  const { stack, planned, settings } = request;
  const changes: PreviewedChange[] = [];
  const tracker = trackerOf({ ...request, listener: () => undefined });
  const around = { begun: tracker.begun, run: request.run };
  const token = programWithToken(stack, () => rotationProgram(planned, settings, around));
  const collect = (event: EngineEvent): void => {
    tracker.take(event);
    const metadata = event.resourcePreEvent?.metadata;
    const name = metadata?.urn.slice(metadata.urn.lastIndexOf('::') + 2);
    const step = name === undefined ? undefined : tracker.stepOf(name);
    // What leaves the state is not taken away from the world: everything is retained.
    const leaves = /^(delete|discard)/.test(metadata?.op ?? '');
    if (metadata && name !== undefined && step !== undefined && !leaves)
      changes.push({ name, operation: metadata.op, step });
  };
  const signal = request.signal ? { signal: request.signal } : {};
  const preview = (file?: string): Promise<unknown> =>
    withOwnProvider(stack, token, () =>
      stack.preview({ onEvent: collect, ...signal, ...(file === undefined ? {} : { plan: file }) }),
    );
  try {
    if (!wantsEnginePlan) {
      await preview();
      return { changes, enginePlan: undefined };
    }
    // The engine hands the config to its providers and holds an update to it: it must be the update's own.
    await storePlan(stack, planned.plan);
    const enginePlan = await inPrivateFile(undefined, async (file) => {
      await preview(file);
      return JSON.parse(await readFile(file, 'utf8')) as unknown;
    });
    return { changes, enginePlan };
  } catch (error) {
    throw tracker.failure?.failure ?? failureOfEngine(error, tracker, request);
  }
}

/** Hands a file of a private folder to an action, with this content if there is one; it is removed at the end. */
async function inPrivateFile<T>(
  content: string | undefined,
  action: (file: string) => Promise<T>,
): Promise<T> {
  const folder = await temporaryFolder('plan');
  const file = path.join(folder, 'plan.json');
  try {
    if (content !== undefined) await writeFile(file, content, { mode: 0o600 });
    return await action(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Sets the program, which first shows the provider of this process a new token. @returns that token */
function programWithToken(stack: Stack, program: () => Record<string, unknown>): string {
  const token = newToken();
  setProgram(stack, async () => {
    await showToken(token);
    return program();
  });
  return token;
}

/** Serves the engine's questions about our resources while an action runs. */
async function withOwnProvider<T>(stack: Stack, token: string, action: () => Promise<T>): Promise<T> {
  const provider = await serveOwnProvider(token);
  addEnvironment(stack, provider.environment);
  try {
    return await action();
  } finally {
    await provider.close();
  }
}

/** Runs an action on the stack; if the backend's lock is in the way, clears it and tries once more. */
export async function withBackendLockCleared<T>(stack: Stack, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const text = error instanceof Error ? error.message : '';
    if (!/currently locked|locked by|conflict: Another update/i.test(text)) throw error;
    await effect("state: clear a dead run's lock", () => stack.cancel());
    return action();
  }
}

function trackerOf({ planned, listener }: UpdateRequest): StepTracker {
  return new StepTracker(planned.plan.renew?.toLowerCase(), listener);
}

function optionsOf(
  { planned, signal }: UpdateRequest,
  tracker: StepTracker,
  spans: ResourceSpans,
): { onEvent: (event: EngineEvent) => void; message: string; signal?: AbortSignal } {
  const { kind, from, to, id } = planned.plan;
  // Who runs it stands here and not in the config, which a saved plan of the engine holds fast.
  const message = updateMessage(`${kind} ${from} → ${to} (${id})`, whoRuns());
  const onEvent = (event: EngineEvent): void => {
    // The step first: the spans of its resources are below its own.
    tracker.take(event);
    spans.take(event);
  };
  return { onEvent, message, ...(signal ? { signal } : {}) };
}

/** What a resource's own plugin said comes before what the engine made of it. */
function failureOfEngine(
  error: unknown,
  tracker: StepTracker,
  { location, settings }: UpdateRequest,
): Failure {
  const { step, text = '' } = tracker.failure ?? {};
  if (step === undefined || text === '') return engineFailure(error, location);
  if (isPlanViolation(text) || isOfState(text))
    return engineFailure(new Error(text, { cause: error }), location);
  const aws = awsFailureFromText(text, settings.context.region, error);
  if (aws) return aws;
  const permission = /AccessDenied|forbidden|not authorized/i.test(text);
  return new Failure(
    permission ? 'step-forbidden' : 'step-failed',
    `Step ${step}, ${stepTitles[step]}, failed (${shortReason(text)}); remove the cause and run again.`,
    { cause: error },
  );
}
