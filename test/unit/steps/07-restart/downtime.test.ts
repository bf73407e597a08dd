import { expect } from 'chai';
import { downtimeFinding, downtimeReason, unprobedNotice } from '../../../../src/steps/07-restart/downtime';

type Bound = number | string;
const rolling = (replicas: number, maxSurge?: Bound, maxUnavailable?: Bound): string | undefined =>
  downtimeReason({
    replicas,
    strategy: {
      type: 'RollingUpdate',
      rollingUpdate: {
        ...(maxSurge === undefined ? {} : { maxSurge }),
        ...(maxUnavailable === undefined ? {} : { maxUnavailable }),
      },
    },
  });

describe('downtimeReason', () => {
  const cases: [replicas: number, surge: Bound | undefined, unavailable: Bound | undefined, down: boolean][] =
    [
      // Kubernetes' defaults: 25 % of one pod are one pod more and none less.
      [1, undefined, undefined, false],
      [1, 1, 0, false],
      [1, '1%', '0%', false],
      [1, 0, 1, true],
      [1, '0%', '0%', true],
      [1, 0, undefined, true],
      [1, 1, 1, true],
      [1, '25%', '99%', false],
      [1, 1, '100%', true],
      [2, 0, undefined, false],
      [2, 0, 1, false],
      [2, 1, 2, true],
      [2, 1, '99%', false],
      [2, 1, '100%', true],
      [3, 0, '67%', false],
      [3, 0, 3, true],
      [10, undefined, undefined, false],
      [0, 0, 1, false],
    ];
  for (const [replicas, surge, unavailable, down] of cases)
    it(`${replicas} pods, maxSurge ${surge ?? 'default'}, maxUnavailable ${unavailable ?? 'default'}: ${down ? 'down' : 'up'}`, () =>
      expect(rolling(replicas, surge, unavailable) !== undefined).to.equal(down));

  it('Recreate ends all pods, whatever their number', () =>
    expect(downtimeReason({ replicas: 3, strategy: { type: 'Recreate' } })).to.match(/Recreate/));

  it('nothing said is one pod with the defaults', () => expect(downtimeReason({})).to.equal(undefined));
});

it('downtimeFinding: refused with exit 2, or a notice where it is accepted', () => {
  const spec = { replicas: 1, strategy: { type: 'Recreate' } };
  const refused = downtimeFinding(spec, 'emr/openemr', false);
  expect(refused.problem).to.include({ outcome: 'configuration' });
  expect(refused.problem?.message).to.match(/Requests will fail .* emr\/openemr: .*--accept-downtime\.$/);
  const accepted = downtimeFinding(spec, 'emr/openemr', true);
  expect(accepted.problem).to.equal(undefined);
  expect(accepted.notice).to.match(/^Requests will fail/);
});

describe('unprobedNotice', () => {
  const container = { name: 'openemr', image: 'openemr/openemr' };
  const probe = { httpGet: { path: '/', port: 80 } };
  const said = (extra: object, spec = {}): string | undefined =>
    unprobedNotice(
      { template: { spec: { containers: [{ ...container, ...extra }] } }, ...spec },
      'emr/openemr',
    );

  it('a Deployment whose pods are ready before OpenEMR answers is told', () =>
    expect(said({})).to.match(/^Deployment emr\/openemr has neither .* requests may fail .*readinessProbe$/));

  it('nothing with a probe that holds readiness back, or a time that does', () => {
    for (const each of [
      said({ readinessProbe: probe }),
      said({ startupProbe: probe }),
      said({}, { minReadySeconds: 60 }),
    ])
      expect(each).to.equal(undefined);
    expect(said({ livenessProbe: probe })).to.include('readinessProbe');
  });
});
