import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { documentNames, repositoryFile, repositoryText } from '../unit/docs/readme';
import type { ShellCommand } from '../unit/docs/shell';
import type { Run } from './support/command';
import { documented, documentedCommands } from './support/documented';
import { runDocumented, workingCopy } from './support/workingCopy';
import { expectCode } from './support/world';

/** The files of a folder, as text by name. */
function filesOf(folder: string): Record<string, string> {
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((each) => each.isFile())
    .map(({ name }) => name)
    .sort();
  return Object.fromEntries(names.map((name) => [name, readFileSync(path.join(folder, name), 'utf8')]));
}

/**
 * In a copy of what is in the repository, where nothing is compiled. `npm ci` is not run: it takes all packages from the
 * registry anew. The set-up runs it in each fresh clone, so none of these tests would run without it.
 */
describe('the npm commands of the documents, in a clone that has its packages', function () {
  this.timeout(240_000);
  let folder: string;
  let clone: string;
  let env: Record<string, string | undefined>;

  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'npm-commands-'));
    clone = workingCopy(path.join(folder, 'clone'), false);
    const PATH = [path.dirname(process.execPath), process.env['PATH']].join(path.delimiter);
    // npm link writes into npm's own folder: that of the test.
    env = { HOME: folder, PATH, npm_config_prefix: path.join(folder, 'prefix'), NO_COLOR: '1' };
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const run = (command: ShellCommand, cwd = clone): Promise<Run> => runDocumented(command, { cwd, env });

  it('docs/production.md, docs/platform.md: npm run build makes what the command and the Pulumi programs start from', async () => {
    const [ci, build] = documentedCommands('docs/platform.md', 'npm ci');
    const words = [ci, build].map((command) => command?.words.join(' '));
    expect(words).to.deep.equal(['npm ci', 'npm run build']);
    expect(documentedCommands('docs/production.md', 'npm ci').slice(0, 2)).to.deep.equal([ci, build]);
    if (!build) throw new Error('the document does not build');
    expectCode(await run(build), 0);
    for (const file of [
      'src/cli/main.js',
      'src/run/pulumiMain.js',
      'infra/index.js',
      'infra/policy/index.js',
    ])
      expect(readFileSync(path.join(clone, 'dist', file), 'utf8')).not.to.equal('');
  });

  it('docs/production.md: npm link puts credential-rotation on PATH', async () => {
    const link = documentedCommands('docs/production.md', 'npm ci').at(-1);
    expect(link?.words).to.deep.equal(['npm', 'link']);
    expectCode(await run(link ?? documented('docs/production.md', 'npm link')), 0);
    const bin = path.join(folder, 'prefix', 'bin');
    const ended = await runDocumented(
      { environment: {}, words: ['credential-rotation', '--version'] },
      { cwd: folder, env: { ...env, PATH: [bin, env['PATH']].join(path.delimiter) } },
    );
    expectCode(ended, 0);
    expect(ended.stdout).to.match(/^\d+\.\d+\.\d+\n$/);
    // The packages are those of the repository itself here: they must be as they were.
    expect(readdirSync(repositoryFile('node_modules')).length).to.be.greaterThan(200);
  });

  it('docs/platform.md: npm run manifests makes the manifests of the repository', async () => {
    const manifests = path.join(clone, 'infra', 'manifests');
    rmSync(manifests, { recursive: true });
    expectCode(await run(documented('docs/platform.md', 'npm run manifests')), 0);
    expect(filesOf(manifests)).to.deep.equal(filesOf(repositoryFile('infra/manifests')));
  });

  it('docs/monitoring.md: npm run monitoring makes the rules and the dashboard of the repository @long', async () => {
    const files = ['rules.yaml', 'dashboard.json'].map((name) => path.join('infra', 'monitoring', name));
    for (const file of files) rmSync(path.join(clone, file));
    expectCode(await run(documented('docs/monitoring.md', 'npm run monitoring')), 0);
    for (const file of files)
      expect(readFileSync(path.join(clone, file), 'utf8')).to.equal(repositoryText(file));
  });

  it('docs/helm.md: npm run chart makes the chart of the repository @long', async () => {
    const folder = path.join(clone, 'infra', 'chart');
    rmSync(folder, { recursive: true });
    expectCode(await run(documented('docs/helm.md', 'npm run chart')), 0);
    for (const part of [[], ['templates']]) {
      const files = [folder, repositoryFile('infra/chart')].map((each) => filesOf(path.join(each, ...part)));
      expect(files[0]).to.deep.equal(files[1]);
    }
  });

  it('docs/migration.md: npm run manifests leaves none that would take something from the old tool @long', async () => {
    const manifests = path.join(clone, 'infra', 'manifests');
    cpSync(repositoryFile('infra/manifests'), manifests, { recursive: true });
    expectCode(await run(documented('docs/migration.md', 'npm run manifests')), 0);
    const files = filesOf(manifests);
    expect(Object.keys(files)).to.deep.equal([
      'cron-job.yaml',
      'job.yaml',
      'network-policy.yaml',
      'role.yaml',
    ]);
    expect(files['cron-job.yaml']).to.include('serviceAccountName: credential-rotation-sa');
  });

  it('docs/reference.md: npm run docs makes the documents as they are', async () => {
    expectCode(await run(documented('docs/reference.md', 'npm run docs')), 0);
    for (const name of [...documentNames(), 'docs/rotation.svg'])
      expect(readFileSync(path.join(clone, name), 'utf8'), name).to.equal(repositoryText(name));
  });

  it('docs/stability.md: npm run golden finds all of it recorded @long', async () => {
    const ended = await run(documented('docs/stability.md', 'npm run golden'));
    expectCode(ended, 0);
    expect(ended.stdout).to.include('0 changed, 0 new');
  });

  it('docs/development.md: npm run format leaves a file as it is that is written so, and mends another @long', async () => {
    const file = path.join(clone, 'src', 'failure.ts');
    writeFileSync(file, repositoryText('src', 'base', 'failure.ts').replaceAll(/^ +/gm, ' '));
    expectCode(await run(documented('docs/development.md', 'npm run format')), 0);
    for (const name of ['src/base/failure.ts', 'src/cli/main.ts', 'README.md'])
      expect(readFileSync(path.join(clone, name), 'utf8'), name).to.equal(repositoryText(name));
  });
});
