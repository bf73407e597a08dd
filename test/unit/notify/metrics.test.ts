import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  utimesSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { Failure } from '../../../src/base/failure';
import type { PasswordAge } from '../../../src/inspect/status/passwordAge';
import type { KnownAges } from '../../../src/notify/passwordAges';
import type { EndedRun } from '../../../src/notify/endedRun';
import { StepTimes } from '../../../src/notify/endedRun';
import { metrics, metricsOfLook, metricsText } from '../../../src/notify/metrics';
import { tellMetricsFile, tellMetricsFileOfLook } from '../../../src/notify/metricsFile';
import { commonLabels, keyOf, parseSamples, renderSamples } from '../../../src/notify/samples';
import { canary } from '../rotation/simulatedWorld';
import { plannedIn } from '../rotation/planned';
import { worldOn } from '../rotation/simulatedWorld';
import { endedRun, refusedRun, stepsWith } from './runs';

const labels = 'stack="prod",namespace="openemr",deployment="web"';

/** Values by name and own label, of one Deployment. */
function valuesOf(text: string, deployment = 'web'): Record<string, number> {
  const own = parseSamples(metrics, text).filter((sample) => sample.labels['deployment'] === deployment);
  return Object.fromEntries(
    own.map(({ name, labels: all, value }) => {
      const rest = Object.entries(all).filter(([label]) => !commonLabels.some((common) => common === label));
      return [[name.replace('credential_rotation_', ''), ...rest.map(([, each]) => each)].join(' '), value];
    }),
  );
}

const after = (run: EndedRun, earlier = ''): Record<string, number> =>
  valuesOf(metricsText(run, earlier, 'all'));
const seconds = (time: string): number => Date.parse(time) / 1000;
const held = endedRun({ outcome: 'held', steps: stepsWith({ 10: 'failed' }) });

