import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Failure } from '../failure';
import type { StateFacts } from '../observe/status/facts';
import { projectName } from '../settings/settings';
import { EngineError, runEngine } from './engineProcess';
import { readJournal } from './journal';
import { engineFailure } from './engineFailure';
import { engineFile, engineVariable } from './engineFile';
import type { StackLocation } from './workspace';

/**
 * Runs one command of the engine without the Automation API, whose loading takes longer than the command itself. The
 * folder is one without a project, so that nothing of this machine changes the answer.
 * @param limitMs after it the engine is stopped
 * @throws Failure `configuration` when there is no engine or no answer in time, EngineError when it ends with an error
 */
export async function askEngine(args: string[], backendUrl: string, limitMs: number): Promise<string> {
  const environment = { PULUMI_BACKEND_URL: backendUrl, PULUMI_SKIP_UPDATE_CHECK: 'true' };
  const limit = AbortSignal.timeout(limitMs);
  try {
    return (await runEngine(engineFile(), args, tmpdir(), environment, { signal: limit })).stdout;
  } catch (error) {
    if (limit.aborted)
      throw new Failure(
        'configuration',
        `The Pulumi engine gave no answer within ${limitMs / 1000} s (backend ${backendUrl}); check PULUMI_BACKEND_URL and the network.`,
        { cause: error },
      );
    if (error instanceof EngineError && error.exitCode === -2)
      throw new Failure(
        'configuration',
        `The pulumi CLI is not found; install it, or set ${engineVariable} to the folder that holds bin/pulumi.`,
        { cause: error },
      );
    throw error;
  }
}

/** How long the engine may take to read a state before a run, in ms. */
const exportLimitMs = 60_000;

/**
 * The stack's state as the engine exports it, with its secrets in clear; undefined where the backend has none of that
 * name. Writes nothing: a folder that holds no state yet is not touched.
 * @throws Failure `configuration` as of {@link askEngine}, EngineError when backend, passphrase or key do not give it
 */
export async function exportState(
  { stack, backendUrl }: Pick<StackLocation, 'stack' | 'backendUrl'>,
  limitMs = exportLimitMs,
): Promise<unknown> {
  // The engine would mark an empty folder as its own.
  const folder = backendUrl.startsWith('file://')
    ? backendUrl.slice('file://'.length).split('?')[0]
    : undefined;
  if (folder !== undefined && !existsSync(path.join(folder, '.pulumi'))) return undefined;
  // The full name needs no project in the current folder; a backend that is no service has this one organization.
  const name = `organization/${projectName}/${stack}`;
  try {
    const text = await askEngine(['stack', 'export', '--show-secrets', '--stack', name], backendUrl, limitMs);
    return (JSON.parse(text) as { deployment?: unknown }).deployment;
  } catch (error) {
    if (isStackNotFound(error)) return undefined;
    throw error;
  }
}

/** Exit code 6 is the engine's own for it (pulumi.com/docs/iac/cli/exit-codes); its text is the older sign. */
export function isStackNotFound(error: unknown): boolean {
  return error instanceof EngineError && (error.exitCode === 6 || /no stack named/i.test(error.message));
}

/**
 * Reads the stack's state for its journal; writes nothing.
 * @throws Failure when backend, passphrase or key do not give the state
 */
export async function readState(location: StackLocation, limitMs: number): Promise<StateFacts> {
  const { backendUrl } = location;
  try {
    const deployment = await exportState(location, limitMs);
    const { manifest } = (deployment ?? {}) as { manifest?: { time?: string } };
    const journal = readJournal(deployment);
    const changedAt = manifest?.time === undefined ? undefined : new Date(manifest.time);
    return { backendUrl, journal, changedAt };
  } catch (error) {
    throw engineFailure(error, location);
  }
}
