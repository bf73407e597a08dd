import { expect } from 'chai';
import { proofsIn } from '../../../src/engine/proofs';
import { pastStepsOf } from '../../../src/engine/pastSteps';
import { StepTracker } from '../../../src/engine/stepTracker';
import { dynamicType } from '../../../src/sdk/dynamic';
import { planSchema } from '../../../src/rotation/storedPlan';
import { planAt } from '../history/made';

const plan = planAt(0);
const modified = '2026-01-05T02:01:00.000Z';
const measured = {
  username: 'openemr_b',
  page: 'https://openemr.example/readyz',
  ...{ judged: 4, good: 3, asBefore: 0, wanted: 3 },
};
const proof = (type: string, name: string, outputs: object): object => ({
  type: dynamicType(type),
  urn: `urn:pulumi:prod::p::${dynamicType(type)}::${name}`,
  modified,
  outputs,
});
const record = proof('PlanRecord', 'plan', { plan: JSON.stringify(plan) });
const health = proof('HealthProof', `health-${plan.id}`, { password: 'canary', measured });

describe('what the proofs measured', () => {
  it('is read from the state, with its time, and goes with the next plan', () => {
    const past = pastStepsOf({ resources: [record, health] });
    expect(past?.proofs).to.deep.equal({ health: { ...measured, at: modified } });
    expect(planSchema.safeParse({ ...planAt(1), previous: past }).success).to.equal(true);
  });

  it('nothing but what the schema names is taken over, and nothing of another form or another rotation', () => {
    const more = proof('HealthProof', `health-${plan.id}`, { measured: { ...measured, password: 'canary' } });
    expect(JSON.stringify(pastStepsOf({ resources: [record, more] })?.proofs)).not.to.include('canary');
    const odd = proof('RolloutProof', `rollout-${plan.id}`, { measured: { wanted: 'two' } });
    const others = proof('HealthProof', `health-${planAt(9).id}`, { measured });
    expect(pastStepsOf({ resources: [record, odd, others] })).not.to.have.property('proofs');
  });

  it('a state of an older version has none, and is read', () => {
    const old = proof('HealthProof', `health-${plan.id}`, { username: 'openemr_b', answersInARow: 3 });
    expect(pastStepsOf({ resources: [record, old] }))
      .to.include({ id: plan.id })
      .and.not.have.property('proofs');
    expect(proofsIn([], plan.id)).to.equal(undefined);
  });

  it('is seen in the events of an update that fails later, for its rollback', () => {
    const tracker = new StepTracker('a', () => undefined);
    const { type, urn, outputs } = health as { type: string; urn: string; outputs: Record<string, unknown> };
    const made = { type, urn, id: 'x', parent: '', provider: '', inputs: {}, outputs };
    tracker.take({
      sequence: 1,
      timestamp: 1,
      resOutputsEvent: { metadata: { op: 'create', urn, type, provider: '', new: made } },
    });
    expect(tracker.proofsOf(plan.id)?.health).to.deep.include(measured);
    expect(tracker.proofsOf(planAt(9).id)).to.equal(undefined);
  });
});