describe('metrics', () => {
  it('of a rotation are this text', () => {
    const text = metricsText(endedRun(), '', 'all');
    expect(text).to.match(/\n$/);
    const counters = [1, 10, 11, 12, 13, 2, 3, 4, 8];
    expect(text.split('\n').filter((line) => !line.startsWith('# HELP'))).to.deep.equal([
      '# TYPE credential_rotation_last_success_timestamp_seconds gauge',
      `credential_rotation_last_success_timestamp_seconds{${labels}} 1772366430.5`,
      '# TYPE credential_rotation_duration_seconds gauge',
      `credential_rotation_duration_seconds{${labels}} 30.5`,
      '# TYPE credential_rotation_active_slot gauge',
      `credential_rotation_active_slot{${labels},slot="A"} 0`,
      `credential_rotation_active_slot{${labels},slot="B"} 1`,
      '# TYPE credential_rotation_password_timestamp_seconds gauge',
      `credential_rotation_password_timestamp_seconds{${labels},account="A"} 1772366410`,
      `credential_rotation_password_timestamp_seconds{${labels},account="admin"} 1772366420`,
      '# TYPE credential_rotation_failures_total counter',
      ...counters.map((code) => `credential_rotation_failures_total{${labels},code="${code}"} 0`),
      '# TYPE credential_rotation_last_exit_code gauge',
      `credential_rotation_last_exit_code{${labels}} 0`,
      '# TYPE credential_rotation_last_run_timestamp_seconds gauge',
      `credential_rotation_last_run_timestamp_seconds{${labels}} 1772366430.5`,
      '# TYPE credential_rotation_last_verdict gauge',
      ...['failed', 'held', 'rolled-back'].map(
        (verdict) => `credential_rotation_last_verdict{${labels},verdict="${verdict}"} 0`,
      ),
      `credential_rotation_last_verdict{${labels},verdict="rotated"} 1`,
      '# TYPE credential_rotation_last_failure gauge',
      `credential_rotation_last_failure{${labels},reason="none"} 1`,
      '# TYPE credential_rotation_runs_total counter',
      ...['failed', 'held', 'rolled-back'].map(
        (verdict) => `credential_rotation_runs_total{${labels},verdict="${verdict}"} 0`,
      ),
      `credential_rotation_runs_total{${labels},verdict="rotated"} 1`,
      '',
    ]);
  });

  it('forget a time in the future, which a wrong clock gave and which would hide an old password', () => {
    const future = metricsText(endedRun(), '', 'all').replaceAll(/ 17723664\d\d(\.\d)?$/gm, ' 4000000000');
    expect(future).to.include('account="A"} 4000000000');
    const text = metricsText(held, future, 'all');
    expect(text).not.to.include(' 4000000000');
    expect(text).not.to.include('credential_rotation_last_success_timestamp_seconds{');
  });

  it('count failures by code over runs, and keep what a run does not know', () => {
    let text = metricsText(endedRun(), '', 'all');
    const first = valuesOf(text);
    text = metricsText(held, metricsText(held, text, 'all'), 'all');
    const rolledBack = endedRun({ outcome: 'rolled-back', steps: stepsWith({ 8: 'failed' }) });
    text = metricsText(rolledBack, text, 'all');
    const last = valuesOf(text);
    expect(last).to.include({
      'failures_total 12': 2,
      'failures_total 13': 1,
      'failures_total 4': 0,
      last_exit_code: 13,
    });
    for (const kept of ['last_success_timestamp_seconds', 'password_timestamp_seconds admin'])
      expect(last[kept], kept).to.equal(first[kept]);
  });

  it('of another Deployment stay in a file, and are not pushed', () => {
    const other = metricsText(endedRun({ deployment: 'other', outcome: 'held' }), '', 'all');
    const shared = metricsText(endedRun(), other, 'all');
    expect(valuesOf(shared, 'other')).to.deep.equal(valuesOf(other, 'other')).and.not.to.deep.equal({});
    expect(metricsText(endedRun(), other, 'own')).to.equal(metricsText(endedRun(), '', 'all'));
  });

  it('go on from a scrape of a Pushgateway, which adds labels and a time', () => {
    const scraped = metricsText(held, '', 'all').replaceAll(
      `{${labels}`,
      `{deployment="web",instance="",job="credential_rotation",namespace="openemr",stack="prod"`,
    );
    const foreign = '# TYPE up gauge\nup{stack="prod"} 1\npush_time_seconds{job="x"} 1.7e+09\n';
    const text = metricsText(held, foreign + scraped.replace(/ 1$/m, ' 1 1772366430500'), 'own');
    expect(valuesOf(text)).to.include({ 'failures_total 12': 2 });
    expect(text).not.to.match(/job=|instance=|push_time|up\{/);
  });

  for (const damaged of [
    'credential_rotation_failures_total{code="12"} 5',
    `credential_rotation_failures_total{${labels},code="12"} five`,
    `credential_rotation_failures_total{${labels},code="12"}`,
    `credential_rotation_failures_total{${labels},code="12"} -3`,
    `credential_rotation_failures_total{${labels},code="12"} NaN`,
    `credential_rotation_failures_total{${labels},code="12} 5`,
    `credential_rotation_unknown{${labels}} 5`,
    `toString{${labels}} 5`,
    '\0\0\0\0',
    '{}',
  ]) {
    it(`pass over what cannot be read before: ${JSON.stringify(damaged)}`, () => {
      expect(metricsText(held, damaged, 'all')).to.equal(metricsText(held, '', 'all'));
    });
  }

  it('read back what they write, for any labels and values', () => {
    const sample = fc.record({
      name: fc.constantFrom('credential_rotation_failures_total', 'credential_rotation_active_slot'),
      texts: fc.array(fc.string({ unit: 'grapheme' }), { minLength: 4, maxLength: 4 }),
      value: fc.integer(),
    });
    fc.assert(
      fc.property(sample, ({ name, texts, value }) => {
        const own = name.endsWith('total') ? 'code' : 'slot';
        const all = Object.fromEntries(
          [...commonLabels, own].map((label, index) => [label, texts[index] ?? '']),
        );
        const written = { name, labels: all, value };
        const [read] = parseSamples(metrics, renderSamples(metrics, [written]));
        expect(read && keyOf(read)).to.equal(keyOf(written));
        expect(read?.value).to.equal(value);
      }),
    );
  });

  describe('active slot', () => {
    const slotsAfter = (run: EndedRun): unknown[] => {
      const values = after(run);
      return [values['active_slot A'], values['active_slot B']];
    };
    it('is the target from step 9 on, and the one before when nothing was switched or all was undone', () => {
      expect(slotsAfter(held)).to.deep.equal([0, 1]);
      expect(slotsAfter(endedRun({ outcome: 'held', steps: stepsWith({ 9: 'failed' }) }))).to.deep.equal([
        0, 1,
      ]);
      const before = endedRun({ outcome: 'before-switch', steps: stepsWith({ 4: 'failed' }) });
      expect(slotsAfter(before)).to.deep.equal([1, 0]);
      expect(
        slotsAfter(endedRun({ outcome: 'rolled-back', steps: stepsWith({ 8: 'failed' }) })),
      ).to.deep.equal([1, 0]);
    });
    it('is none after a bootstrap that was undone', () => {
      const undone = endedRun({
        outcome: 'rolled-back',
        plan: { from: 'other' },
        steps: stepsWith({ 8: 'failed' }),
      });
      expect(slotsAfter(undone)).to.deep.equal([0, 0]);
    });
    it('is not a number when this run cannot tell, so that no old value stands for it', () => {
      const lost = endedRun({ outcome: 'held', steps: stepsWith({ 7: 'failed' }) });
      expect(slotsAfter(lost)).to.deep.equal([NaN, NaN]);
      expect(metricsText(lost, '', 'all')).to.include('slot="A"} NaN\n');
      expect(slotsAfter(endedRun({ outcome: 'held', plan: { kind: 'rollback' } }))).to.deep.equal([NaN, NaN]);
      const resumed = endedRun({ outcome: 'permission', resumed: true, steps: stepsWith({ 3: 'failed' }) });
      expect(slotsAfter(resumed)).to.deep.equal([NaN, NaN]);
    });
  });

  describe('password times', () => {
    const times = (run: EndedRun, earlier = ''): unknown[] => {
      const values = after(run, earlier);
      return ['A', 'B', 'admin'].map((account) => values[`password_timestamp_seconds ${account}`]);
    };
    it('are the ends of the steps that set them', () => {
      expect(times(endedRun())).to.deep.equal([
        seconds('2026-03-01T12:00:10Z'),
        undefined,
        seconds('2026-03-01T12:00:20Z'),
      ]);
      expect(times(held)).to.deep.equal([undefined, undefined, undefined]);
    });
    it('count what was minted for the switch from the flip on', () => {
      const minting = { plan: { mint: ['B' as const] } };
      expect(times(endedRun(minting))[1]).to.equal(seconds('2026-03-01T12:00:05Z'));
      const undone = endedRun({ ...minting, outcome: 'rolled-back', steps: stepsWith({ 8: 'failed' }) });
      expect(times(undone)[1]).to.equal(undefined);
    });
    it('of a step that an earlier run had done: as that run noted it, else when the rotation began', () => {
      const resumed = endedRun({ resumed: true, steps: stepsWith({ 10: 'unchanged' }), doneAt: {} });
      expect(times(resumed)[0]).to.equal(seconds('2026-03-01T11:59:00Z'));
      const noted = metricsText(endedRun({ outcome: 'held', steps: stepsWith({ 11: 'failed' }) }), '', 'all');
      expect(times(resumed, noted)[0]).to.equal(seconds('2026-03-01T12:00:10Z'));
    });
    it('of what no run has set are those that the secrets know, the latest that is sure', () => {
      const age = (time: string, exact: boolean): PasswordAge => ({ since: new Date(time), exact });
      const known = (run: EndedRun, earlier: string, ages: KnownAges): number[] => {
        const values = valuesOf(metricsText(run, earlier, 'all', ages));
        return ['A', 'B', 'admin'].map((account) => values[`password_timestamp_seconds ${account}`] ?? NaN);
      };
      const sure = age('2026-02-01T00:00:00Z', true);
      const least = age('2026-01-01T00:00:00Z', false);
      const [inFebruary, inJanuary] = [sure, least].map(({ since }) => since.getTime() / 1000);
      const own = [seconds('2026-03-01T12:00:10Z'), seconds('2026-03-01T12:00:20Z')];
      expect(known(endedRun(), '', { A: sure, B: sure, admin: sure })).to.deep.equal([
        own[0],
        inFebruary,
        own[1],
      ]);
      expect(known(held, '', { A: least, B: sure, admin: least })).to.deep.equal([
        inJanuary,
        inFebruary,
        inJanuary,
      ]);
      // Metrics from before: an age that is only a least one is no better; a password that was changed by hand is newer.
      const before = metricsText(endedRun(), '', 'all');
      expect(known(held, before, { A: least, admin: sure })).to.deep.equal([own[0], NaN, own[1]]);
      const later = age('2026-04-01T00:00:00Z', true);
      expect(known(held, before, { A: later })[0]).to.equal(later.since.getTime() / 1000);
      expect(known(held, before, { A: { ...later, exact: false } })[0]).to.equal(own[0]);
    });
    it('do not change in a rollback that the operator asked for, and neither does the last success', () => {
      const back = endedRun({ plan: { kind: 'switch-back', renew: null, rotateAdmin: false } });
      expect(times(back)).to.deep.equal([undefined, undefined, undefined]);
      expect(after(back)).not.to.have.property('last_success_timestamp_seconds');
    });
  });

  it('of a run that was refused count it, and keep all that is known of OpenEMR', () => {
    const before = valuesOf(metricsText(endedRun(), '', 'all'));
    for (const [outcome, code] of [
      ['configuration', 2],
      ['permission', 3],
      ['locked', 11],
    ] as const) {
      const values = after(refusedRun(outcome, 'No.'), metricsText(endedRun(), '', 'all'));
      const changed = {
        last_exit_code: code,
        [`failures_total ${code}`]: 1,
        'runs_total failed': 1,
        'last_failure unexpected': 1,
      };
      expect({ ...values, 'last_failure none': 1 }).to.deep.equal({ ...before, ...changed });
      expect(values).not.to.have.property('last_failure none');
    }
    expect(after(refusedRun('locked', 'No.'))).to.deep.include({
      'active_slot A': NaN,
      'failures_total 11': 1,
    });
  });

  it('do not let a run that was refused hide that the one before is held', () => {
    const values = after(refusedRun('permission', 'No.'), metricsText(held, '', 'all'));
    expect(values).to.include({ 'last_verdict held': 1, 'last_verdict failed': 0, last_exit_code: 3 });
    expect(after(refusedRun('permission', 'No.'))).to.include({ 'last_verdict failed': 1 });
    expect(after(endedRun(), metricsText(held, '', 'all'))).to.include({
      'last_verdict held': 0,
      'last_verdict rotated': 1,
      'runs_total held': 1,
      'runs_total rotated': 1,
    });
  });

  it('say the failure code of the last run alone', () => {
    const refused: EndedRun = {
      ...held,
      ending: { ...held.ending, code: 'database-login-refused' },
    };
    const values = after(refused, metricsText(endedRun(), '', 'all'));
    expect(Object.keys(values).filter((name) => name.startsWith('last_failure'))).to.deep.equal([
      'last_failure database-login-refused',
    ]);
  });

  it('of a run that a signal stopped behind the switch say that it is held; before it, what was known stays', () => {
    const held = valuesOf(
      metricsText(endedRun({ outcome: 'held', steps: stepsWith({ 11: 'failed' }) }), '', 'all'),
    );
    expect(held['last_verdict held']).to.equal(1);
    const stopped = (steps: Parameters<typeof stepsWith>[0], resumed = false): Record<string, number> => {
      const run = endedRun({ outcome: 'cancelled', steps: stepsWith(steps), resumed });
      const before = metricsText(
        endedRun({ outcome: 'held', steps: stepsWith({ 11: 'failed' }) }),
        '',
        'all',
      );
      return valuesOf(metricsText(run, before, 'all'));
    };
    expect(stopped({ 7: 'failed' })).to.include({ 'last_verdict held': 1, last_exit_code: 8 });
    const early = Object.fromEntries([4, 5, 6, 7, 8, 9, 10, 11].map((step) => [step, 'not-reached']));
    expect(stopped({ ...early, 3: 'failed' }, true)).to.include({ 'last_verdict held': 1 });
    expect(stopped({ ...early, 3: 'failed' })).to.include({
      'last_verdict held': 0,
      'last_verdict failed': 1,
    });
  });

  it('of a run without a plan leave out what is not known where the Pushgateway cannot be read', () => {
    const refused: EndedRun = { ...endedRun({ outcome: 'before-switch' }) };
    const ending = { ...refused.ending };
    delete ending.planned;
    const values = valuesOf(metricsText({ ...refused, ending }, undefined, 'own'));
    expect(Object.keys(values).filter((name) => /last_verdict|active_slot/.test(name))).to.deep.equal([]);
    expect(valuesOf(metricsText({ ...refused, ending }, '', 'own'))).to.include({ 'last_verdict failed': 1 });
  });

  it('of a run that found nothing due say that it looked and that nothing is wrong, and keep all the rest', () => {
    const other = endedRun({ deployment: 'other' });
    const before = metricsText(endedRun(), metricsText(other, '', 'all'), 'all');
    const now = new Date('2026-03-02T12:00:00.000Z');
    const text = metricsOfLook(endedRun(), now, before, 'all');
    expect(valuesOf(text)).to.deep.equal({
      ...valuesOf(before),
      last_run_timestamp_seconds: now.getTime() / 1000,
    });
    expect(valuesOf(text, 'other')).to.deep.equal(valuesOf(before, 'other'));
    expect(Object.keys(valuesOf(metricsOfLook(endedRun(), now))).sort()).to.deep.equal([
      'last_exit_code',
      'last_failure none',
      'last_run_timestamp_seconds',
    ]);
    const refused = metricsText(endedRun({ outcome: 'before-switch' }), '', 'all');
    expect(valuesOf(metricsOfLook(endedRun(), now, refused, 'all'))).to.include({
      last_exit_code: 0,
      'last_failure none': 1,
      'last_verdict failed': 1,
    });
  });

  it('of a run that found nothing due say that nothing is held: whoever finished it may have told nobody', () => {
    const before = metricsText(held, '', 'all');
    expect(valuesOf(before)).to.include({ 'last_verdict held': 1 });
    const now = new Date('2026-03-02T12:00:00.000Z');
    expect(valuesOf(metricsOfLook(held, now, before, 'all'))).to.include({ 'last_verdict held': 0 });
  });

  it('have the plan of a run that was refused until it begins with a step', () => {
    const times = new StepTimes();
    const { plan, material } = plannedIn(worldOn('A'));
    const found = { planned: { plan, material }, resumed: false };
    times.take({ kind: 'reading' });
    expect(times.plan()).to.deep.equal({});
    times.take({ kind: 'planned', ...found, notices: [] });
    times.take({ kind: 'step', event: { kind: 'started', step: 2 } });
    expect(times.plan()).to.deep.equal(found);
    times.take({ kind: 'step', event: { kind: 'started', step: 3 } });
    expect(times.plan()).to.deep.equal({});
  });

  it('know when steps were done, but not those of a rollback or of an earlier plan', () => {
    const times = new StepTimes();
    const planned = { kind: 'planned' as const, ...plannedIn(worldOn('A')) };
    const ended = (step: 5 | 10, status: 'done' | 'unchanged') => ({
      kind: 'step' as const,
      event: { kind: 'ended' as const, step, status, ms: 1 },
    });
    const { plan, material } = planned;
    const news = { kind: 'planned' as const, planned: { plan, material }, resumed: false, notices: [] };
    times.take(news);
    times.take(ended(5, 'done'), new Date(5));
    times.take(news);
    times.take(ended(10, 'done'), new Date(10));
    times.take(ended(5, 'unchanged'), new Date(11));
    const failure = new Failure('health-page-bad', 'It is ill.');
    times.take({ kind: 'rolling-back', failure, step: 8 });
    times.take(ended(5, 'done'), new Date(12));
    expect(times.doneAt()).to.deep.equal({ 10: new Date(10) });
  });
});

describe('metrics file', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'metrics-'));
    file = path.join(folder, 'rotation.prom');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is replaced, readable for everybody, with nothing beside it and no password in it', async () => {
    const mask = process.umask(0o077);
    try {
      const left = path.join(folder, '.rotation.prom.0123abcd');
      writeFileSync(left, 'of a killed run');
      utimesSync(left, 0, 0);
      await tellMetricsFile(held, file);
      const inode = statSync(file).ino;
      chmodSync(file, 0o600);
      await tellMetricsFile(endedRun({ outcome: 'held', message: canary }), file);
      expect(statSync(file).ino).not.to.equal(inode);
    } finally {
      process.umask(mask);
    }
    expect(statSync(file).mode & 0o777).to.equal(0o644);
    expect(readdirSync(folder)).to.deep.equal(['rotation.prom']);
    const text = readFileSync(file, 'utf8');
    expect(valuesOf(text)).to.include({ 'failures_total 12': 2 });
    expect(text).not.to.include(canary);
  });

  it('keeps what it says when a run finds nothing due', async () => {
    await tellMetricsFile(endedRun(), file);
    const before = valuesOf(readFileSync(file, 'utf8'));
    await tellMetricsFileOfLook(endedRun(), new Date('2026-03-02T12:00:00.000Z'), file);
    const after = valuesOf(readFileSync(file, 'utf8'));
    expect(after).to.deep.equal({ ...before, last_run_timestamp_seconds: 1772452800 });
  });
});
