import { expect } from 'chai';
import type { StatusFacts } from '../../../src/inspect/status/facts';
import type { Check, CheckState } from '../../../src/inspect/verify/check';
import { Checks, inOrder } from '../../../src/inspect/verify/check';
import { otherUserChecks, worldChecks } from '../../../src/inspect/verify/worldChecks';
import { verifyLines } from '../../../src/report/verifyText';
import { atLeast } from '../../../src/engine/plugins';
import { Failure, jointOutcome } from '../../../src/base/failure';
import { canary, loginOf, slotText, worldOn } from '../rotation/simulatedWorld';
import { factsOf, read, unreadable } from './facts';

function stateOf(checks: readonly Check[], title: string): CheckState | undefined {
  return checks.find((check) => check.title === title)?.state;
}

function checksOf(changes: Partial<StatusFacts> = {}): Check[] {
  const checks = worldChecks({ ...factsOf(worldOn('A')), ...changes });
  expect(JSON.stringify(checks) + verifyLines(checks).join(), 'a password is shown').not.to.include(canary);
  return checks;
}

describe('verify: what the world says', () => {
  it('is all ok in a healthy world', () => {
    const checks = checksOf();
    expect(checks.filter(({ state }) => state !== 'ok')).to.deep.equal([]);
    expect(verifyLines(checks)[0]).to.equal('✓ A rotation has everything that it needs.');
  });

  const down = unreadable('permission', 'It is refused.');
  const cases: [string, Partial<StatusFacts>, string][] = [
    ['the slot secret', { slotSecret: down }, 'slot secret can be read, and is well formed'],
    ['the admin secret', { adminSecret: down }, 'admin secret can be read, and is well formed'],
    ['sqlconf.php', { sqlconf: down }, 'can be read, with plain values'],
    ['the Kubernetes Secret', { kubernetesSecret: down }, 'Secret can be read'],
    ['the Deployment', { deployment: down }, 'Deployment can be read'],
    ['the database', { database: new Failure('database-unreachable', 'Gone.') }, 'answers over trusted TLS'],
    [
      'the lock',
      { lock: read({ connectionId: 1, client: 'x@y', idleSeconds: 1 }) },
      'no rotation is running',
    ],
    [
      'a rollout',
      { deployment: read({ name: 'd', rollout: { kind: 'failed', reason: 'quota' }, ready: 1, wanted: 2 }) },
      'Deployment is healthy',
    ],
  ];
  for (const [name, changes, title] of cases) {
    it(`names what is missing: ${name}`, () => {
      const checks = checksOf(changes);
      expect(stateOf(checks, title)).to.equal('missing');
      expect(verifyLines(checks)[0]).to.match(/^✗ 1 of \d+ checks failed/);
      expect(verifyLines(checks).at(-1)).to.match(/^Next: fix/);
    });
  }

  it('a login of OpenEMR that is refused is missing; a standby that is refused or empty is set by the rotation', () => {
    const world = worldOn('A');
    world.users.set('openemr_a', 'x').set('openemr_b', 'x');
    const checks = worldChecks(factsOf(world));
    expect(stateOf(checks, 'the login of sqlconf.php works')).to.equal('missing');
    expect(stateOf(checks, 'slot B logs in')).to.equal('optional');
    const empty = worldOn('A');
    empty.secret.text = slotText('A', { A: loginOf('openemr_a'), B: {} });
    expect(stateOf(worldChecks(factsOf(empty)), 'slot B logs in')).to.equal('optional');
  });
});

