import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { repositoryFile } from '../docs/readme';

const bundle = repositoryFile('dist', 'bundle');

describe('what is not used is not loaded', function () {
  this.timeout(60_000);
  let folder = '';
  before(function () {
    if (!existsSync(path.join(bundle, 'command.js'))) {
      if (process.env['CI']) throw new Error('the bundles were not made, and in CI no test is skipped');
      this.skip();
    }
    folder = mkdtempSync(path.join(tmpdir(), 'loaded-'));
  });
  after(() => folder !== '' && rmSync(folder, { recursive: true }));

  /** The files that a command loads, bundled, below dist; it finds no settings. */
  function loadedBy(words: string[], environment: Record<string, string> = {}): string[] {
    const [hook, list] = [path.join(folder, 'hook.js'), path.join(folder, 'list')];
    const files = `Object.keys(require.cache).join('\\n')`;
    writeFileSync(
      hook,
      `process.on('exit', () => require('fs').writeFileSync(${JSON.stringify(list)}, ${files}));`,
    );
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--require', hook, repositoryFile('dist', 'src', 'cli', 'main.js'), ...words],
      { cwd: folder, encoding: 'utf8', env: { PATH: process.env['PATH'], HOME: folder, ...environment } },
    );
    expect(stdout + stderr).not.to.equal('');
    const all = readFileSync(list, 'utf8').split('\n');
    return all.filter((file) => file !== hook).map((file) => path.relative(path.dirname(bundle), file));
  }

  const own = ['bundle/command.js', 'src/base/bundle.js', 'src/base/compileCache.js', 'src/cli/main.js'];

  it('--help, --version and the help of a command load no library but their own file', () => {
    const everybody = {
      CREDENTIAL_ROTATION_SLACK_WEBHOOK_URL: 'https://hooks.example/canary',
      CREDENTIAL_ROTATION_PUSHGATEWAY_URL: 'http://127.0.0.1:1',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
    };
    for (const words of [['--help'], ['--version'], ['status', '--help'], ['evidence', '--help']])
      expect(loadedBy(words, everybody), words.join(' ')).to.have.members(own);
  });

  it('a command that reads loads what it reads with: no signing, no traces, no proxy', () => {
    const files = loadedBy(['status']);
    for (const each of ['kms', 'telemetry', 'proxy', 'php', 'database'])
      expect(files, each).not.to.include(`bundle/vendor/${each}.js`);
    // That a library would be seen.
    expect(files).to.include('bundle/vendor/forms.js');
  });
});
