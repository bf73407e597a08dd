import { expect } from 'chai';
import type { Failure } from '../../../src/base/failure';
import { tryLogin } from '../../../src/mysql/database';
import { planRollback } from '../../../src/rotation/planRotation';
import { readJournal } from '../../../src/engine/state';
import { goingBack, journalToTakeUp } from '../../../src/inspect/canRollBack';
import { failureOf, writesIn } from '../handMade/faults';
import type { RunThere, Situation } from './situation';
import { runIn } from './situation';

const moved = { file: 'B', secret: 'B' } as const;

describe('whether OpenEMR may go back', () => {
  let there: RunThere;
  const run = async (situation: Situation): Promise<RunThere> => (there = await runIn(situation));
  afterEach(async () => {
    expect(writesIn(there.made.log)).to.deep.equal([]);
    await there.close();
  });

  it('it may, where the login from before works and the slot secret is as it was: by a login, not by the state', async () => {
    const { request, world, planned, made } = await run(moved);
    expect(await goingBack(request, world, planned)).to.deep.equal({ kind: 'may', planned });
    expect(made.log).to.deep.equal(['login openemr_a']);
  });

  it('it must not, where that login does not work', async () => {
    const { request, world, planned } = await run({ ...moved, changed: ['openemr_a'] });
    const why = 'the database refuses openemr_a with the password from before';
    expect(await goingBack(request, world, planned)).to.deep.equal({ kind: 'must-not', why });
  });

  it('it must not, where AWSCURRENT has moved: no login is tried for that', async () => {
    const { request, world, planned, made } = await run({ ...moved, flipped: true });
    expect((await goingBack(request, world, planned)).kind).to.equal('must-not');
    expect(made.log).to.deep.equal([]);
  });

  it('it is unknown, where that cannot be seen', async () => {
    const { request, world, planned } = await run({ ...moved, blind: true });
    expect((await goingBack(request, world, planned)).kind).to.equal('unknown');
  });

  it('a Secret that was stale before gets the login of the file', async () => {
    const { request, world, planned } = await run({ file: 'B', secret: 'stale' });
    const back = await goingBack(request, world, planned);
    expect(planned.material.before.kubernetesSecret).to.include({ 'mysql-password': 'stale' });
    expect(back.kind === 'may' && back.planned.material.before.kubernetesSecret).to.include({
      'mysql-password': 'Slot-A-1',
    });
  });

  it('so does one whose login this run has tried too often already: that is a refused login, too', async () => {
    const { request, world, planned } = await run({ file: 'B', secret: 'stale' });
    const { sqlconf, kubernetesSecret } = planned.material.before;
    kubernetesSecret['mysql-user'] = 'openemr_b';
    for (const password of ['Wrong-1', 'Wrong-2', 'Wrong-3'])
      await tryLogin({ ...sqlconf, username: 'openemr_b', password }, request.settings.context.trust);
    const back = await goingBack(request, world, planned);
    expect(back.kind === 'may' && back.planned.material.before.kubernetesSecret).to.include({
      'mysql-password': 'Slot-A-1',
    });
  });

  describe('a rollback that was cut off', () => {
    const secret = (value: unknown): object => ({
      '4dabf18193072939515e22adb298388d': '1b47061264138c4ac30d75fd1eb44270',
      plaintext: JSON.stringify(value),
    });
    /** The state of the engine with the plan of the rollback, or of the rotation itself. */
    const stateOf = (
      { planned }: RunThere,
      kind: 'rollback' | 'rotate' = 'rollback',
      finished = false,
    ): object => {
      const { plan, material } = kind === 'rotate' ? planned : planRollback(planned, 'run-2', new Date(0));
      const record = { plan: JSON.stringify(plan), material: secret(material) };
      const stack = { type: 'pulumi:pulumi:Stack', outputs: finished ? { rotation: plan.id } : {} };
      const type = 'pulumi-nodejs:dynamic/credential-rotation:PlanRecord';
      return { resources: [stack, { type, outputs: record }] };
    };

    it('is taken up where it may be', async () => {
      const { request, world, planned } = await run(moved);
      const journal = await journalToTakeUp(request, world, readJournal(stateOf(there)));
      expect(journal?.plan).to.include({ id: 'run-2', kind: 'rollback' });
      expect(journal?.material).to.deep.equal(planned.material);
    });

    it('with a Secret that was stale before: it gets the login that works', async () => {
      const { request, world } = await run({ file: 'B', secret: 'stale' });
      const journal = await journalToTakeUp(request, world, readJournal(stateOf(there)));
      expect(journal?.material?.before.kubernetesSecret).to.include({ 'mysql-password': 'Slot-A-1' });
    });

    it('is not finished any more where it must not be, which is told', async () => {
      const { request, world, news } = await run({ ...moved, changed: ['openemr_a'] });
      expect(await journalToTakeUp(request, world, readJournal(stateOf(there)))).to.equal(undefined);
      expect(JSON.stringify(news)).to.include(
        'rollback run-2 is no longer being finished: the database refuses openemr_a',
      );
    });

    it('stops the run where that cannot be seen', async () => {
      const { request, world } = await run({ ...moved, blind: true });
      const failure: Failure = await failureOf(journalToTakeUp(request, world, readJournal(stateOf(there))));
      expect(failure.outcome).to.equal('held');
      expect(failure.message).to.match(/^Rollback run-2 was not resumed: .* Run again to finish it\.$/);
    });

    it('a rollback that is finished, a rotation, and an empty state are taken as they are: nothing is asked', async () => {
      const { request, world, made } = await run({ ...moved, changed: ['openemr_a'] });
      expect(
        (await journalToTakeUp(request, world, readJournal(stateOf(there, 'rollback', true))))?.finished,
      ).to.equal(true);
      expect(
        (await journalToTakeUp(request, world, readJournal(stateOf(there, 'rotate'))))?.plan.id,
      ).to.equal('run-1');
      expect(await journalToTakeUp(request, world, undefined)).to.equal(undefined);
      expect(made.log).to.deep.equal([]);
    });
  });
});
