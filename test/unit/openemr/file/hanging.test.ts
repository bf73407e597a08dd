import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import promises from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withinLimit, limitFileAccess, hasHangingFileAccess } from '../../../../src/openemr/file/limit';
import { readSqlconf, writeSqlconf } from '../../../../src/openemr/file/sqlconfFile';
import { mountHanging } from './hangingMount';
import { makeSandbox, refusal } from './sandbox';
import type { Sandbox } from './sandbox';

const source = path.join(__dirname, '../../../../src');

interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  text: string;
  ms: number;
}

/** Runs Node.js to its end; `signals` are sent half a second apart, from the first second on. */
async function runNode(
  args: string[],
  environment: NodeJS.ProcessEnv,
  signals: NodeJS.Signals[] = [],
): Promise<Ended> {
  const begin = performance.now();
  // Away from this repository, whose stack file of an example names a database.
  const options = { cwd: os.tmpdir(), env: { ...process.env, ...environment } };
  const child = spawn(process.execPath, args, options);
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => (text += data.toString()));
  const exited = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  const sending = (async () => {
    for (const signal of signals) {
      await sleep(1000);
      child.kill(signal);
    }
  })();
  const [code, signal] = await exited;
  await sending;
  return { code, signal, text, ms: performance.now() - begin };
}

describe('a file system that does not answer', function () {
  this.timeout(60_000);
  let sandbox: Sandbox;
  let unmount: (() => Promise<void>) | undefined;
  beforeEach(async () => {
    sandbox = await makeSandbox();
  });
  afterEach(async () => {
    await unmount?.();
    unmount = undefined;
    limitFileAccess(15);
    await sandbox.remove();
  });

  it('ends the command after the limit, with its exit code, though a thread hangs in the kernel', async function () {
    unmount = await mountHanging(sandbox.folder);
    if (!unmount) this.skip();
    const args = [
      path.join(source, 'cli/main.js'),
      '--fix-permissions',
      `--sites-root=${sandbox.root}`,
      '--file-limit=1',
    ];
    const { code, signal, text, ms } = await runNode(args, { NO_COLOR: '1' });
    expect({ code, signal }, text).to.deep.equal({ code: 4, signal: null });
    expect(text).to.match(/file system of \S+sqlconf\.php has not answered for 1 s.*volume can be reached/);
    expect(ms).to.be.lessThan(15_000);
  });

  it('the second signal ends the process, whatever hangs', async function () {
    unmount = await mountHanging(sandbox.folder);
    if (!unmount) this.skip();
    const script = `
      const { withStopSignals } = require(${JSON.stringify(path.join(source, 'cli/signals.js'))});
      const { stat } = require('node:fs/promises');
      withStopSignals(() => stat(${JSON.stringify(sandbox.file)}), () => console.log('stopping'));`;
    const { code, signal, text, ms } = await runNode(['-e', script], {}, ['SIGTERM', 'SIGTERM']);
    expect({ code, signal, text }).to.deep.equal({ code: null, signal: 'SIGTERM', text: 'stopping\n' });
    expect(ms).to.be.lessThan(15_000);
  });

  it('what comes back too late writes no more, and holds nothing up when it is back', async () => {
    limitFileAccess(0.05);
    let goOn = (): void => undefined;
    const hanging = new Promise<void>((resolve) => (goOn = resolve));
    let written = false;
    const work = withinLimit(sandbox.file, async (assertWaitedFor) => {
      await hanging;
      assertWaitedFor();
      written = true;
    });
    expect((await refusal(work, 'hangs')).outcome).to.equal('before-switch');
    expect(hasHangingFileAccess()).to.equal(true);
    let begun = false;
    await refusal(
      withinLimit(sandbox.file, async () => {
        begun = true;
      }),
      'hangs',
    );
    expect(begun, 'no second call beside one that hangs').to.equal(false);
    goOn();
    await sleep(0);
    expect({ written, hangs: hasHangingFileAccess() }).to.deep.equal({ written: false, hangs: false });
    expect(await withinLimit(sandbox.file, async () => 'done')).to.equal('done');
  });
});

