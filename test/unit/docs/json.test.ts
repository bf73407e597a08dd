import { expect } from 'chai';
import { plannedMember } from '../../../src/cli/commands/fleet/plan';
import { memberStatus } from '../../../src/cli/commands/fleet/status';
import { countStandings } from '../../../src/fleet/standing';
import { unlockReport } from '../../../src/cli/commands/unlock';
import { memberResult, readLogLine } from '../../../src/fleet/childLog';
import { countsOf } from '../../../src/fleet/outcome';
import { readStatusLine } from '../../../src/fleet/statusLine';
import { driftKinds } from '../../../src/inspect/status/drift';
import { judgeStatus } from '../../../src/inspect/status/judge';
import { worldChecks } from '../../../src/inspect/verify/worldChecks';
import { JsonEndRenderer, jsonSchema, TextRenderer } from '../../../src/report/renderer';
import { listSettings } from '../../../src/settings/listing';
import { exitCodes } from '../../../src/base/failure';
import { judge } from '../../../src/find/judge';
import { mergeStackFile } from '../../../src/find/stackFile';
import { initReport } from '../../../src/report/initText';
import { observed } from '../find/openemrOnEks';
import { pastRotations } from '../../../src/history/rotations';
import { entryOf, minutes, pastOf, planAt } from '../history/made';
import { manyRotations } from '../history/manyRotations';
import { factsOf, read, unreadable } from '../inspect/facts';
import { plannedIn } from '../rotation/planned';
import { journalOf, slotText, worldOn, writesOf } from '../rotation/simulatedWorld';
import { captured } from '../report/captured';
import { undocumented } from './documented';
import { repositoryText } from './readme';
import type { StepResult } from '../../../src/rotation/news';

/** What the command prints for these results. */
async function printed(type: string, results: readonly object[]): Promise<unknown[]> {
  const { stdout } = await captured(() => {
    const renderer = new TextRenderer();
    results.forEach((result) => renderer.object(type, result));
  });
  return stdout
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
}

/** Statuses that show every field with every type that it can have. */
function statuses(): object[] {
  const world = worldOn('A');
  const planned = plannedIn(world);
  writesOf(world, planned)
    .slice(0, 3)
    .forEach((write) => write());
  const rollback = { ...planned, plan: { ...planned.plan, undoes: 'earlier' } };
  const running = factsOf(world, journalOf(rollback));
  const stopped = { at: '2026-01-20T12:00:00Z', message: 'No quota.' };
  const reasons = [stopped, { ...stopped, step: 8 as const }].map((failed) => {
    const found = { backendUrl: 'x', journal: journalOf(planned), changedAt: new Date(), failed };
    return { ...factsOf(world), state: read(found) };
  });
  const slots = running.slotSecret.kind === 'read' ? running.slotSecret.value : undefined;
  const down = unreadable('before-switch', 'It does not answer.');
  const empty = worldOn('A');
  empty.secret.text = slotText('A', {});
  empty.kubernetes = {};
  return [
    {
      ...running,
      slotSecret: slots ? read({ ...slots, stages: { v9: ['AWSPENDING'] } }) : down,
      lock: read({ connectionId: 1, client: 'a@b:1', idleSeconds: 1 }),
      adminLock: read({ connectionId: 1, client: 'a@b:1', idleSeconds: 1 }),
      lease: read({ name: 'lease', holder: 'me', renewed: 'now' }),
      deployment: read({
        name: 'd',
        rollout: { kind: 'failed' as const, reason: 'quota' },
        ready: 0,
        wanted: 1,
      }),
    },
    factsOf(worldOn('B'), journalOf(plannedIn(worldOn('A')), true)),
    ...reasons,
    factsOf(empty),
    {
      ...factsOf(worldOn('A')),
      sqlconf: down,
      slotSecret: down,
      adminSecret: down,
      kubernetesSecret: down,
      deployment: down,
      lock: down,
      state: down,
    },
  ].map((facts) => judgeStatus(facts));
}

