import { expect } from 'chai';
import { parseLine as actionLine } from '../../../src/action/report';
import { readLogLine as fleetLine } from '../../../src/fleet/childLog';
import { traceTo } from '../../../src/base/trace';
import { Failure } from '../../../src/base/failure';
import { planRollback } from '../../../src/rotation/planRotation';
import type { PlannedRotation, RequestKind } from '../../../src/rotation/rotationPlan';
import { stepTitles } from '../../../src/rotation/steps';
import { differencesOf } from '../../../src/report/differences';
import type { Preview, Renderer } from '../../../src/report/renderer';
import { describePlan, JsonRenderer, TextRenderer } from '../../../src/report/renderer';
import { scrubber } from '../../../src/secrecy/scrubber';
import { StepTracker } from '../../../src/engine/stepTracker';
import { undocumented } from '../docs/documented';
import { now, plannedIn } from '../rotation/planned';
import type { World } from '../rotation/simulatedWorld';
import { loginOf, worldOn } from '../rotation/simulatedWorld';
import { recording } from '../engine/recordings';
import { captured } from './captured';
import type { Ending } from '../../../src/rotation/news';

function planIn(world: World, kind: RequestKind = 'rotate'): PlannedRotation {
  const { plan, material } = plannedIn(world, kind);
  return { plan, material };
}

const rotation = planIn(worldOn('A'));

/** A rotation as its renderer sees it: planned, the steps of a failed health proof, rolled back. */
function showFailedRotation(renderer: Renderer, message = 'The health page answers with HTTP 500.'): void {
  renderer.news({ kind: 'planned', planned: rotation, resumed: false, notices: ['one thing'] });
  const tracker = new StepTracker('a', (event) => renderer.news({ kind: 'step', event }));
  recording('failedHealth').forEach((event) => tracker.take(event));
  tracker.end();
  renderer.news({ kind: 'rolling-back', failure: new Failure('rollout-timeout', message), step: 8 });
  renderer.ending({
    outcome: 'rolled-back',
    code: 'health-page-bad',
    message,
    planned: rotation,
    resumed: false,
    steps: tracker.results(),
  });
}

const preview: Preview = {
  planned: rotation,
  resumed: false,
  changes: [
    { name: 'user-b', operation: 'create', step: 4 },
    { name: 'sqlconf', operation: 'update', step: 5 },
    { name: 'restart', operation: 'same', step: 7 },
  ],
  problems: ['RBAC does not allow "patch".'],
  differences: differencesOf(rotation),
};

type Line = Record<string, unknown>;

