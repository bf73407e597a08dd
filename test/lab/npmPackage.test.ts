import { execFile, execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { installedPlugins } from '../../lab/image';
import { packageRoot, tools } from '../../lab/package';
import { engineVariable } from '../../src/engine/file';
import type { Run } from './support/command';
import { environmentOf } from './support/command';
import { documented } from './support/documented';
import { databases, labWith } from './support/labs';
import { expectCode, expectHealthy } from './support/world';

/** Debian's user nobody: no file of this machine belongs to it. */
const user = 65_534;
/** npm's own package of the engine, the newest that it was tried with (src/sdk/contracts.ts). */
const engineVersion = '3.265.0';

/**
 * The package as a platform team has it: the tarball installed by npm into an empty folder of a user without root,
 * beside npm's own package of the Pulumi engine. Only the download of the engine, from get.pulumi.com, cannot be had
 * here: it stands where that package would have put it.
 */
for (const database of databases.slice(0, 1)) {
  describe(`the npm package, installed by an ordinary user (${database})`, function () {
    this.timeout(400_000);
    let lab: Lab;
    let site: Site;
    let project: string;

    before(async () => {
      project = mkdtempSync(path.join(tmpdir(), 'npm-package-'));
      const tarball = pack(project);
      writeFileSync(path.join(project, 'package.json'), '{"name":"platform","private":true}\n');
      own(project);
      // As npm has it for whoever runs the tests: registry, proxy, authorities.
      const registry = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim();
      const installed = await asUser(
        'npm',
        ['install', '--no-audit', '--no-fund', '--registry', registry, tarball, `pulumi@${engineVersion}`],
        { ...process.env, HOME: project, npm_config_cache: path.join(project, '.npm') },
      );
      expect(installed.code, installed.stderr).to.equal(0);
      lab = await labWith(database);
      site = await lab.createSite();
      own(site.folder);
      // What the lab gives to root alone, a platform gives to whoever rotates.
      for (const file of [site.folder, ...Object.values(site.environment)].filter((each) => existsSync(each)))
        for (const folder of foldersAbove(file)) chmodSync(folder, 0o755);
    });
    after(async () => {
      await site.remove();
      rmSync(project, { recursive: true, force: true });
    });

    /** The lab's proxies are in this process, so nothing may hold it up. */
    function asUser(program: string, args: string[], env: NodeJS.ProcessEnv): Promise<Run> {
      return new Promise((resolve, reject) => {
        const options = { cwd: project, env, uid: user, gid: user, maxBuffer: 64 * 1024 * 1024 };
        const child = execFile(program, args, options, (_error, stdout, stderr) =>
          resolve({ code: child.exitCode, signal: child.signalCode, stdout, stderr }),
        );
        child.on('error', reject);
      });
    }

    /** Runs the installed command as a shell of that user finds it, with no engine on PATH and no variable that names one. */
    function command(args: string[]): Promise<Run> {
      const environment = {
        ...environmentOf(site),
        HOME: project,
        PATH: `${path.dirname(process.execPath)}:/usr/bin:/bin`,
        PULUMI_HOME: path.join(project, 'pulumi-home'),
        [engineVariable]: undefined,
      };
      const file = path.join(project, 'node_modules', '.bin', 'credential-rotation');
      return asUser(file, args, environment);
    }

    it('holds the command, the program and the component with its types: no lab, no test, no source map', () => {
      const root = path.join(project, 'node_modules', 'openemr-credential-rotation');
      const files = readdirSync(root, { recursive: true, encoding: 'utf8' });
      const foreign = /(^|\/)(lab|test|bench|build|image|docs)(\/|$)|\.map$|(?<!\.d)\.ts$/;
      expect(files.filter((file) => foreign.test(file))).to.deep.equal([]);
      expect(files).to.include.members([
        'LICENSE',
        'CHANGELOG.md',
        'dist/src/cli/main.js',
        'dist/bundle/command.js',
        'dist/infra/component/index.d.ts',
      ]);
      const stated = /tarball has (\d+(?:\.\d)?) MB, and (\d+) MB unpacked/.exec(
        readFileSync(path.join(packageRoot(), 'docs', 'npm.md'), 'utf8'),
      );
      const bytes = files
        .map((file) => lstatSync(path.join(root, file)))
        .reduce((sum, each) => sum + (each.isFile() ? each.size : 0), 0);
      expect(Number(stated?.[2])).to.be.closeTo(bytes / 1024 / 1024, 1);
    });

    it('npm has no engine yet: the package asks npm for it, and says what is wrong and what to do if that fails', async () => {
      const { code, stdout, stderr } = await command(['verify']);
      expect(stdout + stderr)
        .to.include(
          `npm's package pulumi in ${path.join(project, 'node_modules', 'pulumi')} cannot give the engine`,
        )
        .and.to.include(engineVariable);
      expect(code).to.equal(2);
    });

    it('help, dry run and rotation, with the engine that npm brings', async () => {
      const { version } = JSON.parse(
        readFileSync(path.join(project, 'node_modules', 'pulumi', 'package.json'), 'utf8'),
      ) as { version: string };
      await putEngine(version);
      const help = await command(['--help']);
      expectCode(help, 0);
      expect(help.stdout).to.include('credential-rotation');
      const planned = await command(['--dry-run']);
      expectCode(planned, 0);
      expectCode(await command([]), 0);
      await expectHealthy(site, 'B');
    });

    it('starts in the time that docs/npm.md states, or on a busy machine in ten times that', async () => {
      const stated = /there after (\d\.\d) s/.exec(
        readFileSync(path.join(packageRoot(), 'docs', 'npm.md'), 'utf8'),
      );
      const starts: number[] = [];
      for (let start = 0; start < 5; start++) {
        const began = performance.now();
        expectCode(await command(['--version']), 0);
        starts.push((performance.now() - began) / 1000);
      }
      expect(Math.min(...starts)).to.be.lessThan(10 * Number(stated?.[1]));
    });

    it('README.md: npx finds the command by the names of the packages', async () => {
      const { words } = documented('README.md', 'npx -p');
      const environment = { ...process.env, HOME: project, npm_config_cache: path.join(project, '.npm') };
      const { code, stdout, stderr } = await asUser('npx', words.slice(1), environment);
      expect(code, stderr).to.equal(0);
      expect(stdout).to.include('credential-rotation');
    });

    it('holds the Pulumi package, whose provider starts and gives its schema', async () => {
      const root = path.join(project, 'node_modules', 'openemr-credential-rotation');
      const entry = path.join(root, 'dist', 'infra', 'package', 'ownSchema.js');
      const made = await asUser(
        process.execPath,
        ['-p', `require(${JSON.stringify(entry)}).schemaText()`],
        process.env,
      );
      const file = path.join(root, 'infra', 'package', 'schema.json');
      expect(made.stdout.trim(), made.stderr).to.equal(readFileSync(file, 'utf8').trim());
      expect(existsSync(path.join(path.dirname(file), 'PulumiPlugin.yaml'))).to.equal(true);
    });

    it('a Pulumi program imports the component, with its types', async () => {
      writeFileSync(
        path.join(project, 'program.ts'),
        "import { CredentialRotation } from 'openemr-credential-rotation/infra';\n" +
          "import type { RotationInputs } from 'openemr-credential-rotation/infra';\n" +
          "const inputs: RotationInputs = { namespace: 'openemr', region: 'us-east-1' };\n" +
          "export const made = (): CredentialRotation => new CredentialRotation('rotation', inputs);\n" +
          '// @ts-expect-error a region is a text\n' +
          "export const wrong: RotationInputs = { namespace: 'openemr', region: 1 };\n",
      );
      const compiler = path.join(packageRoot(), 'node_modules', 'typescript', 'bin', 'tsc');
      const flags = ['--module', 'node20', '--strict', '--skipLibCheck', '--outDir', 'out'];
      const compiled = await asUser(process.execPath, [compiler, ...flags, 'program.ts'], process.env);
      expect(compiled.code, compiled.stdout).to.equal(0);
      const loaded = await asUser(
        process.execPath,
        ['-p', "typeof require('./out/program.js').made"],
        process.env,
      );
      expect(loaded.stdout.trim(), loaded.stderr).to.equal('function');
    });

    /** The engine, where npm's package looks for it, and the plugins as `pulumi plugin install` puts them. */
    async function putEngine(version: string): Promise<void> {
      const home = path.join(project, 'pulumi-home');
      cpSync(path.join(tools().pulumi, 'bin'), path.join(home, 'versions', version, 'bin'), {
        recursive: true,
        dereference: true,
      });
      const place = path.join(project, 'place');
      mkdirSync(place);
      cpSync(await installedPlugins(place), path.join(home, 'plugins'), { recursive: true });
      own(home);
    }

    function own(folder: string): void {
      execFileSync('chown', ['-R', `${user}:${user}`, folder]);
    }
  });
}

/** Makes the tarball as `npm publish` would, of what is compiled already. */
function pack(folder: string): string {
  execFileSync('npx', ['tsc', '-p', 'tsconfig.package.json'], { cwd: packageRoot() });
  const options = ['--ignore-scripts', '--silent', '--pack-destination', folder];
  const name = execFileSync('npm', ['pack', ...options], { cwd: packageRoot(), encoding: 'utf8' }).trim();
  return path.join(folder, name);
}

function foldersAbove(folder: string): string[] {
  const above = path.dirname(folder);
  return above === tmpdir() || above === path.dirname(above) ? [] : [above, ...foldersAbove(above)];
}