describe('docs/json.md', () => {
  it('describes every field that status prints, with its types, and no other', async () => {
    expect(undocumented('status', await printed('status', statuses()))).to.deep.equal([]);
  });

  it('describes every field that init prints, with its types, and no other', async () => {
    const place = { context: 'prod', cluster: 'c', server: 'https://s' };
    const listed = ['a/slots', 'b/slots'].map((name) => ({ name, arn: name }));
    const outputs = [
      { source: 'f', outputs: [{ name: 'aurora_endpoint', value: 'other.rds.amazonaws.com' }] },
    ];
    const found = judge({}, observed({ outputs, listed: { kind: 'read', value: listed } }));
    const file = {
      ...mergeStackFile('', { site: 'default' }, false),
      file: 'Pulumi.prod.yaml',
      written: true,
      lines: [],
    };
    const checks = worldChecks(factsOf(worldOn('A')));
    const end = { outcome: 'configuration', exitCode: exitCodes.configuration };
    const results = [null, checks].map((each) => ({
      ...end,
      ...initReport({ ...found, place }, file, ['x'], each),
    }));
    expect(undocumented('init', await printed('init', results))).to.deep.equal([]);
  });

  it('describes every field that verify prints, with its types, and no other', async () => {
    const checks = worldChecks(factsOf(worldOn('A')));
    const result = { outcome: 'done', exitCode: exitCodes.done, missing: 0, checks };
    expect(undocumented('verify', await printed('verify', [result]))).to.deep.equal([]);
  });

  it('describes every field that config show prints, with its types, and no other', async () => {
    const listing = listSettings({ stack: 'prod' }, { AWS_REGION: 'eu-west-1' }, process.cwd());
    const settings = [...listing.settings, { ...listing.settings[0], file: 'Pulumi.prod.yaml' }];
    const result = { outcome: 'configuration', exitCode: exitCodes.configuration, ...listing, settings };
    expect(undocumented('config show', await printed('config', [result]))).to.deep.equal([]);
  });

  it('describes every field that unlock prints, with its types, and no other', async () => {
    const lease = { name: 'lease', holder: 'me', renewed: 'now' };
    const results = [
      unlockReport('done', {
        lock: { connectionId: 1, client: 'a@b:1', idleSeconds: 1 },
        admin: undefined,
        lease,
      }),
      unlockReport('cancelled', { lock: undefined, admin: undefined, lease: undefined }),
    ];
    expect(undocumented('unlock', await printed('unlock', results))).to.deep.equal([]);
  });

  it('describes every field that rollback prints, with its types, and no other', async () => {
    const planned = plannedIn(worldOn('A'));
    const steps: StepResult[] = [{ number: 3, status: 'done', ms: 5 }];
    const changes = [{ name: 'sqlconf', operation: 'update', step: 5 as const }];
    const shown = {
      planned,
      resumed: false,
      changes,
      problems: ['One.'],
      differences: ['- a'],
      notDue: undefined,
    };
    const { stdout, stderr } = await captured(() => {
      const first = new JsonEndRenderer('rollback');
      first.preview(shown);
      first.ending({ outcome: 'done', message: 'Done.', planned, resumed: false, steps });
      new JsonEndRenderer('rollback').ending({
        outcome: 'configuration',
        code: 'setting-invalid',
        message: 'No.',
        steps: [],
      });
    });
    const lines = stdout.trim().split('\n');
    expect(lines).to.have.lengthOf(2);
    expect(
      undocumented(
        'rollback',
        lines.map((line): unknown => JSON.parse(line)),
      ),
    ).to.deep.equal([]);
    expect(stderr).to.include('One.');
  });

  it('docs/json-history.md describes every field that history prints, with its types, and no other', async () => {
    const [plan, load] = [
      planAt(0),
      { requests: 9, failed: 1, failures: [{ at: minutes(0), kind: 'timeout' }] },
    ];
    const message = 'Not healthy.';
    const undo = { ...planAt(2), kind: 'rollback' as const, undoes: plan.id };
    const failed = { step: 8 as const, at: minutes(1), message };
    const held = pastRotations(
      [
        entryOf(plan, 0, 1, false),
        entryOf({ ...undo, previous: { ...pastOf(plan, [3, 4, 5]), failed } }, 2, 3, false),
      ],
      { plan: undo, past: pastOf(undo, [5, 6]), finished: false },
      { loads: new Map([[plan.id, load]]), failures: new Map([[undo.id, { at: minutes(3), message }]]) },
    );
    const alone = pastRotations([{ ...entryOf(undo, 2, 3, false), by: undefined }], undefined);
    const killed = pastRotations([], { plan, past: { id: plan.id, ends: [] }, finished: false });
    const results = [manyRotations(12), held, alone, killed].map((rotations) => ({
      stack: 'prod',
      rotations,
    }));
    const shown = await printed('history', results);
    expect(undocumented('Fields', shown, 'json-history.md')).to.deep.equal([]);
  });

  const process_ = { code: 0, signal: null, seconds: 1.5, log: '/a.log' };
  const ofPlan = { rotation: 'r', kind: 'rotate', from: 'A', to: 'B', message: 'Done.' };
  const line = (fields: object): string => JSON.stringify({ schema: jsonSchema, ...fields });
  const whole = { outcome: 'done', exitCode: exitCodes.done, fleet: 'fleet' };

  it('describes every field that fleet plan prints, with its types, and no other', async () => {
    const preview = line({ type: 'preview', ...ofPlan, resumed: false, problems: [], notDue: null });
    const result = line({ type: 'result', outcome: 'done', ...ofPlan });
    const deployments = [
      plannedMember({ name: 'a' }, [preview, result], process_),
      plannedMember({ name: 'b' }, [], { ...process_, code: null, signal: 'SIGKILL' }),
    ];
    expect(deployments[0]).to.include({ due: true, outcome: 'done' });
    const shown = await printed('fleet-plan', [{ ...whole, deployments }]);
    expect(undocumented('fleet plan', shown)).to.deep.equal([]);
  });

  it('describes every field that fleet run prints, with its types, and no other', async () => {
    const result = readLogLine(line({ type: 'result', outcome: 'done', ...ofPlan }));
    const deployments = [
      memberResult('a', result ? [result] : [], process_),
      { ...memberResult('b', [], { ...process_, code: null }), seconds: null, log: null },
    ];
    const run = { run: 'r', since: 'then', resumed: false, seconds: 2, counts: countsOf(['done']) };
    const shown = await printed('fleet-run', [{ ...whole, ...run, deployments }]);
    expect(undocumented('fleet run', shown)).to.deep.equal([]);
  });

  it('a status is read by a fleet, whatever is in it', () => {
    for (const status of statuses()) {
      const read = readStatusLine(JSON.parse(JSON.stringify({ type: 'status', ...status })));
      expect(read.ok ? '' : read.problem).to.equal('');
    }
  });

  it('describes every field that fleet status prints, with its types, and no other', async () => {
    const deployments = [
      ...statuses().map((status) =>
        memberStatus(
          { name: 'a' },
          [line({ type: 'status', ...status })],
          { ...process_, code: 10 },
          { since: new Date(0) },
        ),
      ),
      memberStatus({ name: 'b' }, [], { ...process_, code: null }),
    ];
    const counts = countStandings(deployments.map(({ standing }) => standing));
    const shown = await printed('fleet-status', [
      { ...whole, since: 'then', counts, deployments },
      { ...whole, since: null, counts: null, deployments: [] },
    ]);
    expect(undocumented('fleet status', shown)).to.deep.equal([]);
  });

  it('finds a field that is not described, one that is never printed, and a wrong type', () => {
    const found = undocumented('config show', [{ schema: 'one', extra: 1 }]);
    expect(found).to.include.members([
      'schema is string',
      'extra is not documented',
      'problems is in no output',
    ]);
  });

  it('names the schema version and every kind of drift', () => {
    const text = repositoryText('docs', 'json.md');
    expect(text).to.include(`| \`schema\` | number | ${jsonSchema} |`);
    for (const kind of driftKinds) expect(text).to.include(`\`${kind}\``);
  });
});
