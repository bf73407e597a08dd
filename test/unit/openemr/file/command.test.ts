import { expect } from 'chai';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, link, lstat, mkdir, rename, symlink, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { content, makeSandbox } from './sandbox';
import type { Sandbox } from './sandbox';

const main = path.resolve(__dirname, '..', '..', '..', '..', 'src', 'cli', 'main.js');

describe('--fix-permissions as a process', () => {
  let sandbox: Sandbox;
  beforeEach(async () => {
    sandbox = await makeSandbox();
    await chmod(sandbox.file, 0o666);
  });
  afterEach(() => sandbox.remove());

  const modeOf = async (file: string): Promise<number> => (await lstat(file)).mode & 0o7777;
  const run = (args: string[] = [], env: NodeJS.ProcessEnv = {}): { code: number | null; text: string } => {
    const given = ['--fix-permissions=0440', '--sites-root', sandbox.root, ...args];
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...given], {
      encoding: 'utf8',
      env,
      cwd: sandbox.root,
    });
    expect(stderr).not.to.match(/^\s+at /m);
    expect(stdout + stderr).not.to.include('canary');
    return { code: status, text: stdout + stderr };
  };

  it('says the mode before and after, and leaves other sites, other files and the folders as they are', async () => {
    const other = path.join(sandbox.root, 'two', 'sqlconf.php');
    await mkdir(path.dirname(other));
    await writeFile(other, content);
    await Promise.all([other, sandbox.folder, sandbox.root].map((each) => chmod(each, 0o777)));
    const { code, text } = run();
    expect(code, text).to.equal(0);
    expect(text).to.include(`${sandbox.file}: mode 0666 → 0440.`);
    expect(text).to.include('Note: no lock is held, since the settings of the database are not given');
    expect(await modeOf(sandbox.file)).to.equal(0o440);
    for (const each of [other, sandbox.folder, sandbox.root]) expect(await modeOf(each)).to.equal(0o777);
    expect(run([], { OPENEMR_SITE: 'two' }).code).to.equal(0);
    expect(await modeOf(other)).to.equal(0o440);
  });

  it('where the database is known, it holds the lock of a rotation or changes nothing', async () => {
    const { code, text } = run([], { AWS_REGION: 'x', RDS_SLOT_SECRET_ID: 's', RDS_ADMIN_SECRET_ID: 'a' });
    expect(code, text).to.equal(2);
    expect(text).to.match(/^.*Settings: .*K8S_NAMESPACE/m);
    expect(await modeOf(sandbox.file)).to.equal(0o666);
  });

  for (const site of ['..', 'default/../default', '../x'])
    it(`a site named ${site}: exit 2`, async () => {
      const { code, text } = run(['--site', site]);
      expect(code).to.equal(2);
      expect(text).to.match(/not a plain folder name/);
      expect(await modeOf(sandbox.file)).to.equal(0o666);
    });

  const strange: [name: string, make: () => Promise<void>, message: RegExp][] = [
    ['a symbolic link', () => symlink('real.php', sandbox.file), /is a symbolic link/],
    ['a folder', () => mkdir(sandbox.file), /is not a plain file/],
    ['a FIFO', async () => void execFileSync('mkfifo', [sandbox.file]), /is not a plain file/],
    ['a hard link', () => link(path.join(sandbox.folder, 'real.php'), sandbox.file), /other hard links/],
    [
      'in a folder outside the root',
      async () => {
        await rename(sandbox.folder, `${sandbox.root}-away`);
        await symlink(`${sandbox.root}-away`, sandbox.folder);
      },
      /leads out of/,
    ],
    ['missing', async () => undefined, /does not exist; is its volume mounted, and OpenEMR installed\?/],
  ];
  for (const [name, make, message] of strange) {
    it(`a sqlconf.php that is ${name}: exit 2, nothing is changed`, async () => {
      const real = path.join(sandbox.folder, 'real.php');
      await rename(sandbox.file, real);
      await make();
      const { code, text } = run();
      expect(code, text).to.equal(2);
      expect(text).to.match(message);
      if (name.includes('outside')) execFileSync('rm', ['-r', `${sandbox.root}-away`]);
      else expect(await modeOf(real)).to.equal(0o666);
      await unlink(sandbox.folder).catch(() => undefined);
    });
  }
});

describe('output that nobody reads', () => {
  for (const args of [['--help'], ['--version'], ['--no-such-flag'], ['--log-json', '--no-such-flag']]) {
    it(`${args.join(' ')} with closed pipes: its own exit code and no crash`, () => {
      // The shell's status is that of the last command: the reader ends at once, and says what the command said.
      const script = `(sleep 0.1; "$@" 2>&1; echo "exit $?" >&3) 3>&4 | true`;
      // It ends when all pipes are closed, and so after that.
      const { output } = spawnSync('sh', ['-c', script, 'sh', process.execPath, main, ...args], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
      });
      expect(output[4]).to.equal(args.includes('--no-such-flag') ? 'exit 2\n' : 'exit 0\n');
      expect(output[2]).to.equal('');
    });

    it(`${args.join(' ')} with descriptors that are closed already: its own exit code`, () => {
      const { status } = spawnSync('sh', ['-c', '"$@" >&- 2>&- <&-', 'sh', process.execPath, main, ...args]);
      expect(status).to.equal(args.includes('--no-such-flag') ? 2 : 0);
    });
  }
});
