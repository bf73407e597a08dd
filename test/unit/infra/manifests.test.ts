import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { parse, parseAllDocuments } from 'yaml';
import { withInputsTable } from '../../../infra/inputs/table';
import { renderManifests } from '../../../infra/render/manifests';
import { repositoryFile, repositoryText } from '../docs/readme';
import { adopted, clusterOnly } from './inputs';

const example = repositoryText('infra/example.yaml');

describe('npm run manifests', function () {
  this.timeout(60_000);
  let folder = '';
  before(() => (folder = mkdtempSync(path.join(os.tmpdir(), 'manifests-'))));
  after(() => rmSync(folder, { recursive: true }));

  function run(...argv: string[]): { status: number | null; stdout: string; stderr: string } {
    const program = repositoryFile('dist/infra/render/main.js');
    return spawnSync(process.execPath, [program, ...argv], {
      cwd: folder,
      encoding: 'utf8',
      timeout: 60_000,
    });
  }

  it('has made infra/manifests from infra/example.yaml', () => {
    const rendered = renderManifests(parse(example));
    expect(readdirSync(repositoryFile('infra/manifests')).sort()).to.deep.equal([...rendered.keys()].sort());
    for (const [name, text] of rendered)
      expect(repositoryText(`infra/manifests/${name}`), name).to.equal(text);
  });

  it('names every object of a namespace with it, and no object twice', () => {
    const objects = [...renderManifests(parse(example)).values()].flatMap((text) =>
      parseAllDocuments(text).map(
        (each) => each.toJS() as { kind: string; metadata: { name: string; namespace?: string } },
      ),
    );
    const names = objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(new Set(names).size).to.equal(names.length);
    for (const { kind, metadata } of objects)
      expect(metadata.namespace, kind).to.equal(kind === 'PersistentVolume' ? undefined : 'openemr');
  });

  it('writes the files, with inputs from a file and from the command line, and clears what they no longer want', () => {
    writeFileSync(path.join(folder, 'inputs.yaml'), example);
    const first = run(
      '--config',
      'inputs.yaml',
      '--set',
      'kubernetes.limits.idleSeconds=5400',
      '--out',
      'out',
    );
    expect(first.status, first.stderr).to.equal(0);
    expect(first.stdout.trim().split('\n')).to.include('out/volume.yaml');
    expect(readFileSync(path.join(folder, 'out', 'cron-job.yaml'), 'utf8')).to.include(
      'terminationGracePeriodSeconds: 5760',
    );
    writeFileSync(path.join(folder, 'claim.yaml'), JSON.stringify(clusterOnly));
    const second = run(
      '--config',
      'claim.yaml',
      '--set',
      'kubernetes.network.databaseCidrs=["10.1.0.0/16"]',
      '--out',
      'out',
    );
    expect(second.status, second.stderr).to.equal(0);
    expect(readdirSync(path.join(folder, 'out'))).not.to.include('volume.yaml');
    expect(readFileSync(path.join(folder, 'out', 'network-policy.yaml'), 'utf8')).to.include('10.1.0.0/16');
  });

  for (const [what, argv, sentence] of [
    ['no folder', [], '✗ --out is missing; name the folder for the manifests'],
    ['an unknown flag', ['--output', 'x'], "✗ Unknown option '--output'; the command is: npm run manifests"],
    ['a missing file', ['--config', 'nowhere.yaml', '--out', 'x'], '✗ nowhere.yaml cannot be read as YAML'],
    ['no input', ['--set', 'x', '--out', 'x'], '✗ --set x names no input; give it as path.to.input=value.'],
    ['a broken list', ['--set', 'a=[1', '--out', 'x'], '✗ --set a is no JSON; correct the list or group.'],
    [
      'wrong inputs',
      ['--set', 'namespace=A B', '--out', 'x'],
      '✗ namespace is "A B"; give a Kubernetes name',
    ],
  ] as const)
    it(`refuses ${what} with exit 2`, () => {
      const { status, stderr } = run(...argv);
      expect(status).to.equal(2);
      expect(stderr).to.include(sentence);
    });

  it('makes nothing that only Pulumi can make', () => {
    expect(() => renderManifests(adopted)).to.throw(
      'kubernetes is missing; manifests are of the half kubernetes',
    );
  });
});

describe('docs/platform.md', () => {
  it('has the table of all inputs', () => {
    const text = repositoryText('docs/platform.md');
    expect(withInputsTable(text)).to.equal(text);
  });
});

describe('infra/Pulumi.yaml', () => {
  it('names the compiled entry, and its example stack has inputs that the component takes', async () => {
    const project = parse(repositoryText('infra/Pulumi.yaml')) as {
      name: string;
      main: string;
      runtime: object;
    };
    expect(project.runtime).to.deep.equal({ name: 'nodejs', options: { typescript: false } });
    expect(readdirSync(repositoryFile('dist/infra'))).to.include(path.basename(project.main));
    const { config } = parse(repositoryText('infra/Pulumi.prod.yaml')) as { config: Record<string, unknown> };
    const given = Object.entries(config).map(
      ([key, value]) => [key.replace(`${project.name}:`, ''), value] as const,
    );
    const inputs = Object.fromEntries(given) as { aws: { adminSecret: { login: Record<string, unknown> } } };
    const [{ readInputs }, { secret }] = await Promise.all([
      import('../../../infra/inputs/read.js'),
      import('@pulumi/pulumi'),
    ]);
    inputs.aws.adminSecret.login['password'] = secret('x');
    expect(readInputs(inputs).aws?.role.cluster).to.equal('openemr');
  });
});
