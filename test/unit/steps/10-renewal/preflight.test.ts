import { expect } from 'chai';
import type { IdleSettings } from '../../../../src/steps/10-renewal/preflight';
import { idleFindings } from '../../../../src/steps/10-renewal/preflight';
import type { PlanKind, PlannedRotation } from '../../../../src/rotation/rotationPlan';
import type { Slot } from '../../../../src/rotation/slot';
import { optionTable } from '../../../../src/settings/options';
import type { Answer } from '../../mysql/fakeSession';
import { fakeSession } from '../../mysql/fakeSession';

const admin = { host: 'db', port: '3306', username: 'admin', password: 'p', dbname: '' };
const byDefault = { context: { trust: {} }, idleGraceSeconds: Number(optionTable.idleGraceSeconds.default) };

const counts: [string, Answer][] = [
  [
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('performance_schema'",
    [
      { Variable_name: 'performance_schema', Value: 'ON' },
      { Variable_name: 'performance_schema_accounts_size', Value: '-1' },
    ],
  ],
];
const countsNothing: [string, Answer][] = [
  [
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('performance_schema'",
    [{ Variable_name: 'performance_schema', Value: 'OFF' }],
  ],
];

function planned(renew: Slot | null = 'A', kind: PlanKind = 'rotate'): PlannedRotation {
  const login = (username: string) => ({ username, host: 'db', port: '3306', dbname: 'openemr' });
  return {
    plan: { kind, from: 'A', to: 'B', renew },
    material: {
      before: { kubernetesSecret: { 'mysql-user': 'openemr_a' } },
      logins: { A: login('openemr_a'), B: login('openemr_b') },
    },
  } as unknown as PlannedRotation;
}

async function found(
  version: string,
  answers: [string, Answer][],
  settings: Partial<IdleSettings> = {},
  plan = planned(),
): Promise<{ problems: string[]; notices: string[] }> {
  const { session } = fakeSession(version, answers);
  const { problems, notices } = await idleFindings(
    plan,
    { session, credentials: { login: admin } },
    { ...byDefault, ...settings },
  );
  return { problems: problems.map(({ outcome, message }) => `${outcome}: ${message}`), notices };
}

describe('idleFindings', () => {
  it('says nothing where logins are counted', async () =>
    expect(await found('8.0.36', counts)).to.deep.equal({ problems: [], notices: [] }));

  it('MySQL that counts nothing: sampled, with its numbers, and the old password is retained', async () => {
    const { notices } = await found('8.0.36', countsNothing);
    expect(notices).to.have.length(1);
    expect(notices[0]).to.match(/sampled, since performance_schema is OFF; switch it on/);
    expect(notices[0]).to.match(/10 ms after each answer, for 120 s instead of 30 s/);
    expect(notices[0]).to.match(/stays valid beside the new one until nobody has been seen for 120 s more/);
  });

  for (const version of ['10.11.6-MariaDB', '5.7.44', '8.0.13']) {
    it(`${version}: sampled, and no second password is promised`, async () => {
      const { notices } = await found(version, countsNothing);
      expect(notices.join())
        .to.match(/sampled/)
        .and.not.match(/stays valid/);
    });

    it(`${version}: --keep-old-password is refused, unless nothing is renewed`, async () => {
      const keep = { keepOldPassword: true as const };
      const { problems } = await found(version, countsNothing, keep);
      expect(problems).to.have.length(1);
      expect(problems[0]).to.match(/^configuration: .*run without --keep-old-password\.$/);
      for (const kind of ['sync', 'rollback', 'switch-back'] as const)
        expect(await found(version, countsNothing, keep, planned(null, kind))).to.deep.equal({
          problems: [],
          notices: [],
        });
    });
  }

  it('a reader of Aurora that cannot be reached is named, by its endpoint or for want of one', async () => {
    const listed: [string, Answer] = ['SELECT SERVER_ID AS id', [{ id: 'reader-1' }]];
    const { notices } = await found('8.0.28', [...counts, listed]);
    expect(notices).to.have.length(1);
    expect(notices[0]).to.match(
      /does not see who logs in at reader-1 \(the endpoint .* does not follow from db\)/,
    );
  });

  for (const [name, variable, value] of [
    ['a Galera cluster', 'wsrep_on', 'ON'],
    ['group replication', 'group_replication_group_name', '2b3c'],
  ] as const)
    it(`a node of ${name}: what its other nodes do is not seen, and that is told`, async () => {
      const node: [string, Answer] = [
        "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('version'",
        [{ Variable_name: variable, Value: value }],
      ];
      const { notices } = await found('8.0.36', [...counts, node]);
      expect(notices).to.have.length(1);
      expect(notices[0]).to.include(`the database is a node of ${name}`).and.include('grant the Lease');
    });

  it('--keep-old-password and what the rotation before has kept are told', async () => {
    const retained: [string, Answer] = ['SELECT DISTINCT User', [{ username: 'openemr_b' }]];
    const { notices } = await found('8.0.14', [...counts, retained], { keepOldPassword: true });
    expect(notices).to.deep.equal([
      'the old password of openemr_a stays valid beside the new one until the next rotation',
      'the database still takes the password that openemr_b had before; it ends in step 4, when nobody has logged in as openemr_b for the grace period',
    ]);
  });

  it('what was kept of a user that the Kubernetes Secret names is not told to end in step 4', async () => {
    const retained: [string, Answer] = ['SELECT DISTINCT User', [{ username: 'openemr_b' }]];
    const { plan, material } = planned();
    const named = { ...material.before, kubernetesSecret: { 'mysql-user': 'openemr_b' } };
    const { notices } = await found(
      '8.0.14',
      [...counts, retained],
      {},
      {
        plan,
        material: { ...material, before: named },
      },
    );
    expect(notices).to.deep.equal([
      'the database still takes the password that openemr_b had before, and the Kubernetes Secret names openemr_b: it stays valid until a later rotation renews the password of openemr_b',
    ]);
  });
});
