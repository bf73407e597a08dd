import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { tools } from '../../../lab/package';
import { codeBlocks, page, repositoryFile, repositoryText } from '../docs/readme';

interface Job {
  needs?: string | string[];
  environment?: string;
  permissions: Record<string, string>;
  'timeout-minutes': number;
  steps: { uses?: string; run?: string; with?: Record<string, unknown> }[];
}

/** What actionlint says of workflows, each by a name of its own; empty when it finds nothing. */
function actionlint(texts: Record<string, string>): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'workflows-'));
  try {
    const files = Object.entries(texts).map(([name, text]) => {
      writeFileSync(path.join(folder, name), text);
      return name;
    });
    // Not shellcheck, which not every machine has: the same must be found everywhere.
    const flags = ['-no-color', '-shellcheck=', '-pyflakes=', '-config-file=labels'];
    writeFileSync(path.join(folder, 'labels'), 'self-hosted-runner: { labels: [openemr] }\n');
    const { stdout, stderr, error } = spawnSync(tools().actionlint, [...flags, ...files], {
      cwd: folder,
      encoding: 'utf8',
      timeout: 60_000,
    });
    if (error) throw error;
    return stdout + stderr;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('the workflow of a release', () => {
  const text = repositoryText('.github', 'workflows', 'release.yml');
  const workflow = parse(text) as {
    on: { push: { tags: string[] } };
    permissions: object;
    concurrency: Record<string, unknown>;
    jobs: Record<string, Job>;
  };
  const jobs = Object.entries(workflow.jobs);
  const steps = jobs.flatMap(([, job]) => job.steps);
  const needs = (name: string): string[] => {
    const own = [workflow.jobs[name]?.needs ?? []].flat();
    return [...own, ...own.flatMap(needs)];
  };

  it('starts on the tag of a version, and not on the tags that it makes itself', () => {
    expect(workflow.on).to.deep.equal({ push: { tags: ['v*'] } });
    expect(repositoryText('build', 'release', 'action-tag.sh')).to.include('refs/tags/action-v');
  });

  it('names each action by a commit, and says which version that is', () => {
    const uses = [...text.matchAll(/uses: (.+)$/gm)].map(([, action = '']) => action);
    expect(uses).to.have.length(steps.filter((step) => step.uses !== undefined).length);
    for (const action of uses)
      expect(action).to.match(/^[\w-]+\/[\w-]+(\/[\w-]+)?@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    // One version of each.
    const versions = new Map(uses.map((action) => action.split('@') as [string, string]));
    for (const action of uses)
      expect(action).to.equal(action.split('@')[0] + '@' + versions.get(action.split('@')[0] ?? ''));
  });

  it('nothing is published before all is tested and built, nor without the reviewers of the environment', () => {
    for (const [name, job] of jobs) {
      const publishes = Object.entries(job.permissions).some(
        ([scope, right]) => right === 'write' && scope !== 'packages',
      );
      if (!publishes) continue;
      expect(needs(name), name).to.include.members(['check', 'test', 'package', 'image']);
      expect(job.environment, name).to.equal('release');
    }
    expect(needs('release')).to.include.members(['publish-npm', 'publish-image', 'publish-chart']);
  });

  it('each job has only the permissions that it needs, a limit, and leaves no token behind', () => {
    expect(workflow.permissions).to.deep.equal({});
    expect(workflow.concurrency['cancel-in-progress']).to.equal(false);
    const signs = { 'id-token': 'write', attestations: 'write' };
    expect(Object.fromEntries(jobs.map(([name, job]) => [name, job.permissions]))).to.deep.equal({
      check: { contents: 'read' },
      test: { contents: 'read' },
      package: { contents: 'read' },
      image: { contents: 'read', packages: 'write' },
      'publish-npm': { contents: 'read', 'id-token': 'write' },
      'publish-image': { contents: 'read', packages: 'write', ...signs },
      'publish-chart': { contents: 'read', packages: 'write', ...signs },
      release: { contents: 'write', ...signs },
    });
    for (const [name, job] of jobs) expect(job['timeout-minutes'], name).to.be.a('number');
    for (const step of steps.filter(({ uses }) => uses?.startsWith('actions/checkout@') === true))
      expect(step.with?.['persist-credentials']).to.equal(false);
    expect(text).not.to.include('secrets.');
  });

  it('inserts nothing into a script, and each script of a step is one that a test runs', () => {
    const scripts = steps.flatMap(({ run = '' }) => [...run.matchAll(/build\/release\/([\w-]+\.sh)/g)]);
    const tested = repositoryText('test', 'unit', 'release', 'scripts.test.ts');
    for (const { run = '' } of steps) expect(run).not.to.include('${{');
    expect(scripts.length).to.be.greaterThan(6);
    for (const name of readdirSync(repositoryFile('build', 'release')).filter((each) =>
      each.endsWith('.sh'),
    )) {
      accessSync(repositoryFile('build', 'release', name), constants.X_OK);
      // action.sh is a part of pack.sh.
      if (name === 'action.sh') continue;
      expect(scripts.map(([, script]) => script)).to.include(name);
      expect(tested).to.include(`'${name}'`);
    }
  });

  describe('actionlint', function () {
    this.timeout(60_000);
    before(function () {
      if (existsSync(tools().actionlint)) return;
      if (process.env['CI']) throw new Error('actionlint was not built, and in CI no test is skipped');
      this.skip();
    });

    it('finds nothing in it, nor in the workflow of docs/github-action.md', () => {
      const [documented = ''] = codeBlocks('yaml', page('github-action'));
      expect(actionlint({ 'release.yml': text, 'documented.yml': documented })).to.equal('');
    });

    it('would find an output that no job has', () => {
      const wrong = text.replace('needs.check.outputs.npm-tag', 'needs.check.outputs.tag');
      expect(actionlint({ 'release.yml': wrong })).to.include('property "tag" is not defined');
    });
  });
});