/** As Node.js gives what libuv has no name for. */
function unnamed(number: number): Error {
  const code = `Unknown system error ${number}`;
  return Object.assign(new Error(`${code}: ${code}, open`), { errno: number, code, syscall: 'open' });
}

describe('errors that Node.js has no name for', () => {
  const { open, realpath, rename } = promises;
  let sandbox: Sandbox;
  beforeEach(async () => {
    sandbox = await makeSandbox();
  });
  afterEach(() => {
    Object.assign(promises, { open, realpath, rename });
    return sandbox.remove();
  });
  /** The next calls fail, then they are the real ones again. */
  function failing(
    name: 'open' | 'realpath' | 'rename',
    times: number,
    number = -116,
    begins: (file: string) => boolean = () => true,
  ): void {
    const real = promises[name] as (...args: unknown[]) => Promise<unknown>;
    let left = times;
    Object.assign(promises, {
      [name]: (...args: unknown[]) =>
        left > 0 && begins(String(args[0])) ? ((left -= 1), Promise.reject(unnamed(number))) : real(...args),
    });
  }

  for (const call of ['open', 'realpath'] as const) {
    it(`ESTALE at ${call}: opened again by its path, a few times`, async () => {
      failing(call, 4);
      expect((await readSqlconf(sandbox.root)).path).to.include('sqlconf.php');
      failing(call, 99);
      const error = await refusal(readSqlconf(sandbox.root), 'io');
      expect(error.message).to.match(/stale; mount the volume again/);
    });
  }

  /** From now on each open is noted, and the first of the file itself meets another client, which replaces it. */
  function replacedOnce(): string[] {
    const real = promises.open as (...args: unknown[]) => Promise<unknown>;
    const opened: string[] = [];
    Object.assign(promises, {
      open: async (...args: unknown[]) => {
        const handle = await real(...args);
        opened.push(path.basename(String(args[0])));
        if (opened.filter((name) => name === 'sqlconf.php').length === 1 && opened.at(-1) === 'sqlconf.php') {
          await promises.writeFile(`${sandbox.file}.new`, 'of the other client');
          await promises.rename(`${sandbox.file}.new`, sandbox.file);
        }
        return handle;
      },
    });
    return opened;
  }

  it('no name any more: another client has replaced the file, and what is read is the new one', async () => {
    replacedOnce();
    expect((await readSqlconf(sandbox.root)).bytes.toString()).to.equal('of the other client');
  });

  it('the folder is opened before the file, each time: only that makes an NFS client ask for the name', async () => {
    const opened = replacedOnce();
    await readSqlconf(sandbox.root);
    expect(opened.filter((name) => ['default', 'sqlconf.php'].includes(name))).to.deep.equal([
      ...['default', 'sqlconf.php'],
      ...['default', 'sqlconf.php'],
    ]);
  });

  it('a folder that may not be listed is no reason against reading', async () => {
    failing('open', 1, -13, (file) => file.endsWith('default'));
    expect((await readSqlconf(sandbox.root)).path).to.include('sqlconf.php');
  });

  it('ESTALE when it is read back: read again, and the write counts as made', async () => {
    const before = await readSqlconf(sandbox.root);
    const real = promises.rename;
    Object.assign(promises, {
      rename: async (from: string, to: string) => {
        await real(from, to);
        failing('open', 3, -116);
      },
    });
    const after = await writeSqlconf(before, Buffer.from('new'));
    expect(after.bytes.toString()).to.equal('new');
  });

  it('EDQUOT: the quota, not an unknown error', async () => {
    const before = await readSqlconf(sandbox.root);
    failing('open', 1, -122, (file) => file.includes('/.sqlconf.'));
    const error = await refusal(writeSqlconf(before, Buffer.from('new')), 'full');
    expect(error.message).to.match(/quota is used up/);
    expect(await sandbox.names()).to.deep.equal(['sqlconf.php']);
  });
});
