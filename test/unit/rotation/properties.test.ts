import { expect } from 'chai';
import fc from 'fast-check';
import type { PlanResult } from '../../../src/rotation/planRotation';
import { planRollback, planRotation } from '../../../src/rotation/planRotation';
import type { PlannedRotation } from '../../../src/rotation/rotationPlan';
import type { Slot } from '../../../src/rotation/slot';
import { otherSlot, slots } from '../../../src/rotation/slot';
import { anyObservation, anyRequest, anyWorld } from './arbitraries';
import type { World } from './simulatedWorld';
import { canary, journalOf, logsIn, observationOf, podLogsIn, worldOn, writesOf } from './simulatedWorld';
import { now, planFor, plannedIn } from './planned';

const runs = { numRuns: 800, seed: 20260 };

function planned(result: PlanResult): PlannedRotation | undefined {
  return result.kind === 'planned' ? result.planned : undefined;
}

describe('planRotation: properties', () => {
  it('never throws, and is the same for the same observation', () => {
    fc.assert(
      fc.property(anyObservation, anyRequest, (observation, kind) => {
        const text = JSON.stringify(observation);
        expect(planFor(observation, kind)).to.deep.equal(planFor(observation, kind));
        expect(JSON.stringify(observation), 'the observation was changed').to.equal(text);
      }),
      runs,
    );
  });

  it('plans or names at least one problem; no plan, notice or problem holds a password', () => {
    const kinds = new Set<string>();
    fc.assert(
      fc.property(anyObservation, anyRequest, (observation, kind) => {
        const result = planFor(observation, kind);
        kinds.add(result.kind === 'planned' ? result.planned.plan.kind : 'refused');
        const told = result.kind === 'planned' ? [result.planned.plan, result.notices] : result.problems;
        expect(JSON.stringify(told)).not.to.include(canary);
        if (result.kind === 'refused') expect(result.problems).not.to.have.lengthOf(0);
      }),
      runs,
    );
    expect([...kinds]).to.have.members(['rotate', 'reconcile', 'bootstrap', 'sync', 'refused']);
  });

  it('never mints for a slot whose user works in the file or in the Kubernetes Secret', () => {
    fc.assert(
      fc.property(anyObservation, anyRequest, (observation, kind) => {
        const { plan, material } = planned(planFor(observation, kind)) ?? {};
        const { sqlconf, kubernetesSecret } = observation;
        for (const slot of plan?.mint ?? []) {
          const name = material?.logins[slot].username;
          if (sqlconf.works) expect(name).not.to.equal(sqlconf.login.username);
          if (kubernetesSecret.works) expect(name).not.to.equal(kubernetesSecret.data['mysql-user']);
        }
      }),
      runs,
    );
  });

  it('goes to the other slot on rotate, stays on reconcile, and renews only the slot that is not in use after it', () => {
    fc.assert(
      fc.property(anyObservation, (observation) => {
        const found = planned(planFor(observation));
        if (!found) return;
        const { kind, from, to, renew, mint } = found.plan;
        const inUse = slots.find(
          (slot) => found.material.logins[slot].username === observation.sqlconf.login.username,
        );
        expect(from).to.equal(inUse ?? 'other');
        if (to === 'other') return expect.fail('a rotation ends on a slot');
        if (kind === 'rotate') expect(to).to.equal(otherSlot(from as Slot));
        if (kind === 'reconcile') expect(to).to.equal(from);
        if (kind === 'bootstrap') expect([from, to, renew]).to.deep.equal(['other', 'A', null]);
        else expect(renew).to.equal(otherSlot(to));
        expect(mint).not.to.include(renew);
        expect(found.material.logins.A.username).not.to.equal(found.material.logins.B.username);
      }),
      runs,
    );
  });

  it('knows or makes a password for every slot that it sets before the switch', () => {
    fc.assert(
      fc.property(anyObservation, anyRequest, (observation, kind) => {
        const { plan, material } = planned(planFor(observation, kind)) ?? {};
        for (const slot of slots.filter((each) => plan !== undefined && each !== plan.renew))
          expect(plan?.mint.includes(slot)).to.equal(material?.logins[slot].password === undefined);
      }),
      runs,
    );
  });

  it('gives each request an id and a restart token of its own, even at the same time', () => {
    fc.assert(
      fc.property(
        anyObservation,
        fc.uniqueArray(fc.string({ unit: 'grapheme', minLength: 1 }), { minLength: 2 }),
        (observation, ids) => {
          const plans = ids.map(
            (id) => planned(planRotation(observation, { kind: 'rotate', id, now }))?.plan,
          );
          if (plans.some((plan) => plan === undefined)) return;
          expect(plans.map((plan) => plan?.id)).to.deep.equal(ids);
          expect(new Set(plans.map((plan) => plan?.restartToken)).size).to.equal(ids.length);
        },
      ),
      { ...runs, numRuns: 300 },
    );
  });
});

