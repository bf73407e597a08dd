import { expect } from 'chai';
import { planRollback } from '../../../src/rotation/planRotation';
import type { RequestKind, RotationPlan } from '../../../src/rotation/rotationPlan';
import { planFor, plannedIn, refusalIn } from './planned';
import type { World } from './simulatedWorld';
import { kubernetesSecretData } from '../../../src/rotation/observation';
import { journalOf, loginOf, observationOf, slotText, worldOn } from './simulatedWorld';

const [a, b] = [loginOf('openemr_a'), loginOf('openemr_b')];
const withSecret = (entries: Record<string, unknown>, changes: Partial<World> = {}): World => ({
  ...worldOn('A'),
  secret: { versionId: 'v0', text: slotText('A', entries) },
  ...changes,
});

const refusals: [name: string, world: World, problems: RegExp[], request?: RequestKind][] = [
  [
    'both slots name one user',
    withSecret({ A: a, B: loginOf('openemr_a') }),
    [/^arn:slots: slots A and B both name the user openemr_a; give each slot a user of its own\.$/],
  ],
  [
    "an empty slot's default user is the other slot's",
    withSecret({ A: loginOf('openemr_b') }, { file: loginOf('openemr_b') }),
    [/slots A and B both name the user openemr_b/],
  ],
  [
    'slot A names the admin',
    withSecret({ A: loginOf('admin'), B: b }, { file: b }),
    [/^arn:slots: slot A names the admin user admin; empty that slot/],
  ],
  [
    'slot B names the admin',
    withSecret({ A: a, B: loginOf('admin') }),
    [/^arn:slots: slot B names the admin user admin; empty that slot/],
  ],
  ...(['host', 'port', 'dbname'] as const).map((field): [string, World, RegExp[]] => [
    `the slots differ in ${field}`,
    withSecret({ A: a, B: { ...b, [field]: field === 'port' ? '3307' : 'another' } }),
    [/^arn:slots: slots A and B differ in host, port or dbname; both must name the same database\.$/],
  ]),
  ...(['host', 'port', 'dbname'] as const).map((field): [string, World, RegExp[]] => [
    `the file's ${field} is not its slot's`,
    { ...worldOn('A'), file: { ...a, [field]: field === 'port' ? '3307' : 'another' } },
    [
      /^\/sites\/default\/sqlconf\.php uses slot A's user openemr_a on another host, port or database than the slot secret says; make them agree \(file: .*, secret: db\.example:3306\/openemr\)\.$/,
    ],
  ]),
  [
    "the database refuses the file's login",
    { ...worldOn('A'), users: new Map() },
    [/^\/sites\/default\/sqlconf\.php: the database refuses the login of openemr_a .* --sync-db-users/],
  ],
  [
    "a rollback where the database refuses the file's login, and that of the other slot",
    { ...worldOn('A'), users: new Map() },
    [/the database refuses the login of openemr_a .* and that of slot B, .* --sync-db-users/],
    'rollback',
  ],
  [
    'a sync where the database refuses the login of the file, and it is no slot’s',
    { ...worldOn('A'), file: loginOf('stranger') },
    [/the database refuses the login of stranger .* run credential-rotation without --sync-db-users/],
    'sync',
  ],
  [
    'a sync where the database refuses the password of the file, and another one of that user works',
    { ...worldOn('A'), file: { ...a, password: 'canary-wrong' } },
    [/and another password of that user works; run credential-rotation without --sync-db-users/],
    'sync',
  ],
  [
    "a sync where the file's host is not its slot's",
    { ...worldOn('A'), file: { ...a, host: 'another' } },
    [/uses slot A's user openemr_a on another host/],
    'sync',
  ],
  [
    'everything at once: all problems are named',
    withSecret({ A: loginOf('admin'), B: loginOf('admin', { host: 'another' }) }, { file: loginOf('x') }),
    [/both name the user admin/, /slot A names the admin/, /slot B names the admin/],
  ],
];

describe('planRotation: refusals', () => {
  for (const [name, world, problems, request] of refusals) {
    it(name, () => {
      const found = refusalIn(world, request);
      expect(found).to.have.lengthOf(problems.length);
      problems.forEach((problem, index) => expect(found[index]).to.match(problem));
    });
  }

  it('a sync is not refused because the login of the file is', () => {
    const world = { ...worldOn('A'), users: new Map([['openemr_b', 'wombat-openemr_b']]) };
    const { plan, material } = plannedIn(world, 'sync');
    expect(plan.kind).to.equal('sync');
    expect(material.logins.A.password).to.equal(a.password);
  });

  const waysIn: [string, World, Partial<RotationPlan>][] = [
    [
      'another password of its account, from the slot secret',
      { ...worldOn('A'), file: { ...a, password: 'canary-wrong' } },
      { kind: 'reconcile', from: 'A', to: 'A', renew: 'B' },
    ],
    [
      'the other slot',
      { ...worldOn('A'), users: new Map([['openemr_b', 'wombat-openemr_b']]) },
      { kind: 'rotate', from: 'A', to: 'B', renew: 'A' },
    ],
    [
      'fresh users, where the file names neither slot',
      { ...worldOn('A'), file: loginOf('stranger') },
      { kind: 'bootstrap', from: 'other', to: 'A' },
    ],
  ];
  for (const [name, world, plan] of waysIn)
    it(`OpenEMR is down, and a rotation lets it in again by ${name}`, () =>
      expect(plannedIn(world).plan).to.deep.include(plan));

  it('OpenEMR is down, and a rollback has nowhere to go: it names what lets OpenEMR in, not what would be refused', () => {
    const said = (world: World): string => {
      const result = planFor(observationOf(world), 'rollback');
      return result.kind === 'refused' ? result.problems.join(' ') : 'planned';
    };
    // The slot secret has the password of the account that the file names; that of the other slot is another one.
    const stale = { ...worldOn('A'), file: { ...a, password: 'canary-wrong' } };
    stale.users = new Map([...stale.users, ['openemr_b', 'by-hand']]);
    expect(said(stale)).to.match(/run credential-rotation: another password of that user works/);
    expect(said({ ...worldOn('A'), users: new Map() })).to.match(/run credential-rotation --sync-db-users/);
  });

  it('OpenEMR is down, and a rollback lets it in again by the other slot', () => {
    const world = { ...worldOn('A'), users: new Map([['openemr_b', 'wombat-openemr_b']]) };
    expect(plannedIn(world, 'rollback').plan).to.deep.include({ kind: 'switch-back', to: 'B' });
  });

  it('a rollback that was stopped before its switch, and no longer fits, is planned anew', () => {
    const world = worldOn('B');
    const begun = plannedIn(world, 'rollback');
    expect(begun.plan).to.include({ kind: 'switch-back', from: 'B', to: 'A' });
    // As when the operator corrected the slot secret meanwhile.
    world.secret.versionId = 'corrected';
    const again = plannedIn(world, 'rollback', { id: 'back-2', journal: journalOf(begun) });
    expect(again).to.include({ resumed: false });
    expect(again.plan).to.include({ kind: 'switch-back', from: 'B', to: 'A' });
  });

  it('a rollback of a rotation that was stopped says that there is nothing to do only where all is as before', () => {
    const journal = journalOf(plannedIn(worldOn('A')));
    const said = (world: World): string => {
      const result = planFor(observationOf(world), 'rollback', { journal });
      return result.kind === 'refused' ? result.problems.join(' ') : result.planned.plan.kind;
    };
    const secret = (active: 'A' | 'B'): World['secret'] => ({
      versionId: 'v0',
      text: slotText(active, { A: a, B: b }),
    });
    expect(said(worldOn('A'))).to.match(/stopped before the switch: .* Nothing to do\.$/);
    // The old file was put back after step 10 had renewed its account, after the flip, and after the Secret was patched.
    for (const world of [
      { ...worldOn('A'), users: new Map([['openemr_b', b.password]]) },
      { ...worldOn('A'), secret: secret('B') },
      { ...worldOn('A'), kubernetes: kubernetesSecretData(b) },
    ])
      expect(said(world)).to.match(
        /names slot A again, .*, but not all else does; run credential-rotation: /,
      );
    // The next run takes that rotation up, or does not: it is told which.
    expect(said({ ...worldOn('A'), secret: secret('B') })).to.include(
      'it finishes that rotation, and moves OpenEMR to slot B',
    );
    expect(said({ ...worldOn('A'), kubernetes: kubernetesSecretData(b) })).to.include('it starts from there');
  });

  it('a rollback of a reconcile that was stopped goes to the other slot', () => {
    const stale = { ...worldOn('A'), secret: { versionId: 'v0', text: slotText('B', { A: a, B: b }) } };
    const journal = journalOf(plannedIn(stale));
    expect(journal.plan).to.include({ kind: 'reconcile', from: 'A', to: 'A' });
    const back = planFor(observationOf(stale), 'rollback', { journal });
    expect(back.kind === 'planned' && back.planned.plan).to.include({ kind: 'switch-back', to: 'B' });
  });

  it('a rollback after a finished one says that there is nothing to do only on the slot that it went back to', () => {
    const back = journalOf(plannedIn(worldOn('B'), 'rollback'), true);
    const journal = { ...back, plan: { ...back.plan, kind: 'rollback' as const, to: 'A' as const } };
    const answer = (slot: 'A' | 'B') => planFor(observationOf(worldOn(slot)), 'rollback', { journal });
    expect(answer('A').kind).to.equal('refused');
    expect(answer('B').kind).to.equal('planned');
  });

  it('a rollback that was asked for, and failed, so that OpenEMR was taken back where it is not well, can be asked for again', () => {
    const world = worldOn('B');
    const asked = plannedIn(world, 'rollback');
    const undone = planRollback(asked, 'undo-1', new Date(0));
    expect(undone.plan).to.include({ kind: 'rollback', from: 'A', to: 'B' });
    const again = planFor(observationOf(world), 'rollback', {
      id: 'back-2',
      journal: journalOf(undone, true),
    });
    expect(again.kind === 'planned' && again.planned.plan).to.include({
      ...{ id: 'back-2', kind: 'switch-back', from: 'B', to: 'A' },
    });
  });
});
