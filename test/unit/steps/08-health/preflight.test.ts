import { expect } from 'chai';
import type { Failure } from '../../../../src/base/failure';
import type { HealthLook } from '../../../../src/openemr/health/look';
import type { HealthBefore } from '../../../../src/rotation/health';
import type { SavedPlan } from '../../../../src/rotation/savedPlan';
import { withHealth } from '../../../../src/steps/08-health/preflight';
import { plannedIn } from '../../rotation/planned';
import { worldOn } from '../../rotation/simulatedWorld';

const url = 'https://openemr.example/meta/health/readyz';
const planned = plannedIn(worldOn('A'));
const good: HealthLook = { before: { url, failing: [] }, notices: [] };

/** The health of a plan that was saved with this verdict, and carried out where the page says something. */
function healthOf(health: HealthBefore, look: HealthLook | undefined): HealthBefore | undefined | string {
  const saved: SavedPlan = { formatVersion: 1, plan: { ...planned.plan, health } };
  try {
    return withHealth(planned, look, saved).plan.health;
  } catch (error) {
    return (error as Failure).code;
  }
}

describe('step 8: what the health page said before a plan that was saved', () => {
  const outdated: [string, HealthBefore, HealthLook][] = [
    [
      'it was ill, and is good: an ill page would pass for as before',
      { url, fault: 'no-answer', failing: [] },
      good,
    ],
    [
      'a check fails that was good: it would count as worse than before',
      { url, failing: [] },
      { ...good, before: { url, failing: ['filesystem'] } },
    ],
  ];
  for (const [name, saved, look] of outdated)
    it(`the plan is made anew where ${name}`, () =>
      expect(healthOf(saved, look)).to.equal('saved-plan-outdated'));

  it('counts while the page says the same, whatever its certificate of now', () => {
    const saved = { url, failing: ['filesystem'] };
    const look = { ...good, before: { ...saved, selfSigned: 'CN=localhost' } };
    expect(healthOf(saved, look)).to.deep.equal(saved);
  });

  it('a page that is ill now is told as that, by the preflight', () => {
    const look = { ...good, before: { url, fault: 'broken' as const, failing: [] }, problem: {} as Failure };
    expect(healthOf({ url, failing: [] }, look)).to.deep.equal({ url, failing: [] });
  });
});
