import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { PulumiCommand } from '@pulumi/pulumi/automation';
import { errorCode } from '../base/errors';
import { Failure } from '../base/failure';
import { engineVariable } from './file';
import { watchEngines } from './watch';
import { guardPorts } from './loopbackGuard';
import { traced, traceVariables } from '../base/trace';
import { secretVariables } from '../telemetry/wanted';
import type { EngineResult } from '../sdk/automation';
import { portsIn, startedBy } from '../sdk/automation';
import { parentOf } from './markedProcesses';
import type { LoopbackSocket } from './socketOwner';
import { isSocketOf } from './socketOwner';

/**
 * Go collects garbage when its heap has grown by so many percent. The engine and its plugins live for seconds, and at
 * Go's own 100 they spend a third of a short call on collecting; at 400 the largest of them takes 25 MiB more.
 */
const collectAt = '400';

/** Engines that run now, by pid. */
const running = new Set<number>();

/** The engine ended with an error. Its stdout is not kept: it may be a state with its secrets in clear. */
export class EngineError extends Error {
  override readonly name = 'EngineError';

  constructor(
    stderr: string,
    /** The engine's exit code (pulumi.com/docs/iac/cli/exit-codes); -2 when it could not be started, -1 when a signal ended it. */
    readonly exitCode: number,
    options?: { cause?: unknown },
  ) {
    super(`stderr: ${stderr}`, options);
  }
}

/** Why there is no engine: it is not there, cannot be started, or ends before it tells its version. */
export function engineMissing(file: string, error: unknown): Failure {
  const started = error instanceof EngineError ? error.exitCode : 0;
  const code = error instanceof Error ? errorCode(error.cause) : '';
  const why =
    code === 'ENOENT'
      ? `is not found (${file})`
      : `cannot be run (${file}: ${code === '' ? (started === -1 ? 'ended by a signal' : `exit code ${started}`) : code})`;
  return new Failure(
    'engine-missing',
    `The pulumi CLI ${why}; install it, or set ${engineVariable} to the folder that holds bin/pulumi.`,
    { cause: error },
  );
}

/**
 * Lets the Automation API start the engine in a process group of its own. On a terminal Ctrl-C reaches every process
 * of the group: the engine would get it at once and a second time from us, and two mean "end now" to it.
 */
export function inOwnGroup(command: PulumiCommand): PulumiCommand {
  return startedBy(command, (args, cwd, environment, onOutput, onError, signal) =>
    runEngine(command.command, selectingNothing(args), cwd, environment, { onOutput, onError, signal }),
  );
}

/**
 * A new stack is also selected, for people: the engine notes that in its home, which is read-only in an image. Every
 * call names its stack itself.
 */
export function selectingNothing(args: readonly string[]): string[] {
  return args[0] === 'stack' && args[1] === 'init' ? [...args, '--no-select'] : [...args];
}

interface Listeners {
  onOutput?: ((text: string) => void) | undefined;
  onError?: ((text: string) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Starts the engine and waits for its end; an aborted signal stops it in order.
 * @throws EngineError for any exit code but 0
 */
export function runEngine(
  file: string,
  args: string[],
  cwd: string,
  environment: Record<string, string>,
  listeners: Listeners = {},
): Promise<EngineResult> {
  return traced(`engine ${commandOf(args)}`, {}, () => startEngine(file, args, cwd, environment, listeners));
}

/** The engine's command without what it is about, such as `up` or `stack init`. */
function commandOf([first = '', second = '']: readonly string[]): string {
  const groups = ['stack', 'config', 'plugin', 'state', 'policy'];
  return groups.includes(first) && /^[a-z-]+$/.test(second) ? `${first} ${second}` : first;
}

/** The engine and its plugins send no spans of ours, and need no token of a collector. */
function withoutTokens(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !secretVariables.includes(name)));
}

function startEngine(
  file: string,
  args: string[],
  cwd: string,
  environment: Record<string, string>,
  { onOutput, onError, signal }: Listeners,
): Promise<EngineResult> {
  const all = args.includes('--non-interactive') ? args : [...args, '--non-interactive'];
  const folders = path.isAbsolute(file) ? [path.dirname(file)] : [];
  const PATH = [...folders, environment['PATH'] ?? process.env['PATH'] ?? ''].join(path.delimiter);
  // Other calls end by themselves when nobody reads their answer, and start no plugin that waits.
  const watched = args.includes('up') || args.includes('preview') ? watchEngines() : {};
  const own = { ...environment, ...watched, PATH, ...traceVariables(), PULUMI_AUTOMATION_API: 'true' };
  const env = withoutTokens({ GOGC: collectAt, ...process.env, ...own });
  const release = guardPorts(portsIn(args), isOfEngine);
  return new Promise<EngineResult>((resolve, reject) => {
    const child = spawn(file, all, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      onOutput?.(text);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      onError?.(text);
    });
    const stop = (): void => void child.kill('SIGINT');
    if (signal?.aborted === true) stop();
    signal?.addEventListener('abort', stop);
    if (child.pid !== undefined) running.add(child.pid);
    child.on('error', (error) => reject(new EngineError(error.message, -2, { cause: error })));
    child.on('close', (code, endedBy) => {
      if (child.pid !== undefined) running.delete(child.pid);
      signal?.removeEventListener('abort', stop);
      if (code === 0) resolve({ stdout, stderr, code });
      else if (endedBy !== null) reject(new EngineError(`${stderr}\nthe engine was ended by ${endedBy}`, -1));
      else reject(new EngineError(stderr, code ?? -2));
    });
  }).finally(release);
}

/** Ends every engine and its plugins at once; the next run takes up what they left. */
export function killEngines(): void {
  killTrees(running);
}

/**
 * The kernel's word on whether an engine that runs now, or a process below it, has that socket open.
 * @returns undefined where the kernel cannot be asked
 */
export function isOfEngine(socket: LoopbackSocket): boolean | undefined {
  return isSocketOf(treesOf(running), socket);
}

/** Ends processes and all below them at once. */
export function killTrees(pids: Iterable<number>): void {
  for (const pid of treesOf(pids)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  }
}

/** Processes and all below them; children come before their parents. */
function treesOf(pids: Iterable<number>): number[] {
  const children = childrenByParent();
  const tree = (pid: number): number[] => [...(children.get(pid) ?? []).flatMap(tree), pid];
  return [...pids].flatMap(tree);
}

/** Plugins have process groups of their own, so they are found by their parents. Empty where there is no /proc. */
function childrenByParent(): Map<number, number[]> {
  const children = new Map<number, number[]>();
  let names: string[] = [];
  try {
    names = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    // Not Linux: the plugins end when their engine is gone.
  }
  for (const name of names) {
    const parent = parentIn(name);
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  return children;
}

function parentIn(pid: string): number | undefined {
  try {
    return parentOf(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined;
  }
}
