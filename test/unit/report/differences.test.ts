import { expect } from 'chai';
import fc from 'fast-check';
import { kubernetesSecretData } from '../../../src/rotation/observation';
import { planRollback } from '../../../src/rotation/planRotation';
import { differencesOf } from '../../../src/report/differences';
import { anyRequest, anyWorld } from '../rotation/arbitraries';
import { now, planFor, plannedIn } from '../rotation/planned';
import { canary, loginOf, observationOf, worldOn } from '../rotation/simulatedWorld';

describe('differencesOf', () => {
  it('a rotation: what changes in the file and in the Secret, with masked passwords', () => {
    expect(differencesOf(plannedIn(worldOn('A')))).to.deep.equal([
      "- sqlconf.php $login = 'openemr_a'",
      "+ sqlconf.php $login = 'openemr_b'",
      "- sqlconf.php $pass = '********'",
      "+ sqlconf.php $pass = '********' (of slot B)",
      '~ Secret mysql-user: openemr_a → openemr_b',
      '~ Secret mysql-password: ******** → ********',
    ]);
  });

  it('a bootstrap onto a Secret that is empty', () => {
    const world = { ...worldOn('A'), file: loginOf('admin'), kubernetes: {} };
    expect(differencesOf(plannedIn(world))).to.include.members([
      "+ sqlconf.php $login = 'openemr_a'",
      '~ Secret mysql-host: (none) → db.example',
      '~ Secret mysql-user: (none) → openemr_a',
      '~ Secret mysql-database: (none) → openemr',
    ]);
  });

  it('a reconcile where all agrees already: nothing', () => {
    const file = loginOf('openemr_b');
    expect(
      differencesOf(plannedIn({ ...worldOn('A'), file, kubernetes: kubernetesSecretData(file) })),
    ).to.deep.equal([]);
  });

  it('a Secret with an old password of the same user', () => {
    const file = loginOf('openemr_b');
    const kubernetes = kubernetesSecretData({ ...file, password: 'canary-old' });
    expect(differencesOf(plannedIn({ ...worldOn('A'), file, kubernetes }))).to.deep.equal([
      '~ Secret mysql-password: ******** → ********',
    ]);
  });

  it('a sync and a rollback: nothing', () => {
    expect(differencesOf(plannedIn(worldOn('A'), 'sync'))).to.deep.equal([]);
    expect(differencesOf(planRollback(plannedIn(worldOn('A')), 'undo', now))).to.deep.equal([]);
  });

  it('no plan at all shows a password', () => {
    let shown = 0;
    fc.assert(
      fc.property(anyWorld, anyRequest, (world, kind) => {
        const result = planFor(observationOf(world), kind);
        if (result.kind === 'refused') return;
        const lines = differencesOf(result.planned);
        shown += lines.length;
        for (const line of lines)
          expect(line)
            .to.match(/^[-+~] [^\n]+$/)
            .and.not.include(canary);
      }),
      { numRuns: 500, seed: 20260 },
    );
    expect(shown).to.be.greaterThan(100);
  });
});
