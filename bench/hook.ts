import childProcess from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { Socket } from 'node:net';
import path from 'node:path';
import { TLSSocket } from 'node:tls';
import type { EffectHook } from '../src/base/effect';
import { effectHook } from '../src/base/effect';
import type { Seen } from './seen';

/**
 * Preloaded (NODE_OPTIONS=--require) into the Node processes of a run that is measured: the command and its dynamic
 * provider. It notes when each starts, its writes, its calls of the engine, and what goes over its connections to the
 * database.
 */
const { BENCH_LOG: log, BENCH_DATABASE_PORT: databasePort } = process.env;
/** The command byte of a statement in MySQL's protocol, after length and number of the packet. */
const statementByte = 0x03;

type Note = Seen extends infer Each ? (Each extends Seen ? Omit<Each, 'time' | 'pid'> : never) : never;

function note(seen: Note): void {
  if (log === undefined) return;
  const time = performance.timeOrigin + performance.now();
  appendFileSync(log, `${JSON.stringify({ time, pid: process.pid, ...seen })}\n`);
}

const hook: EffectHook = {
  async effect(name, action) {
    const started = performance.now();
    const result = await action();
    note({ kind: 'effect', name, ms: performance.now() - started });
    return result;
  },
  moment(name) {
    note({ kind: 'moment', name });
  },
};

/** Notes connections to the database; statements are seen before they are encrypted. */
function watchDatabase(): void {
  /* eslint-disable @typescript-eslint/unbound-method -- called with their own `this` below */
  const { connect } = Socket.prototype;
  const { write } = TLSSocket.prototype;
  /* eslint-enable @typescript-eslint/unbound-method */
  const sockets = new WeakSet<object>();
  Socket.prototype.connect = function (this: Socket, ...all: never[]) {
    const port = portOf(all);
    if (port === databasePort && !sockets.has(this)) {
      sockets.add(this);
      note({ kind: 'connect' });
      this.once('close', () => note({ kind: 'disconnect' }));
    }
    return Reflect.apply(connect, this, all) as Socket;
  };
  TLSSocket.prototype.write = function (this: TLSSocket, ...all: never[]) {
    const data: unknown = all[0];
    if (Buffer.isBuffer(data) && data[4] === statementByte && String(this.remotePort) === databasePort) {
      // The verb alone: what follows may be a password. From 8.0.23 on the server takes query attributes, whose counts come
      // first (dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query.html).
      const sql = /\w+( \w+)?/.exec(data.toString('latin1', 5, 42))?.[0] ?? '';
      note({ kind: 'statement', sql });
      const sent = performance.now();
      this.once('data', () => note({ kind: 'answer', sql, ms: performance.now() - sent }));
    }
    return Reflect.apply(write, this, all) as boolean;
  };
}

/** Node hands on what `net.connect` was given: options or a port, in an array or not. */
function portOf(given: unknown[]): string | undefined {
  const [first] = (Array.isArray(given[0]) ? given[0] : given) as unknown[];
  const port = typeof first === 'object' && first !== null && 'port' in first ? first.port : first;
  return typeof port === 'number' || typeof port === 'string' ? String(port) : undefined;
}

/** Notes when the engine is called, and when it has ended. */
function watchEngine(): void {
  const { spawn } = childProcess;
  childProcess.spawn = ((...all: unknown[]) => {
    const child = Reflect.apply(spawn, childProcess, all) as childProcess.ChildProcess;
    const [file, args] = all as [string, unknown];
    if (path.basename(file) === 'pulumi' && Array.isArray(args)) {
      const words = args.map(String);
      const call = words
        .slice(
          0,
          Math.max(
            1,
            words.findIndex((word) => word.startsWith('-')),
          ),
        )
        .join(' ');
      note({ kind: 'engine-starts', call });
      child.once('exit', () => note({ kind: 'engine-ends', call }));
    }
    return child;
  }) as typeof spawn;
}

if (log !== undefined) {
  (globalThis as { [effectHook]?: EffectHook })[effectHook] = hook;
  note({ kind: 'process', name: process.argv[1] ?? '' });
  watchDatabase();
  watchEngine();
}
