import { expect } from 'chai';
import { runAlarms } from '../../../infra/aws/alarms';
import { cronJob } from '../../../infra/kubernetes/cronJob';
import { exampleSettings } from '../../../infra/kubernetes/example';
import { job } from '../../../infra/kubernetes/job';
import type { Outcome } from '../../../src/base/failure';
import { exitCodes } from '../../../src/base/failure';
import { asContainerInsights, matcherOf } from './filterPattern';

const instance = { namespace: 'openemr', name: 'rotation' };
const container = { namespace: 'openemr', container: 'rotation' };

/** The alarms that count a line. */
function counted(line: unknown, format: 'container-insights' | 'plain' = 'container-insights'): string[] {
  return runAlarms(instance, { format, noSuccessForDays: 2 })
    .filter(({ pattern }) => matcherOf(pattern)(line))
    .map(({ name }) => name);
}

const result = (fields: object): string => JSON.stringify({ type: 'result', ...fields });

describe('the alarms', () => {
  for (const [outcome, kind, names] of [
    ['done', 'rotate', ['succeeded']],
    ['done', undefined, ['succeeded']],
    ['done', 'rollback', ['rolled-back']],
    ['rolled-back', 'rotate', ['rolled-back']],
    ['held', 'rotate', ['held']],
    ['held', 'rollback', ['held']],
  ] as const)
    it(`count ${outcome} of ${kind ?? 'a run with nothing to do'} as ${names.join()}`, () => {
      const line = result({ outcome, exitCode: exitCodes[outcome], kind });
      expect(counted(asContainerInsights(line, container))).to.deep.equal(names);
      expect(counted(JSON.parse(line), 'plain')).to.deep.equal(names);
    });

  it('count a run that a signal stopped as held where the switch had begun', () => {
    const line = (verdict: string): unknown =>
      JSON.parse(result({ outcome: 'cancelled', kind: 'rotate', verdict }));
    expect(counted(line('held'), 'plain')).to.deep.equal(['held']);
    expect(counted(line('failed'), 'plain')).to.deep.equal([]);
  });

  it('count no other end, and no other line', () => {
    const others = (Object.keys(exitCodes) as Outcome[]).filter(
      (outcome) => !['done', 'held', 'rolled-back'].includes(outcome),
    );
    for (const outcome of others)
      expect(counted(asContainerInsights(result({ outcome }), container)), outcome).to.deep.equal([]);
    expect(counted(asContainerInsights('{"type":"planned","kind":"rollback"}', container))).to.deep.equal([]);
  });

  it('count the lines of this rotation alone, not those of another in the namespace', () => {
    const line = result({ outcome: 'done', kind: 'rotate' });
    for (const other of [
      { ...container, namespace: 'other' },
      { ...container, container: 'rotation-b' },
      { ...container, container: 'openemr' },
    ])
      expect(counted(asContainerInsights(line, other))).to.deep.equal([]);
  });

  it('look for the container that the Jobs have', () => {
    const settings = { ...exampleSettings, ...instance };
    const templates = [cronJob(settings).spec.jobTemplate.spec.template, job(settings).spec.template];
    for (const { spec } of templates)
      expect(spec.containers.map(({ name }) => name)).to.deep.equal([container.container]);
  });

  it('take silence for a failure only where a success is awaited', () => {
    const alarms = runAlarms(instance, { format: 'plain', noSuccessForDays: 3 });
    expect(alarms.map(({ treatMissingData }) => treatMissingData)).to.deep.equal([
      'breaching',
      'notBreaching',
      'notBreaching',
    ]);
  });

  it('stay within the seven days that CloudWatch looks back', () => {
    for (const { period, evaluationPeriods } of runAlarms(instance, { format: 'plain', noSuccessForDays: 7 }))
      expect(period * evaluationPeriods).to.be.at.most(604_800);
  });
});

describe('the evaluator of filter patterns', () => {
  it('knows the order of && and ||, parentheses, and fields that are not there', () => {
    const line = { a: 'x', b: { c: 'y' } };
    for (const [pattern, matches] of [
      ['{ $.a = "x" }', true],
      ['{ $.b.c = "x" }', false],
      ['{ $.d != "x" }', false],
      ['{ $.d NOT EXISTS }', true],
      ['{ $.a = "x" || $.a = "y" && $.b.c = "z" }', true],
      ['{ ($.a = "x" || $.a = "y") && $.b.c = "z" }', false],
    ] as const)
      expect(matcherOf(pattern)(line), pattern).to.equal(matches);
  });

  for (const pattern of [
    '$.a = "x"',
    '{ $.a > 1 }',
    '{ $.a = "x" $.b = "y" }',
    '{ ($.a = "x" }',
    '{ a = "x" }',
  ])
    it(`refuses ${pattern}`, () => expect(() => matcherOf(pattern)).to.throw());
});
