import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { repositoryFile } from '../docs/readme';

const loaded = [
  'cli/commands/status',
  'inspect/status/read',
  'kubernetes/kubernetes',
  'kubernetes/lease',
  'aws/secretsManager',
];

describe('status', () => {
  it('does not load Pulumi, which takes longer than all that it reads', function () {
    this.timeout(30_000);
    const files = loaded.map((name) => repositoryFile('dist', 'src', `${name}.js`));
    const script = `${JSON.stringify(files)}.forEach((file) => require(file));
      console.log(Object.keys(require.cache).filter((file) => file.includes('/@pulumi/')).length);`;
    const { stdout, stderr } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
    expect(stdout.trim(), stderr).to.equal('0');
  });
});

describe('--help', () => {
  it('does not load zod, which only what is stored needs', function () {
    this.timeout(30_000);
    const file = repositoryFile('dist', 'src', 'cli', 'commandLine.js');
    const script = `require(${JSON.stringify(file)}).runCommandLine(['--help']).then(() =>
      console.error(Object.keys(require.cache).filter((file) => file.includes('/node_modules/zod/')).length));`;
    const { stderr } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
    expect(stderr.trim()).to.equal('0');
  });
});
