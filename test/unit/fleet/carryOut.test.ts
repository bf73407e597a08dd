import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import type { Work } from '../../../src/fleet/carryOut';
import { carryOutAll, killChildren } from '../../../src/fleet/carryOut';
import type { ProcessEnd } from '../../../src/fleet/childLog';
import type { Member } from '../../../src/fleet/member';
import { membersOf } from '../../../src/fleet/member';
import { fleetOf } from './made';

/** Whether a process is there and not only waits for somebody to take its exit code. */
function runs(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

type Ended = Pick<ProcessEnd, 'code' | 'signal'> & { lines: string[] };

/** Processes of a fleet that are small scripts: everything but the rotation itself. */
describe('carryOutAll', function () {
  this.timeout(20_000);
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'fleet-test-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function workOf(scripts: Record<string, string>, changes: Partial<Work<Ended>> = {}): Work<Ended> {
    const members = membersOf(fleetOf(Object.keys(scripts)), { home: folder }, {});
    return {
      members,
      unfinished: new Set(),
      limits: { concurrency: 4, staggerMs: 0, onFailure: 'continue' },
      environment: { PATH: process.env['PATH'], RDS_SLOT_SECRET_ID: 'of another' },
      command: ({ name }: Member) => ['-e', scripts[name] ?? ''],
      logFile: ({ name }) => path.join(folder, `${name}.log`),
      resultOf: (_member, lines, { code, signal }) => ({ lines, code, signal }),
      isFailure: ({ code }) => code !== 0,
      tell: () => undefined,
      signal: new AbortController().signal,
      ...changes,
    };
  }

  it('gives every process its own environment, home and private log; the crash of one leaves the others', async () => {
    const tell =
      'console.log(process.env.RDS_SLOT_SECRET_ID, process.cwd()); console.error("to stderr"); console.log("group", require("node:fs").readFileSync("/proc/self/stat", "utf8").split(" ")[4] === String(process.pid))';
    const results = await carryOutAll(
      workOf({ a: tell, b: 'console.log("last words"); process.abort()', c: tell, d: 'process.exit(7)' }),
    );
    for (const name of ['a', 'c'])
      expect(results.get(name)).to.deep.equal({
        lines: [`${name}/slots ${folder}/deployments/${name}`, 'to stderr', 'group true'],
        ...{ code: 0, signal: null },
      });
    expect(results.get('b')).to.include({ code: null, signal: 'SIGABRT' });
    expect(results.get('b')?.lines[0]).to.equal('last words');
    expect(results.get('d')).to.include({ code: 7 });
    expect(statSync(path.join(folder, 'a.log')).mode & 0o777).to.equal(0o600);
    expect(readFileSync(path.join(folder, 'a.log'), 'utf8')).to.include('to stderr\n');
  });

  it('stop on failure: what was not begun is not in the result', async () => {
    const limits = { concurrency: 1, staggerMs: 0, onFailure: 'stop' } as const;
    const results = await carryOutAll(workOf({ a: '', b: 'process.exit(12)', c: '' }, { limits }));
    expect([...results.keys()]).to.deep.equal(['a', 'b']);
  });

  it('stagger: each start comes so long after the one before, though there is room for all at once', async () => {
    const starts: number[] = [];
    const staggerMs = 400;
    const limits = { concurrency: 4, staggerMs, onFailure: 'continue' } as const;
    const note = (news: { kind: string }): unknown =>
      news.kind === 'started' && starts.push(performance.now());
    const results = await carryOutAll(workOf({ a: '', b: '', c: '' }, { limits, tell: note }));
    expect(results.size).to.equal(3);
    // Timers may fire a little before their time.
    for (const [at, start] of starts.slice(1).entries())
      expect(start - (starts[at] ?? 0)).to.be.at.least(staggerMs - 5);
  });

  it('stagger: the first start waits for nothing, and a signal ends the wait for the next one', async () => {
    const controller = new AbortController();
    const limits = { concurrency: 4, staggerMs: 3_600_000, onFailure: 'continue' } as const;
    const tell = (news: { kind: string }): void => {
      if (news.kind === 'ended') controller.abort();
    };
    const results = await carryOutAll(workOf({ a: '', b: '' }, { limits, tell, signal: controller.signal }));
    expect([...results.keys()]).to.deep.equal(['a']);
  });

  it('a process that cannot be started is a failure of that deployment alone', async () => {
    const logFile = ({ name }: Member): string =>
      path.join(folder, name === 'a' ? 'not-there/a.log' : `${name}.log`);
    const results = await carryOutAll(workOf({ a: '', b: '' }, { logFile }));
    expect(results.get('a')?.code).to.equal(2);
    expect(results.get('a')?.lines.join()).to.include('cannot be started (ENOENT)');
    expect(results.get('b')?.code).to.equal(0);
  });

  const waiting =
    'process.on("SIGTERM", () => process.exit(8)); console.log("up"); setInterval(() => {}, 1000)';
  const deaf = `
    process.on("SIGTERM", () => undefined);
    const below = require("node:child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { detached: true });
    console.log(below.pid); setInterval(() => {}, 1000)`;

  it('the first signal asks all that run to stop and begins no more; the second one ends them and what they began', async () => {
    const controller = new AbortController();
    const pids: number[] = [];
    let up = 0;
    const work = workOf(
      { a: waiting, b: deaf, c: '' },
      {
        limits: { concurrency: 2, staggerMs: 0, onFailure: 'continue' },
        signal: controller.signal,
        tell: (news) => {
          if (news.kind === 'line' && /^\d+$/.test(news.line)) pids.push(Number(news.line));
          if (news.kind === 'line' && ++up === 2) controller.abort();
          if (news.kind === 'ended' && news.name === 'a') killChildren();
        },
      },
    );
    const results = await carryOutAll(work);
    expect([...results.keys()]).to.deep.equal(['a', 'b']);
    expect(results.get('a')).to.include({ code: 8 });
    expect(results.get('b')).to.include({ signal: 'SIGKILL' });
    expect(pids).to.have.lengthOf(1);
    while (runs(pids[0] ?? 0)) await new Promise((resolve) => setTimeout(resolve, 20));
  });
});
