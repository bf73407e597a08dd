import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { readStoredText } from '../base/stored';
import { Failure } from '../base/failure';
import type { RotationPlan } from '../rotation/rotationPlan';
import { projectName } from '../settings/settings';
import { sleep } from '../base/errors';
import { shownUrl } from '../base/urlPassword';
import { EngineError, engineMissing, runEngine } from './process';
import { readJournal, slotPasswordsIn } from './state';
import { engineFailure } from './failure';
import { engineFolder, mendFileBackend } from './fileBackend';
import { engineFile } from './file';
import { begunIn, lastEndIn, outputsOf, planInState } from './pastSteps';
import { exportSchema, stateIn, unreadableState } from './stateForm';
import type { StateSecretsProvider } from './stateForm';
import { secretsProviderIn } from './stateForm';
import type { StateFacts } from './stateFacts';
import type { StackLocation } from '../target/location';

/**
 * Runs one command of the engine without the Automation API, whose loading takes longer than the command itself. The
 * folder is one without a project, so that nothing of this machine changes the answer.
 * @param limitMs after it the engine is stopped
 * @param more variables on top of our own
 * @throws Failure `configuration` when there is no engine or no answer in time, EngineError when it ends with an error
 */
export async function askEngine(
  args: string[],
  backendUrl: string,
  limitMs: number,
  more: Record<string, string> = {},
): Promise<string> {
  const environment = { ...more, PULUMI_BACKEND_URL: backendUrl, PULUMI_SKIP_UPDATE_CHECK: 'true' };
  const file = await engineFile();
  const limit = AbortSignal.timeout(limitMs);
  try {
    return (await runEngine(file, args, tmpdir(), environment, { signal: limit })).stdout;
  } catch (error) {
    if (limit.aborted)
      throw new Failure(
        'engine-no-answer',
        `The Pulumi engine gave no answer within ${limitMs / 1000} s (backend ${shownUrl(backendUrl)}); check PULUMI_BACKEND_URL and the network.`,
        { cause: error },
      );
    if (error instanceof EngineError && error.exitCode === -2) throw engineMissing(file, error);
    throw error;
  }
}

/** What a run that is writing the state just now, or a killed one, makes of an answer. */
function isCutOff(error: unknown): boolean {
  return (
    error instanceof EngineError && /failed to load checkpoint|\bEOF\b|unexpected end/.test(error.message)
  );
}

/** Exit code 6 is the engine's own for it (pulumi.com/docs/iac/cli/exit-codes); its text is the older sign. */
export function isStackNotFound(error: unknown): boolean {
  return error instanceof EngineError && (error.exitCode === 6 || /no stack named/i.test(error.message));
}

/** How an export is asked for. */
interface Asking {
  /** After it the engine is stopped, in ms. */
  limitMs: number;
  /** Whether to ask once more after this error. */
  again: (error: unknown) => boolean;
  /** Before that, repairs the backend; only for who holds the database lock. */
  mends?: boolean;
  /** Variables for the engine, on top of our own. */
  more?: Record<string, string>;
}

/**
 * The stack's state as the engine exports it; undefined where the backend has none of that name. Writes nothing: a
 * folder that holds no state yet is not touched.
 * @throws Failure `configuration` as of {@link askEngine}, EngineError when backend, passphrase or key do not give it
 */
async function exportWith(
  flags: readonly string[],
  { stack, backendUrl }: Pick<StackLocation, 'stack' | 'backendUrl'>,
  { limitMs, again, mends = false, more }: Asking,
): Promise<unknown> {
  if (isEmptyFolder(backendUrl)) return undefined;
  const args = ['stack', 'export', ...flags, '--stack', engineName(stack)];
  const ask = async (): Promise<unknown> => {
    const text = await askEngine(args, backendUrl, limitMs, more);
    const read = readStoredText(exportSchema, text);
    if (!read.ok) throw unreadableState(`what the engine exports: ${read.problem}`);
    return read.value.deployment;
  };
  try {
    return await ask().catch(async (error: unknown) => {
      if (isStackNotFound(error) || !again(error)) throw error;
      await sleep(300);
      if (mends) await mendFileBackend(backendUrl);
      return ask();
    });
  } catch (error) {
    if (isStackNotFound(error)) return undefined;
    throw error;
  }
}

/** How long the engine may take to read a state before a run, in ms. */
const exportLimitMs = 60_000;

/**
 * The state for a run; undefined where there is none. Its secrets are in clear only where a rotation is to be taken up:
 * to decrypt them takes the engine longer than all else of the call. Reading has no effect, so one failure is tried
 * again: an engine that was killed may just be ending.
 * @param mends true for who holds the database lock
 * @throws as of {@link askEngine}, and EngineError
 */
export async function exportState(location: StackLocation, mends = false): Promise<unknown> {
  const isFinal = (error: unknown): boolean =>
    error instanceof Failure || (error instanceof Error && /passphrase/i.test(error.message));
  const asking = { limitMs: exportLimitMs, again: (error: unknown) => !isFinal(error), mends };
  const deployment = await exportWith([], location, asking);
  const isFinished = readJournal(deployment)?.finished === true;
  return deployment === undefined || isFinished
    ? deployment
    : exportWith(['--show-secrets'], location, asking);
}

/**
 * Reads the stack's state for its journal; writes nothing.
 * @throws Failure when backend, passphrase or key do not give the state
 */
export async function readState(location: StackLocation, limitMs: number): Promise<StateFacts> {
  const { backendUrl } = location;
  try {
    const deployment = await exportWith(['--show-secrets'], location, { limitMs, again: isCutOff });
    const time = stateIn(deployment).manifest?.time;
    const changedAt = time === undefined ? undefined : new Date(time);
    const slotPasswords = slotPasswordsIn(deployment);
    const secretsProvider = addressOf(secretsProviderIn(deployment));
    return { backendUrl, journal: readJournal(deployment), changedAt, slotPasswords, secretsProvider };
  } catch (error) {
    throw engineFailure(error, location);
  }
}

/** The address of the key that seals the state's secrets, or `passphrase`. */
function addressOf(provider: StateSecretsProvider | undefined): string | undefined {
  return provider?.type === 'cloud' ? provider.state?.url : provider?.type;
}

/** The engine would mark an empty folder as its own. */
function isEmptyFolder(backendUrl: string): boolean {
  const folder = engineFolder(backendUrl);
  return folder !== undefined && !existsSync(folder);
}

/** The full name needs no project in the current folder; a backend that is no service has this one organization. */
export function engineName(stack: string): string {
  return `organization/${projectName}/${stack}`;
}

/**
 * The last rotation that a stack's state knows, and whether it was finished; undefined where there is none. No secret
 * of the state is decrypted, so this needs neither its passphrase nor its key. Writes nothing.
 * @param more variables for the engine, on top of our own
 * @throws Failure when the backend does not give the state
 */
export async function readLastRotation(
  location: StackLocation,
  limitMs: number,
  more: Record<string, string>,
): Promise<{ plan: RotationPlan; begunAt?: string; endedAt?: string; finished: boolean } | undefined> {
  try {
    const deployment = await exportWith([], location, { limitMs, again: isCutOff, more });
    const plan = planInState(deployment);
    const begunAt = begunIn(deployment);
    const begun = begunAt === undefined ? {} : { begunAt };
    const endedAt = lastEndIn(deployment);
    const ended = endedAt === undefined ? {} : { endedAt };
    return plan && { plan, ...begun, ...ended, finished: outputsOf(deployment)['rotation'] === plan.id };
  } catch (error) {
    throw engineFailure(error, location);
  }
}
