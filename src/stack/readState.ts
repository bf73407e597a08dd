import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Failure } from '../failure';
import type { StateFacts } from '../observe/status/facts';
import { projectName } from '../settings/settings';
import { sleep } from '../world/errors';
import { EngineError, runEngine } from './engineProcess';
import { readJournal } from './journal';
import { engineFailure } from './engineFailure';
import { mendFileBackend } from './fileBackend';
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

function isCutOff(error: unknown): boolean {
  return (
    error instanceof EngineError && /failed to load checkpoint|\bEOF\b|unexpected end/.test(error.message)
  );
}

/**
 * Reads the stack's state for its journal; writes nothing: a folder that holds no state yet is not touched.
 * @throws Failure when backend, passphrase or key do not give the state
 */
export async function readState(location: StackLocation, limitMs: number): Promise<StateFacts> {
  const { stack, backendUrl } = location;
  const none: StateFacts = { backendUrl, journal: undefined, changedAt: undefined };
  // The engine would mark an empty folder as its own.
  const folder = backendUrl.startsWith('file://')
    ? backendUrl.slice('file://'.length).split('?')[0]
    : undefined;
  if (folder !== undefined && !existsSync(path.join(folder, '.pulumi'))) return none;
  const name = `organization/${projectName}/${stack}`;
  try {
    const ask = (): Promise<string> =>
      askEngine(['stack', 'export', '--show-secrets', '--stack', name], backendUrl, limitMs);
    const text = await ask().catch(async (error: unknown) => {
      if (!isCutOff(error)) throw error;
      // A run is writing it just now, or a killed one has left metadata that nobody needs.
      await sleep(300);
      await mendFileBackend(backendUrl);
      return ask();
    });
    const { deployment } = JSON.parse(text) as { deployment?: { manifest?: { time?: string } } };
    const time = deployment?.manifest?.time;
    return {
      backendUrl,
      journal: readJournal(deployment),
      changedAt: time === undefined ? undefined : new Date(time),
    };
  } catch (error) {
    if (error instanceof EngineError && error.exitCode === 6) return none;
    throw engineFailure(error, location);
  }
}