function linesOf(text: string): Line[] {
  expect(text).to.match(/\n$/);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

describe('JsonRenderer', () => {
  it('every line is one JSON object on stdout; the last one is the result with all eleven steps', async () => {
    const { stdout, stderr } = await captured(() => showFailedRotation(new JsonRenderer()));
    expect(stderr).to.equal('');
    const lines = linesOf(stdout);
    for (const line of stdout.trim().split('\n')) {
      const { type } = JSON.parse(line) as Line;
      expect(actionLine(line)?.type, 'the action reads it').to.equal(type);
      const forFleet = ['planned', 'step-started', 'rolling-back', 'preview', 'result'].includes(
        String(type),
      );
      expect(fleetLine(line)?.type, 'a fleet reads it').to.equal(forFleet ? type : undefined);
    }
    for (const line of lines) {
      expect(line).to.include({ schema: 1, rotation: 'run-1' });
      expect(new Date(String(line['time'])).toISOString()).to.equal(line['time']);
      expect(line['level']).to.be.oneOf(['info', 'warn', 'error']);
    }
    const types = lines.map(({ type }) => type);
    expect(types[0]).to.equal('planned');
    expect(types.filter((type) => type === 'result')).to.have.lengthOf(1);
    expect(types.at(-2)).to.equal('rolling-back');
    expect(lines.at(-1)).to.include({
      type: 'result',
      level: 'error',
      outcome: 'rolled-back',
      code: 'health-page-bad',
      exitCode: 13,
      kind: 'rotate',
      from: 'A',
      to: 'B',
    });
    const steps = lines.at(-1)?.['steps'] as { number: number; status: string }[];
    expect(steps.map(({ number }) => number)).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(steps.slice(6).map(({ status }) => status)).to.deep.equal([
      'done',
      'failed',
      'not-reached',
      'not-reached',
      'not-reached',
    ]);
  });

  it('has the fields that docs/json.md lists, and no others', async () => {
    const { stdout } = await captured(async () => {
      const renderer = new JsonRenderer();
      renderer.news({ kind: 'reading' });
      renderer.preview(preview);
      renderer.news({ kind: 'rollout', updated: 1, available: 2, wanted: 2 });
      showFailedRotation(renderer);
      renderer.news({
        kind: 'rolling-back',
        failure: new Failure('rollout-timeout', 'a reason'),
        step: undefined,
      });
      // A run that is traced says so in each line.
      traceTo({
        within: (_name, _facts, action) => action(),
        begins: () => () => undefined,
        stepBegins: () => undefined,
        stepEnds: () => undefined,
        note: () => undefined,
        ids: () => ({ traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', flags: '01' }),
      });
      renderer.news({ kind: 'reading' });
      traceTo(undefined);
      renderer.ending({ outcome: 'held', message: 'Step 10 failed.', steps: [] });
    });
    expect(undocumented('log', linesOf(stdout))).to.deep.equal([]);
  });

  it('a step has its number and title in each line', async () => {
    const { stdout } = await captured(() => showFailedRotation(new JsonRenderer()));
    const started = linesOf(stdout).filter(({ type }) => type === 'step-started');
    expect(started.map(({ step, title }) => [step, title])).to.deep.equal(
      ([2, 3, 4, 5, 6, 7, 8] as const).map((step) => [step, stepTitles[step]]),
    );
  });

  it('a preview is one line with changes, problems and differences', async () => {
    const { stdout } = await captured(() => new JsonRenderer().preview(preview));
    expect([actionLine(stdout)?.type, fleetLine(stdout)?.type]).to.deep.equal(['preview', 'preview']);
    const [line, ...more] = linesOf(stdout);
    expect(more).to.deep.equal([]);
    expect(line).to.deep.include({
      type: 'preview',
      level: 'error',
      changes: preview.changes,
      problems: preview.problems,
    });
  });

  it('a failure before there is a plan is a result, too', async () => {
    const ending: Ending = { outcome: 'configuration', message: 'Settings: x.', steps: [] };
    const { stdout } = await captured(() => new JsonRenderer().ending(ending));
    expect(linesOf(stdout)).to.have.lengthOf(1);
    expect(linesOf(stdout)[0]).to.include({
      type: 'result',
      outcome: 'configuration',
      exitCode: 2,
      message: 'Settings: x.',
    });
  });

  for (const secret of [
    'canary "quoted" \\ x',
    "canary'single'",
    'canary\nline',
    'canary-ä€😀',
    'canary/+=&',
  ]) {
    it(`masks ${JSON.stringify(secret)}, and the lines still parse`, async () => {
      scrubber.register(secret);
      const { stdout } = await captured(() => showFailedRotation(new JsonRenderer(), `Wrong: ${secret}!`));
      expect(linesOf(stdout).at(-1)?.['message']).to.equal('Wrong: [secret]!');
    });
  }
});

describe('TextRenderer', () => {
  it('a failed rotation: progress and reason on stderr, nothing on stdout', async () => {
    const { stdout, stderr } = await captured(() => showFailedRotation(new TextRenderer()));
    expect(stdout).to.equal('');
    const lines = stderr.trimEnd().split('\n');
    expect(lines[0]).to.match(
      /^\w+ run-1: rotate: OpenEMR moves from slot A to slot B; slot A and the admin/,
    );
    expect(lines.slice(1, 4)).to.deep.equal([
      'Note: one thing.',
      ' 1/11 determine the active slot … A',
      ' 2/11 select the standby … B',
    ]);
    expect(lines[4]).to.equal(' 3/11 validate the admin credentials …');
    expect(stderr).to.match(/^ 5\/11 write sqlconf\.php done \(\d+\.\d s\)$/m);
    expect(stderr).to.match(/^ 8\/11 validate database and application health failed \(\d+\.\d s\)$/m);
    expect(lines.slice(-3)).to.deep.equal([
      'Step 8 failed: The health page answers with HTTP 500.',
      'Rolling back to the state before.',
      '✗ The health page answers with HTTP 500. [exit 13, rotation run-1]',
    ]);
  });

  it('a good end is one line on stdout', async () => {
    const ending: Ending = {
      outcome: 'done',
      message: 'OpenEMR runs on slot B.',
      planned: rotation,
      steps: [],
    };
    expect(await captured(() => new TextRenderer().ending(ending))).to.deep.equal({
      stdout: '✓ OpenEMR runs on slot B.\n',
      stderr: '',
    });
  });

  it('a step that changed nothing was already done', async () => {
    const { stderr } = await captured(() =>
      new TextRenderer().news({
        kind: 'step',
        event: { kind: 'ended', step: 5, status: 'unchanged', ms: 1234 },
      }),
    );
    expect(stderr).to.equal(' 5/11 write sqlconf.php already done (1.2 s)\n');
  });

  it('a dry run shows all eleven steps, what changes, and every problem', async () => {
    const { stdout } = await captured(() => new TextRenderer().preview(preview));
    for (const [number, title] of Object.entries(stepTitles))
      expect(stdout).to.include(`${number.padStart(2)}/11 ${title}`);
    expect(stdout)
      .to.match(/^ 4\/11 sync .*: \+ user-b$/m)
      .and.match(/^ 5\/11 write sqlconf\.php: ~ sqlconf$/m);
    expect(stdout).to.match(/^ 7\/11 restart the Deployment$/m);
    expect(stdout).to.include('  ✗ RBAC does not allow "patch".').and.not.include('in order');
    expect(stdout).not.to.include('canary');
  });

  it('a dry run without problems says so', async () => {
    const { stdout } = await captured(() =>
      new TextRenderer().preview({ ...preview, resumed: true, problems: [] }),
    );
    expect(stdout)
      .to.match(/^Would finish rotate:/)
      .and.match(/Preflight: .* in order\. Nothing was changed\.\n$/);
  });

  it('masks secrets on both streams', async () => {
    scrubber.register('canary-of-text');
    const shown = await captured(() => {
      const renderer = new TextRenderer();
      renderer.ending({ outcome: 'done', message: 'canary-of-text', steps: [] });
      renderer.ending({ outcome: 'held', message: 'canary-of-text', steps: [] });
    });
    expect(shown).to.deep.equal({ stdout: '✓ [secret]\n', stderr: '✗ [secret] [exit 12]\n' });
  });
});

describe('describePlan', () => {
  const bootstrap = planIn({ ...worldOn('A'), file: loginOf('admin') });
  const plans: [PlannedRotation, RegExp][] = [
    [rotation, /^rotate: .* from slot A to slot B; slot A and the admin/],
    [
      planIn({ ...worldOn('A'), file: loginOf('openemr_b') }),
      /^reconcile: sqlconf\.php is on slot B already; .* slot A/,
    ],
    [bootstrap, /^bootstrap: .* neither slot; .* moves to slot A$/],
    [planIn(worldOn('B'), 'sync'), /^sync: /],
    [planRollback(rotation, 'undo', now), /^rollback of run-1: OpenEMR goes back to slot A$/],
    [planRollback(bootstrap, 'undo', now), /^rollback of run-1: OpenEMR goes back to the account before$/],
  ];
  for (const [plan, line] of plans) it(plan.plan.kind, () => expect(describePlan(plan)).to.match(line));
});
