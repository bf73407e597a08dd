import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { packageRoot } from '../../lab/package';
import type { ShellCommand } from '../unit/docs/shell';
import { documented, documentedCommands } from './support/documented';
import { environmentIn } from './support/printedEnvironment';
import { processesBelow } from './support/processes';
import { runDocumented } from './support/workingCopy';
import { expectCode } from './support/world';
import { until } from './support/until';

/** What the second shell is to be told: the bootstrap starts on neither slot. */
const plans = new Map([
  ['npm run lab', /^Would rotate: OpenEMR moves from slot A/m],
  ['npm run lab -- --database mariadb --start bootstrap --replicas 3', /^Would bootstrap/m],
]);

describe('npm run lab, and the command in a second shell, as docs/development.md has them', function () {
  this.timeout(240_000);
  // The real kubelet and Docker have tests of their own, in test/kubelet and dockerLab.test.ts.
  const lines = documentedCommands('docs/development.md', 'npm run lab').filter(
    ({ words }) => !words.includes('--kubelet') && !words.includes('--docker'),
  );
  const { words: secondShell } = documented('docs/development.md', 'npx node dist/src/cli/main.js');
  let folder: string;

  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'lab-command-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('are those that are known here', () => {
    expect(lines.map(({ words }) => words.join(' '))).to.deep.equal([...plans.keys()]);
  });

  async function expectLab({ words: [program = '', ...args] }: ShellCommand, plan: RegExp): Promise<void> {
    // The set-up, which npm would run before, has run before the tests. The lab is a process group, as in a terminal.
    const env = { ...process.env, TMPDIR: folder, npm_config_ignore_scripts: 'true' };
    const lab = spawn(program, args, { cwd: packageRoot(), env, detached: true });
    let output = '';
    for (const stream of [lab.stdout, lab.stderr])
      stream.on('data', (data: Buffer) => (output += data.toString()));
    const ended = once(lab, 'close');
    try {
      const says = (): boolean => output.includes('Ctrl-C ends it.') || lab.exitCode !== null;
      await until('the lab says that it is up', says, { limitMs: 240_000 });
      const second = { PATH: process.env['PATH'], HOME: folder, ...environmentIn(output) };
      const dryRun: ShellCommand = { environment: {}, words: [...secondShell, '--dry-run'] };
      const told = await runDocumented(dryRun, { cwd: packageRoot(), env: second });
      expectCode(told, 0);
      expect(told.stdout).to.match(plan);
    } finally {
      process.kill(-(lab.pid ?? 0), 'SIGINT');
      await ended;
    }
    expect(output).not.to.include('Error:');
    // The reaper, which makes sure of it, is the last to go.
    const gone = until('no process is left', () => processesBelow(folder).length === 0);
    await gone.catch(() => undefined);
    expect(processesBelow(folder)).to.deep.equal([]);
  }

  for (const command of lines) {
    const line = command.words.join(' ');
    it(line, () => expectLab(command, plans.get(line) ?? /^$/));
  }
});
