import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { pageFile } from '../../lab/demo/page';
import { describeTime } from '../../lab/demo/result';
import { Screen } from '../../lab/demo/screen';
import { Secrets } from '../../lab/site/secrets';
import { processesBelow } from './support/processes';
import { expectNoSecret } from './support/world';
import { letPass, until } from './support/until';

const demoFile = path.resolve(__dirname, '..', '..', 'lab', 'demo.js');

/** How a demonstration ended. */
interface Ended {
  code: number | null;
  output: string;
}

/** Runs what `npm start` runs, with `folder` for temporary files; `told` gets the output so far. */
function runDemo(folder: string, told: (output: string, pid: number) => void): Promise<Ended> {
  const child = spawn(process.execPath, [demoFile], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data: Buffer) => {
      output += data.toString();
      told(output, child.pid ?? 0);
    });
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

/** Reads the passwords in the Secrets Manager of the demonstration repeatedly, until it has ended. */
async function collectPasswords(folder: string, isOver: () => boolean): Promise<Set<string>> {
  const found = new Set<string>();
  let secrets: Secrets | undefined;
  for (; !isOver(); await letPass(200, 'between two looks')) {
    const moto = processesBelow(folder).find(({ args }) =>
      args.some((one) => one.endsWith('moto-server.py')),
    );
    const port = moto?.args[moto.args.indexOf('-p') + 1];
    if (port === undefined) continue;
    secrets ??= new Secrets(`http://127.0.0.1:${port}`);
    // The server is not ready yet, or not any more.
    const documentOf = (name: string): Promise<Record<string, unknown>> | undefined =>
      secrets?.read(`lab/site1/${name}`).catch(() => ({}));
    const [slots, admin] = [await documentOf('slots'), await documentOf('admin')];
    const entries = [slots?.['A'], slots?.['B'], admin] as ({ password?: string } | undefined)[];
    for (const entry of entries) if (entry?.password !== undefined) found.add(entry.password);
  }
  secrets?.close();
  return found;
}

async function expectNothingLeft(folder: string): Promise<void> {
  // A lab that was still starting is ended by its reaper, which outlives the demonstration for a moment.
  const nothing = (): boolean => processesBelow(folder).length === 0 && readdirSync(folder).length === 0;
  await until('nothing is left', nothing).catch(() => undefined);
  expect(processesBelow(folder), 'processes').to.deep.equal([]);
  expect(readdirSync(folder), 'temporary files').to.deep.equal([]);
}

describe('the demonstration', function () {
  this.timeout(240_000);
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'demo-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('rotates under load, says what happened without any password, and leaves nothing', async () => {
    let over = false;
    const running = runDemo(folder, () => undefined).finally(() => (over = true));
    const [{ code, output }, passwords] = await Promise.all([running, collectPasswords(folder, () => over)]);
    expect(code, output).to.equal(0);
    expect(output).to.match(/Requests +[1-9]\d* sent, failed: 0\n/);
    expect(output).to.match(/Logins +[1-9]\d* made .*, failed: 0\n/);
    expect(output).to.match(/Dry run: nothing was changed\.[^]*active_slot is B/);
    expect(output).to.match(/slot A \(oa_site1\) +changed; the new one works, the old one is refused/);
    expect(output).to.match(/slot B \(ob_site1\) +not changed; it works/);
    expect(output).to.match(/admin +\(adm_site1\) +changed; the new one works, the old one is refused/);
    expect(output).to.match(/Stack history +rotate A → B \(.+\) by \S+@\S+: succeeded, \d+ s/);
    expect(output).not.to.include('\u001b');
    const page = readFileSync(pageFile(), 'utf8');
    expect(output).to.include(`✓ ${pageFile()}: 1 rotation(s).`);
    expect(page)
      .to.match(/>[1-9]\d* requests to OpenEMR</)
      .and.to.include('none failed');
    // Slot A's and the admin's, each before and after, and slot B's.
    expect(passwords.size).to.equal(5);
    expectNoSecret(passwords, { output, page });
    await expectNothingLeft(folder);
  });

  for (const [moment, text] of [
    ['during the start', 'moto: ready'],
    ['during the rotation', '7/11 restart the Deployment …'],
  ] as const) {
    it(`ends cleanly at Ctrl-C ${moment}`, async () => {
      let interrupted = false;
      const { code, output } = await runDemo(folder, (sofar, pid) => {
        if (interrupted || !sofar.includes(text)) return;
        interrupted = true;
        process.kill(pid, 'SIGINT');
      });
      expect(code, output).to.equal(130);
      expect(output).to.match(/Stopping the lab\.\n$/);
      await expectNothingLeft(folder);
    });
  }

  it('uses colour on a terminal only, and not where NO_COLOR stands', () => {
    const shown = (isTTY: boolean, environment: NodeJS.ProcessEnv): string => {
      const texts: string[] = [];
      const stream = { isTTY, write: (text: string) => texts.push(text) } as unknown as NodeJS.WriteStream;
      new Screen(stream, environment).verdict(true, 'good');
      return texts.join('');
    };
    expect(shown(true, {})).to.equal('\n\u001b[32m✓ good\u001b[0m\n');
    for (const plain of [shown(false, {}), shown(true, { NO_COLOR: '1' }), shown(true, { TERM: 'dumb' })]) {
      expect(plain).to.equal('\n✓ good\n');
    }
  });

  it('says where the time of a rotation went, the longest part first', () => {
    const output = [
      ' 3/11 validate the admin credentials …',
      ' 3/11 validate the admin credentials done (0.5 s)',
      ' 5/11 write sqlconf.php already done (0.1 s)',
      ' 7/11 restart the Deployment done (4.0 s)',
      ' 8/11 validate database and application health done (1.0 s)',
      '10/11 renew the old slot’s password failed (2.0 s)',
    ].join('\n');
    expect(describeTime(output, 10_600)).to.deep.equal([
      '10.6 s in all:',
      '   4.0 s  step 7, restart the Deployment',
      '   3.0 s  start, reading and planning',
      '   2.0 s  step 10, renew the old slot’s password',
      '   1.0 s  step 8, validate database and application health',
      '   0.6 s  all else',
    ]);
  });
});
