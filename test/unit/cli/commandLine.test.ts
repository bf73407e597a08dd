import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { runCommandLine } from '../../../src/cli/commandLine';
import { commandTable } from '../../../src/cli/commandTable';
import { parseCommandLine } from '../../../src/cli/parser';
import { exitCodes } from '../../../src/base/failure';
import { definitionOf, optionNames } from '../../../src/settings/options';
import { captured } from '../report/captured';

const compiled = path.resolve(__dirname, '..', '..', '..', 'src', 'cli');
const packageFile = path.resolve(compiled, '..', '..', '..', 'package.json');

describe('--help', () => {
  let help: string;
  before(async () => {
    const shown = await captured(async () => {
      expect(await parseCommandLine(['--help'])).to.equal(undefined);
    });
    expect(shown.stderr).to.equal('');
    help = shown.stdout;
  });

  it('names every flag with its variable', () => {
    const text = help.replace(/\s+/g, ' ');
    for (const name of optionNames) {
      const { flag, variable } = definitionOf(name);
      expect(text).to.include(`--${flag} `).and.include(`[${variable}]`);
    }
    for (const flag of ['--dry-run', '--sync-db-users', '--fix-permissions', '--log-json', '--version'])
      expect(text).to.include(flag);
  });

  it('says what it is for, gives examples and every exit code', () => {
    expect(help)
      .to.match(/^credential-rotation \[command\] \[flags\]/)
      .and.match(/credential-rotation --dry-run +see the plan/);
    const codes = help.slice(help.indexOf('Exit codes:'));
    for (const code of Object.values(exitCodes)) expect(codes).to.match(new RegExp(`\n +${code} +[a-z]`));
  });

  it('is shown whatever else is given, and by the whole command with exit code 0', async () => {
    const shown = await captured(async () => {
      expect(await runCommandLine(['--dry-run', '--help'])).to.equal(0);
    });
    expect(shown).to.deep.equal({ stdout: help, stderr: '' });
  });

  it('of every command shows an example of it, and exits with 0', async () => {
    const asked: string[][] = [[]];
    for (const words of asked) {
      const { stdout, stderr } = await captured(async () => {
        expect(await runCommandLine([...words, '--help']), words.join(' ')).to.equal(0);
      });
      expect(stderr).to.equal('');
      // The command without a word is a rotation.
      const example = `credential-rotation ${words.join(' ').replace('rotate', '')}`.trim();
      const [, examples = ''] = stdout.split('\nExamples:\n');
      expect(examples.split('\n\n')[0], `${words.join(' ')} --help`).to.include(example);
      const [, list = ''] = stdout.split('\nCommands:\n');
      const lines = list.split('\n\n')[0] ?? '';
      for (const [, below = ''] of lines.matchAll(/^ {2}((?:[a-z-]+ )*[a-z-]+) /gm)) {
        const found = below.split(' ');
        if (found.length > words.length) asked.push(found);
      }
    }
    const names = asked.map((words) => words.join(' '));
    expect(names).to.include.members([...Object.keys(commandTable), 'config show', 'fleet run']);
  });

  it('loads no engine, no SDK and no database driver', () => {
    const script = `require(${JSON.stringify(path.join(compiled, 'parser.js'))}).parseCommandLine(['--help']).then(() => {
      const loaded = Object.keys(require.cache).map((file) => /node_modules.((@[^/]+.)?[^/]+)/.exec(file)?.[1]);
      process.stderr.write(JSON.stringify([...new Set(loaded.filter(Boolean))]));
    });`;
    const { stderr, status } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
    expect(status).to.equal(0);
    const loaded = JSON.parse(stderr) as string[];
    expect(
      loaded.filter((name) => /pulumi|aws|kubernetes|mysql|php-parser|zod|yaml/.test(name)),
    ).to.deep.equal([]);
  });
});

describe('--version', () => {
  const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string };

  for (const argv of [['--version'], ['--dry-run', '--version']]) {
    it(`${argv.join(' ')} prints the package's version and nothing else`, async () => {
      const shown = await captured(async () => {
        expect(await runCommandLine(argv)).to.equal(0);
      });
      expect(shown).to.deep.equal({ stdout: `${version}\n`, stderr: '' });
    });
  }
});

describe('the command', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'command-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('an unknown flag: one line on stderr, exit code 2', async () => {
    const shown = await captured(async () => {
      expect(await runCommandLine(['--dry-rum'])).to.equal(2);
    });
    expect(shown.stdout).to.equal('');
    expect(shown.stderr).to.match(
      /^✗ Unknown flag --dry-rum\. Did you mean --dry-run\? See credential-rotation --help\. \[exit 2\]\n$/,
    );
  });

  it('an unknown flag beside --log-json: one result line on stdout', async () => {
    const shown = await captured(async () => {
      expect(await runCommandLine(['--log-json', '--dry-rum'])).to.equal(2);
    });
    expect(shown.stderr).to.equal('');
    expect(JSON.parse(shown.stdout)).to.include({
      schema: 1,
      type: 'result',
      outcome: 'configuration',
      exitCode: 2,
    });
  });

  describe('as a process without any setting', () => {
    const run = (...argv: string[]): string => {
      const main = path.join(compiled, 'main.js');
      const options = { encoding: 'utf8', cwd: folder, env: {} } as const;
      const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...argv], options);
      expect(status).to.equal(2);
      expect(stdout).to.equal('');
      expect(stderr.trimEnd().split('\n')).to.have.lengthOf(1);
      return stderr;
    };

    it('names all that is missing in one line: exit code 2', () => {
      const line = run();
      const required = optionNames.map(definitionOf).filter((definition) => definition.required);
      for (const { variable } of required) expect(line).to.include(variable);
    });

    it('--fix-permissions needs only the folder', () => {
      expect(run('--fix-permissions')).to.match(
        /^✗ Settings: OPENEMR_SITES_MOUNT_ROOT \(or --sites-root\) is missing\./,
      );
    });
  });

  for (const mode of ['0999', '777x', '07777', 'u+r', '64']) {
    it(`--fix-permissions ${mode} is no octal mode: exit code 2`, async () => {
      const { stderr } = await captured(async () => {
        expect(await runCommandLine(['--fix-permissions', mode, '--sites-root', folder])).to.equal(2);
      });
      expect(stderr).to.include('octal mode');
    });
  }
});