describe('planRotation: over a simulated world', () => {
  /** Carries a plan out and checks after each write that OpenEMR and a new pod can log in. */
  function carryOut(
    world: World,
    plan: PlannedRotation,
    writes = Infinity,
    podsWorked = podLogsIn(world),
  ): void {
    let isIn = logsIn(world, world.file.username, world.file.password);
    for (const write of writesOf(world, plan).slice(0, writes)) {
      write();
      // One that was locked out before gets in again, and stays.
      const works = logsIn(world, world.file.username, world.file.password);
      if (isIn) expect(works, 'OpenEMR is locked out').to.equal(true);
      isIn = works;
      if (podsWorked) expect(podLogsIn(world), 'a new pod is locked out').to.equal(true);
    }
  }

  function expectEnd(world: World, to: string): void {
    const { slotSecret, sqlconf, kubernetesSecret } = observationOf(world);
    const { document } = slotSecret;
    expect([sqlconf.works, kubernetesSecret.works, document.active]).to.deep.equal([true, true, to]);
    for (const slot of slots) {
      const held = document.entries[slot];
      if (held.kind === 'empty') throw new Error(`slot ${slot} is empty at the end`);
      expect(logsIn(world, held.login.username, held.login.password), `slot ${slot} logs in`).to.equal(true);
      if (slot === to) expect(sqlconf.login).to.deep.equal(held.login);
    }
  }

  it('three plans in a row alternate A → B → A → B, and every password changes', () => {
    const world = worldOn('A');
    const first = new Map(world.users);
    const moves = ['1', '2', '3'].map((id) => {
      const plan = plannedIn(world, 'rotate', { id });
      carryOut(world, plan);
      expectEnd(world, plan.plan.to);
      return `${plan.plan.kind} ${plan.plan.from}→${plan.plan.to}`;
    });
    expect(moves).to.deep.equal(['rotate A→B', 'rotate B→A', 'rotate A→B']);
    for (const name of ['openemr_a', 'openemr_b'])
      expect(world.users.get(name)).not.to.equal(first.get(name));
  });

  it('from any world that has a plan, cut off anywhere: the next run ends well and nobody is ever locked out', () => {
    let cutOff = 0;
    fc.assert(
      fc.property(anyWorld, fc.nat(7), (start, writes) => {
        const world = { ...start, users: new Map(start.users) };
        const first = planned(planFor(observationOf(world)));
        if (!first) return;
        carryOut(world, first, writes);
        const next = plannedIn(world, 'rotate', { id: 'run-2', journal: journalOf(first) });
        expect(next.plan.id).to.equal(first.plan.id);
        carryOut(world, next);
        expectEnd(world, first.plan.to);
        cutOff += 1;
      }),
      runs,
    );
    expect(cutOff, 'the worlds are too seldom ones with a plan').to.be.greaterThan(100);
  });

  it('from any world: a rollback after any write of the switch restores file and Secret as they were', () => {
    fc.assert(
      fc.property(anyWorld, fc.nat(5), (start, writes) => {
        const world = { ...start, users: new Map(start.users) };
        const first = planned(planFor(observationOf(world)));
        // A login that did not work before is never gone back to.
        if (!first || !observationOf(world).sqlconf.works) return;
        const beforeFlip = writesOf(world, first).length - (first.plan.renew === null ? 1 : 3);
        carryOut(world, first, Math.min(writes, beforeFlip));
        carryOut(world, planRollback(first, 'undo', now), Infinity, podLogsIn(start));
        expect([world.file, world.kubernetes, world.secret]).to.deep.equal([
          start.file,
          start.kubernetes,
          start.secret,
        ]);
      }),
      runs,
    );
  });
});
