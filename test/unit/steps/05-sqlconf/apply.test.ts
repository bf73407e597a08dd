import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { kubernetesSecretData } from '../../../../src/rotation/observation';
import type { SqlconfInputs } from '../../../../src/steps/05-sqlconf/apply';
import { sqlconf } from '../../../../src/steps/05-sqlconf/apply';
import { expectGuarded, failureOf, killEverywhere, withFaults } from '../../handMade/faults';
import type { HandMadeWorld } from '../../handMade/world';
import { openWorld, passwords } from '../../handMade/world';

const text = (world: HandMadeWorld): string => readFileSync(world.file, 'utf8');
const names = (world: HandMadeWorld): string[] => readdirSync(path.dirname(world.file));

/** Inputs of step 5 from slot A to B, as the plan was made from the world that is now. */
function inputsOf(world: HandMadeWorld, given: Partial<SqlconfInputs> = {}): Record<string, unknown> {
  const { context } = world;
  return {
    context,
    ...world.login('openemr_b', passwords.B),
    replaces: ['openemr_a', 'openemr_b'],
    plannedFrom: createHash('sha256').update(text(world)).digest('hex'),
    secretPlannedFrom: kubernetesSecretData(world.login('openemr_a', passwords.A)),
    ...given,
  };
}

describe('step 5: sqlconf.php', () => {
  let world: HandMadeWorld;
  beforeEach(async () => (world = await openWorld()));
  afterEach(() => world.close());

  const apply = (given: Record<string, unknown> = inputsOf(world)): Promise<unknown> =>
    withFaults(world, undefined, () => sqlconf.apply(given));

  /** Refused, and the file is as it was, byte for byte, with nothing beside it. */
  async function expectLeft(action: () => Promise<unknown>, words: RegExp): Promise<void> {
    const before = [text(world), statSync(world.file).ino];
    const failure = await failureOf(action());
    expect(failure.message).to.match(words);
    expect([text(world), statSync(world.file).ino]).to.deep.equal(before);
    expect(names(world)).to.deep.equal(['sqlconf.php']);
    expect(failure.outcome).to.equal('before-switch');
  }

  it('the login is tried, then written beside, then put in place; a second time nothing is done', async () => {
    const inputs = inputsOf(world);
    const before = text(world);
    const wanted = world.login('openemr_b', passwords.B);
    expect(await apply(inputs)).to.deep.equal({ path: world.file, ...wanted });
    expect(world.log).to.deep.equal([
      'login openemr_b',
      'begin file: write beside',
      'guard',
      'end file: write beside',
      'begin file: rename',
      'guard',
      'end file: rename',
    ]);
    expect(await world.fileLogin()).to.deep.equal(wanted);
    expect(text(world), 'all else stays').to.equal(
      before.replace('openemr_a', 'openemr_b').replace(passwords.A, passwords.B),
    );
    expect(names(world)).to.deep.equal(['sqlconf.php']);
    world.log.length = 0;
    await apply(inputs);
    expect(world.log).to.deep.equal([]);
  });

  it('a rollback asks for no file and no Secret that it was planned from', async () => {
    const rollback = inputsOf(world);
    delete rollback['plannedFrom'];
    delete rollback['secretPlannedFrom'];
    world.kubernetes.secretData = {};
    await apply(rollback);
    expect((await world.fileLogin()).username).to.equal('openemr_b');
  });

  it('a login that the database refuses is never written', async () => {
    await expectLeft(
      () => apply(inputsOf(world, { password: 'wrong' })),
      /refuses openemr_b with the password/,
    );
    expect(world.log).to.deep.equal(['login openemr_b refused']);
  });

  it('a file that was edited since the plan is left as it is', async () => {
    const inputs = inputsOf(world);
    writeFileSync(world.file, `${text(world)}<?php // an edit\n`);
    await expectLeft(() => apply(inputs), /was edited by somebody else/);
  });

  it('a file that names a user of nobody is left as it is, by a rollback, too', async () => {
    await world.writeFile(world.login('somebody', 'x'));
    const inputs = inputsOf(world);
    delete inputs['plannedFrom'];
    await expectLeft(() => apply(inputs), /was edited by somebody else/);
  });

  it('a Secret that was changed since the plan: nothing is switched', async () => {
    world.kubernetes.secretData['mysql-password'] = 'changed';
    await expectLeft(() => apply(), /Secret .*was changed by somebody else .*\(mysql-password\)/);
  });

  it('a file that is edited between the two writes is left as it is', async () => {
    const inputs = inputsOf(world);
    const edited = `${text(world)}<?php // an edit\n`;
    const edit = (): void => writeFileSync(world.file, edited);
    const failure = await failureOf(withFaults(world, { at: 1, before: edit }, () => sqlconf.apply(inputs)));
    expect(failure.message).to.match(/changed by somebody else after it was read/);
    expect(text(world)).to.equal(edited);
    expect(names(world)).to.deep.equal(['sqlconf.php']);
  });

  it('what a killed run left beside, with a password in it, is removed', async () => {
    writeFileSync(path.join(path.dirname(world.file), '.sqlconf.0123456789abcdef.php'), 'a password');
    await apply();
    expect(names(world)).to.deep.equal(['sqlconf.php']);
    expect(world.log).to.include('begin file: remove leftover');
  });

  it('a preview shows a change where the file says another login, or the password is not known', async () => {
    expect(await sqlconf.diff({}, inputsOf(world))).to.equal(true);
    expect(await sqlconf.diff({}, inputsOf(world, world.login('openemr_a', passwords.A)))).to.equal(false);
    const unknown = { ...world.login('openemr_a', '04da6b54-80e4-46f7-96ec-b56ff0331ba9') };
    expect(await sqlconf.diff({}, inputsOf(world, unknown))).to.equal(true);
    expect(world.log).to.deep.equal([]);
  });

  it('killed anywhere, and the lock lost before each write', () =>
    killEverywhere(async () => {
      const each = await openWorld();
      const inputs = inputsOf(each);
      const before = text(each);
      return {
        world: each,
        act: () => sqlconf.apply(inputs),
        look: () => [text(each).replaceAll(/'\d{4,5}'/g, "'port'"), names(each)],
        holds: () => {
          const after = before.replace('openemr_a', 'openemr_b').replace(passwords.A, passwords.B);
          expect([before, after], 'whole').to.include(text(each));
        },
      };
    }, ['file: write beside', 'file: rename']));

  it('the lock lost between the two writes: the file is as it was', async () => {
    const inputs = inputsOf(world);
    await expectLeftLocked(inputs);
    expectGuarded(world.log.filter((event) => !event.includes('remove what was written')));
  });

  async function expectLeftLocked(inputs: Record<string, unknown>): Promise<void> {
    const before = text(world);
    const failure = await failureOf(
      withFaults(world, { at: 1, before: () => world.loseLock() }, () => sqlconf.apply(inputs)),
    );
    expect(failure.outcome).to.equal('locked');
    expect(text(world)).to.equal(before);
    expect(names(world)).to.deep.equal(['sqlconf.php']);
  }
});
