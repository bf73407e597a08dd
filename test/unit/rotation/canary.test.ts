import { expect } from 'chai';
import { planDifferences } from '../../../src/rotation/savedPlan';
import { planRollback } from '../../../src/rotation/planRotation';
import { planSchema } from '../../../src/rotation/storedPlan';
import { now, plannedIn } from './planned';
import type { World } from './simulatedWorld';
import { canary as marker, journalOf, worldOn } from './simulatedWorld';

const modeOf = (world: World, canary: 'auto' | 'require' | 'off' | undefined): unknown =>
  plannedIn(world, 'rotate', canary === undefined ? {} : { canary }).plan.canary;

describe("a plan's canary", () => {
  it('is what was asked for, where OpenEMR moves to a login that it is not on', () => {
    expect(modeOf(worldOn('A'), 'auto')).to.equal('auto');
    expect(modeOf(worldOn('A'), 'require')).to.equal('require');
    expect(modeOf(worldOn('A'), 'off')).to.equal(undefined);
    expect(modeOf(worldOn('A'), undefined)).to.equal(undefined);
    const world = worldOn('A');
    expect(modeOf({ ...world, file: world.admin }, 'auto'), 'bootstrap').to.equal('auto');
  });

  it('is none where the file names the login already, where OpenEMR goes back, and in a repair', () => {
    const reconcile = { ...worldOn('B'), secret: worldOn('A').secret };
    expect(plannedIn(reconcile, 'rotate', { canary: 'auto' }).plan).to.include({ kind: 'reconcile' });
    expect(modeOf(reconcile, 'require')).to.equal(undefined);
    const rotated = plannedIn(worldOn('A'), 'rotate', { id: 'run-0', canary: 'auto' });
    expect(rotated.plan.canary).to.equal('auto');
    expect(planRollback(rotated, 'run-1', now).plan).not.to.have.property('canary');
    const back = plannedIn(worldOn('B'), 'rollback', { journal: journalOf(rotated, true), canary: 'auto' });
    expect(back.plan).not.to.have.property('canary');
    expect(plannedIn(worldOn('A'), 'sync', { canary: 'auto' }).plan).not.to.have.property('canary');
  });

  it('is none where OpenEMR is down: there is nothing to compare with', () => {
    const down = { ...worldOn('A'), users: new Map([['openemr_b', `${marker}-openemr_b`]]) };
    const { plan } = plannedIn(down, 'rotate', { canary: 'require' });
    expect(plan).to.include({ from: 'A', to: 'B' }).and.not.to.have.property('canary');
  });

  it('stands in the stored plan, plans without it are read, and a saved plan fits with or without it', () => {
    const { plan } = plannedIn(worldOn('A'), 'rotate', { canary: 'require' });
    expect(planSchema.parse(JSON.parse(JSON.stringify(plan))).canary).to.equal('require');
    const before = plannedIn(worldOn('A')).plan;
    expect(planSchema.safeParse(before).success).to.equal(true);
    expect(planDifferences(before, plan)).to.deep.equal([]);
  });
});
