import { appendFileSync, existsSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { TLSSocket } from 'node:tls';
import type { EffectHook } from '../../src/base/effect';
import { effectHook } from '../../src/base/effect';
import { killAlone, roleOf } from '../lab/support/roles';
import { killRun } from './killRun';
import { killedAlone } from './cases';
import type { FaultMode } from './cases';

/**
 * Preloaded (NODE_OPTIONS=--require) into every Node process of a run under test: the command and the dynamic
 * provider. At the point that FAULT_POINT names it does what FAULT_MODE says, once. All points met are
 * written to FAULT_LOG, so that the sweep finds them by itself. The second of a name is `name (2)`. With FAULT_ARMED it
 * does nothing before that file is there, and then takes the next of that name. What `together.ts` asks for stands below.
 */
const { FAULT_POINT: point, FAULT_MODE: mode, FAULT_LOG: log, FAULT_RUN: runId } = process.env;
const turns = new Map<string, number>();
let used = false;

/** Waits while the test does something to the world: it removes the file when the run may go on. */
async function pause(): Promise<void> {
  const file = process.env['FAULT_PAUSE'] ?? '';
  writeFileSync(file, '');
  for (let left = 600; left > 0 && existsSync(file); left -= 1)
    await new Promise((resolve) => setTimeout(resolve, 50));
}

let gates = 0;

/** With FAULT_GATES: stops before each write of the admin secret and of its password, until the test takes the file away. */
async function gate(name: string): Promise<void> {
  const { FAULT_GATES: folder } = process.env;
  if (folder === undefined || !/^admin secret: | of the admin$/.test(name)) return;
  gates += 1;
  const file = path.join(folder, `${process.pid}-${gates}`);
  writeFileSync(`${file}.new`, name);
  renameSync(`${file}.new`, file);
  while (existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** With FAULT_LOCK_TAG: each run takes a lock on the admin secret of its own. So it is broken, and nothing else is. */
function breakLock(tag: string): void {
  const name = Buffer.from('credential-rotation-admin:');
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own `this` below
  const { write } = TLSSocket.prototype;
  TLSSocket.prototype.write = function (this: TLSSocket, ...all: never[]) {
    const data: unknown = all[0];
    if (Buffer.isBuffer(data))
      for (let at = data.indexOf(name); at >= 0; at = data.indexOf(name, at + 1))
        data.write(tag, at + name.length);
    return Reflect.apply(write, this, all) as boolean;
  };
}

/** Ends the whole run as a node failure would: command, engine and plugins at once. */
function endRun(): void {
  killRun(runId ?? '');
  process.kill(process.pid, 'SIGKILL');
}

/** Ends one process of the run, maybe this one; the others go on. */
function endAlone(): void {
  const role = killedAlone(mode as FaultMode);
  if (role === undefined) return;
  const isOwn = roleOf(process.argv) === role;
  const killed = killAlone(role, runId ?? '');
  // A case in which nothing was there to kill says nothing: the sweep wants to know.
  if (isOwn || killed > 0) writeFileSync(process.env['FAULT_KILLED'] ?? '', '');
  if (isOwn) process.kill(process.pid, 'SIGKILL');
}

function meet(effect: string): boolean {
  const turn = (turns.get(effect) ?? 0) + 1;
  turns.set(effect, turn);
  const name = turn === 1 ? effect : `${effect} (${turn})`;
  if (log !== undefined) appendFileSync(log, `${name}\n`);
  const { FAULT_ARMED: armed } = process.env;
  const meets = armed === undefined ? name === point : effect === point && existsSync(armed);
  if (used || !meets) return false;
  used = true;
  return true;
}

const hook: EffectHook = {
  async effect(name, action) {
    await gate(name);
    if (!meet(name)) return action();
    if (mode === 'kill-before') endRun();
    if (mode === 'fail-before') throw new Error('injected: the call failed');
    if (mode === 'hang') await new Promise(() => undefined);
    if (mode === 'pause-before') await pause();
    endAlone();
    const result = await action();
    if (mode === 'kill-after') endRun();
    if (mode === 'pause-after') await pause();
    if (mode === 'fail-after') throw new Error('injected: the reply was lost');
    return result;
  },
  moment(name) {
    if (!meet(name)) return;
    if (mode === 'kill-before') endRun();
    else endAlone();
  },
};

const { FAULT_LOCK_TAG: lockTag } = process.env;
if (lockTag !== undefined) breakLock(lockTag);
if (runId !== undefined) (globalThis as { [effectHook]?: EffectHook })[effectHook] = hook;