describe('verify: a Lease without the lock in the database', () => {
  const renewed = (ageMs: number): Partial<StatusFacts> => {
    const { now } = factsOf(worldOn('A'));
    const lease = { name: 'credential-rotation-openemr', holder: 'pod-1/7/ab' };
    return { lease: read({ ...lease, renewed: new Date(now.getTime() - ageMs).toISOString() }) };
  };

  it('that a killed run left long ago is told, and stops nothing: the next run takes it over', () => {
    for (const ageMs of [3_600_000, 90_000, -90_000]) {
      const check = checksOf(renewed(ageMs)).find(({ area }) => area === 'Lock');
      expect(check?.state).to.equal('optional');
      expect(check?.detail)
        .to.include('pod-1/7/ab holds Lease credential-rotation-openemr')
        .and.include('takes it over');
    }
  });

  it('that was renewed a moment ago may be of a run that is alive: locked', () => {
    for (const ageMs of [1000, 30_000, -5000]) {
      const check = checksOf(renewed(ageMs)).find(({ area }) => area === 'Lock');
      expect([check?.state, check?.outcome]).to.deep.equal(['missing', 'locked']);
      expect(check?.detail).to.include('look again in a minute');
    }
  });
});

describe('verify: others with the same login', () => {
  it('are told one by one, and what cannot be seen; none of it stops a rotation', () => {
    expect(otherUserChecks({ named: [] }).map(({ state }) => state)).to.deep.equal(['ok']);
    const checks = otherUserChecks({ named: ['Job a/b reads it', 'Job a/c reads it'], unseen: 'It is dark' });
    expect(checks.map(({ state, detail }) => [state, detail])).to.deep.equal([
      ['optional', 'Job a/b reads it.'],
      ['optional', 'Job a/c reads it.'],
      ['not-checked', 'It is dark.'],
    ]);
    expect(checks.flatMap(({ outcome }) => outcome ?? [])).to.deep.equal([]);
  });
});

describe('verify: the checklist', () => {
  it('has one line for each problem that a search finds, and one that is ok for none', async () => {
    const checks = new Checks('Database');
    expect(await checks.problems('rights', async () => [])).to.deep.equal([checks.ok('rights')]);
    const two = await checks.problems('rights', async () => [
      new Failure('admin-permission-missing', 'One.'),
      new Failure('setting-invalid', 'Two.'),
    ]);
    expect(two.map(({ state, detail }) => [state, detail])).to.deep.equal([
      ['missing', 'One.'],
      ['missing', 'Two.'],
    ]);
    const failed = await checks.problems('rights', () =>
      Promise.reject(new Failure('admin-permission-missing', 'Denied.')),
    );
    expect(failed).to.deep.equal([checks.missing('rights', 'Denied.', 'permission')]);
    expect(two.map(({ outcome }) => outcome)).to.deep.equal(['permission', 'configuration']);
  });

  it('ends as a run would: a lock that is held, a missing right, anything else; what is fine counts for nothing', () => {
    const checks = new Checks('Kubernetes');
    const fine = [checks.ok('one'), checks.optional('two', 'None.'), checks.notChecked('three', 'Unknown.')];
    expect(fine.map(({ outcome }) => outcome)).to.deep.equal([null, null, null]);
    const wrong = checks.missing('four', 'Paused.');
    const denied = checks.missing('five', 'Denied.', 'permission');
    expect(jointOutcome([])).to.equal('done');
    expect(jointOutcome([...fine, wrong])).to.equal('configuration');
    expect(jointOutcome([wrong, checks.missing('six', 'Down.', 'before-switch')])).to.equal('configuration');
    expect(jointOutcome([wrong, ...fine, denied])).to.equal('permission');
    expect(jointOutcome([denied, checks.missing('seven', 'Held.', 'locked')])).to.equal('locked');
  });

  it('is in the order of its areas', () => {
    const lock = new Checks('Lock').ok('one');
    const engine = new Checks('Engine').ok('two');
    expect(inOrder([lock, engine])).to.deep.equal([engine, lock]);
  });

  it('compares versions by their numbers', () => {
    expect(atLeast('3.250.0', '3.250.0')).to.equal(true);
    expect(atLeast('3.1000.0', '3.250.0')).to.equal(true);
    expect(atLeast('4.0.0-alpha', '3.250.0')).to.equal(true);
    expect(atLeast('3.249.9', '3.250.0')).to.equal(false);
    expect(atLeast('unknown', '3.250.0')).to.equal(false);
  });
});
