import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { FakeGitHub } from '../unit/action/fakeGitHub';
import type { ActionRun } from './support/actionRunner';
import { runAction } from './support/actionRunner';
import { environmentOf } from './support/command';
import { databases, labWith } from './support/labs';
import { expectHealthy, expectNoSecret, snapshot } from './support/world';

/** The steps of action.yml in order against a lab: a dry run on a pull request, then its plan carried out. */
describe('the GitHub Action', function () {
  this.timeout(180_000);
  let lab: Lab;
  let site: Site;
  let github: FakeGitHub;
  let workspace: string;
  const token = 'ghs_a-token-of-the-lab';
  const runs: ActionRun[] = [];

  before(async () => {
    lab = await labWith(databases[0] ?? 'mysql');
    site = await lab.createSite({ replicas: 1 });
    github = await FakeGitHub.start(token);
    workspace = path.join(site.folder, 'workspace');
    mkdirSync(workspace);
  });
  after(async () => {
    github.close();
    await site.remove();
  });

  async function act(inputs: Record<string, string>, cancelledAt?: string): Promise<ActionRun> {
    const run = await runAction({
      ...(cancelledAt === undefined ? {} : { cancelledAt }),
      inputs: { 'stack-name': site.name, 'comment-on-pr': 'true', 'comment-on-summary': 'true', ...inputs },
      environment: {
        ...environmentOf(site),
        GITHUB_API_URL: github.url,
        GITHUB_REPOSITORY: 'acme/openemr',
      },
      workspace,
      token,
      event: { pull_request: { number: 7 } },
    });
    runs.push(run);
    return run;
  }

  it('a dry run: plan, outputs, summary and comment; nothing is changed', async () => {
    const before = await snapshot(site);
    const run = await act({ command: 'preview', plan: 'rotation.json' });
    expect(run.code, run.log).to.equal(0);
    expect(run.outputs).to.include({ outcome: 'done', 'exit-code': '0', kind: 'rotate', from: 'A', to: 'B' });
    expect(run.outputs['rotation']).to.match(/^\d{8}-/);
    expect(run.summary)
      .to.include('Would rotate, from slot A to slot B')
      .and.include(' 5/11 write sqlconf.php');
    expect(run.log).to.include('Would rotate, from slot A to slot B');
    expect(github.bodies(7)).to.deep.equal([run.summary.trimEnd()]);
    expect(existsSync(path.join(workspace, 'rotation.json'))).to.equal(true);
    expect(await snapshot(site)).to.deep.equal(before);
  });

  it('another dry run replaces the comment', async () => {
    await act({ command: 'preview' });
    expect(github.bodies(7)).to.have.length(1);
  });

  it('a rotation carries out the saved plan', async () => {
    const run = await act({ command: 'rotate', plan: 'rotation.json', 'comment-on-pr': 'false' });
    expect(run.code, run.log).to.equal(0);
    await expectHealthy(site, 'B');
    expect(run.outputs).to.include({
      outcome: 'done',
      from: 'A',
      to: 'B',
      message: 'OpenEMR runs on slot B.',
    });
    expect(run.summary)
      .to.match(/✓ {2}5\/11 .*\(\d+\.\d s\)/)
      .and.match(/✓ 11\/11 /);
    expect(github.bodies(7)).to.have.length(1);
  });

  it('that plan once more: the step fails with exit 10, and outputs and summary say why', async () => {
    const run = await act({ command: 'rotate', plan: 'rotation.json' });
    expect(run.code, run.log).to.equal(10);
    expect(run.outputs).to.include({ outcome: 'drift', 'exit-code': '10' });
    expect(run.outputs['message']).to.include('no longer fits');
    expect(run.summary).to.include('no longer fits');
    expect(run.log).to.match(/^::error::.*no longer fits/m);
    await expectHealthy(site, 'B');
  });

  it('a job that is cancelled stops in order, and the next one finishes', async () => {
    const run = await act({ command: 'rotate' }, ' 5/11 ');
    expect(run.code, run.log).to.equal(8);
    expect(run.outputs).to.include({ outcome: 'cancelled', 'exit-code': '8' });
    expect((await act({ command: 'rotate' })).code).to.equal(0);
    await expectHealthy(site, 'A');
  });

  it('status and verify, with their own text', async () => {
    const run = await act({ command: 'status' });
    expect(run.code, run.log).to.equal(0);
    expect(run.summary).to.include(site.users.A);
    expect((await act({ command: 'verify', 'comment-on-pr': 'false' })).code).to.equal(0);
  });

  it('runs no text of an input', async () => {
    const run = await act({
      command: 'preview',
      'stack-name': '$(touch ran)`touch ran`',
      plan: '"; touch ran; "',
    });
    expect(run.code).to.equal(2);
    expect(run.log).to.include('stack-name must be a Pulumi stack name');
    expect(existsSync(path.join(workspace, 'ran'))).to.equal(false);
  });

  it('a comment that GitHub refuses is a warning, and the step ends as the command did', async () => {
    const run = await act({ command: 'status', 'github-token': 'ghs_of-a-fork-that-may-not' });
    expect(run.code, run.log).to.equal(0);
    expect(run.log).to.match(/^::warning::The comment .* was not written: GitHub answered 403/m);
  });

  it('no secret is in any log, output, summary, comment or plan', async () => {
    const { A, B, admin } = await snapshot(site);
    const own = [token, site.environment['PULUMI_CONFIG_PASSPHRASE'] ?? ''];
    const texts = runs.map((run, index) => [`run ${index}`, JSON.stringify(run)] as const);
    expectNoSecret([...site.canaries(), A.password, B.password, admin.password, ...own], {
      ...Object.fromEntries(texts),
      comments: JSON.stringify(github.comments),
      plan: readFileSync(path.join(workspace, 'rotation.json'), 'utf8'),
    });
  });
});
