import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { Socket } from 'node:net';
import path from 'node:path';
import { packageFolder } from '../base/packageFolder';
import { markVariable } from './markedProcesses';

/** The watchdog's own file: it is no part of a bundle. */
const file = path.join(packageFolder, 'dist', 'src', 'engine', 'watchdog.js');

let mark: string | undefined;

/**
 * Sees that nothing of the engine outlives this process, however it ends: not even `kill -9` of it alone leaves a plugin
 * with the passphrase in its environment. Starts one watchdog for the life of this process.
 * @returns what the engine must have in its environment
 */
export function watchEngines(): Record<string, string> {
  return { [markVariable]: (mark ??= startWatchdog()) };
}

function startWatchdog(): string {
  const name = randomBytes(8).toString('hex');
  // Without an environment, so without a secret; in a session of its own, so that no Ctrl-C reaches it.
  const child = spawn(process.execPath, [file, name], {
    env: {},
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Where none can be started, all else goes on as well.
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  child.unref();
  if (child.stdin instanceof Socket) child.stdin.unref();
  return name;
}
