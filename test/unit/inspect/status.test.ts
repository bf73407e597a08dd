import { expect } from 'chai';
import type { DriftKind } from '../../../src/inspect/status/drift';
import { driftOf } from '../../../src/inspect/status/drift';
import type { StatusFacts } from '../../../src/inspect/status/facts';
import { statusLines } from '../../../src/report/statusText';
import { kubernetesSecretData } from '../../../src/rotation/observation';
import { plannedIn } from '../rotation/planned';
import type { World } from '../rotation/simulatedWorld';
import { canary, journalOf, loginOf, slotText, worldOn, writesOf } from '../rotation/simulatedWorld';
import { factsOf, read, unreadable } from './facts';
import { judged } from './judged';

function kindsOf(world: World, changes: Partial<StatusFacts> = {}): DriftKind[] {
  const { outcome, exitCode, drift } = judged({ ...factsOf(world), ...changes });
  expect([outcome, exitCode]).to.deep.equal(drift.length === 0 ? ['done', 0] : ['drift', 10]);
  return drift.map(({ kind }) => kind);
}

describe('status: all agrees', () => {
  for (const slot of ['A', 'B'] as const) {
    it(`with OpenEMR on slot ${slot}`, () => {
      const report = judged(factsOf(worldOn(slot)));
      expect(report.outcome).to.equal('done');
      expect(report.live).to.include({ slot, works: true });
      expect(report.next).to.include({ kind: 'rotate', from: slot, resumes: false });
      expect(statusLines(report)[0]).to.equal(
        `✓ OpenEMR runs on slot ${slot} (openemr_${slot.toLowerCase()}), and everything agrees.`,
      );
    });
  }

  it('after a rotation that was finished, and after one that was rolled back', () => {
    const world = worldOn('A');
    const planned = plannedIn(world);
    writesOf(world, planned).forEach((write) => write());
    const report = judged(factsOf(world, journalOf(planned, true)));
    expect(report.lastRotation).to.include({ kind: 'rotate', from: 'A', to: 'B', end: 'done' });
    const undone = {
      ...planned.plan,
      kind: 'rollback' as const,
      undoes: planned.plan.id,
      from: 'B' as const,
      to: 'A' as const,
    };
    const journal = journalOf({ ...planned, plan: undone }, true);
    expect(judged(factsOf(worldOn('A'), journal)).lastRotation?.end).to.equal('rolled-back');
  });

  it('with a standby that has no password yet, which is only noted', () => {
    const world = worldOn('A');
    world.secret.text = slotText('A', { A: loginOf('openemr_a'), B: {} });
    const report = judged(factsOf(world));
    expect(report.outcome).to.equal('done');
    expect(report.notes.join()).to.include('Slot B has no password yet');
  });

  it('while a run holds the lock: it is said, with what to do', () => {
    const lock = read({ connectionId: 7, client: 'adm@10.0.0.1:5', idleSeconds: 1 });
    const report = judged({ ...factsOf(worldOn('A')), lock });
    expect(report.lock).to.deep.equal({
      held: true,
      holder: 'adm@10.0.0.1:5',
      connectionId: 7,
      idleSeconds: 1,
    });
    expect(report.advice).to.include('unlock');
    expect(statusLines(report)[0]).to.include('A rotation is running.');
  });
});

describe('status: each kind of drift', () => {
  const cases: [string, (world: World) => void, DriftKind[]][] = [
    [
      'sqlconf.php names the standby',
      (world) => (world.file = loginOf('openemr_b')),
      ['active-slot', 'kubernetes-secret'],
    ],
    [
      'sqlconf.php names neither slot',
      (world) => (world.file = loginOf('admin')),
      ['neither-slot', 'kubernetes-secret'],
    ],
    [
      'the live password is not the one in the slot secret',
      (world) => {
        const login = loginOf('openemr_a', { password: `${canary}-other` });
        world.file = login;
        world.kubernetes['mysql-password'] = login.password;
        world.users.set('openemr_a', login.password);
      },
      ['stale-password', 'slot-login-refused'],
    ],
    [
      'the database refuses the live login',
      (world) => world.users.set('openemr_a', 'restored'),
      ['live-login-refused', 'kubernetes-login-refused'],
    ],
    [
      'the database refuses the standby',
      (world) => world.users.set('openemr_b', 'x'),
      ['slot-login-refused'],
    ],
    [
      'the Kubernetes Secret names the standby',
      (world) => (world.kubernetes['mysql-user'] = 'openemr_b'),
      ['kubernetes-secret', 'kubernetes-login-refused'],
    ],
    [
      'the Kubernetes Secret names another host',
      (world) => (world.kubernetes['mysql-host'] = 'old.example'),
      ['kubernetes-secret'],
    ],
    [
      'the Kubernetes Secret lacks a key',
      (world) => delete world.kubernetes['mysql-user'],
      ['kubernetes-secret'],
    ],
    [
      'the admin secret names another host',
      (world) => (world.admin = loginOf('admin', { host: 'other.example' })),
      ['endpoint'],
    ],
    [
      'the admin secret names another port',
      (world) => (world.admin = loginOf('admin', { port: '3307' })),
      ['endpoint'],
    ],
    [
      'sqlconf.php names another host',
      (world) => (world.file = loginOf('openemr_a', { host: 'old.example' })),
      ['endpoint', 'kubernetes-secret'],
    ],
  ];
  for (const [name, change, kinds] of cases) {
    it(name, () => {
      const world = worldOn('A');
      change(world);
      expect(kindsOf(world)).to.deep.equal(kinds);
    });
  }

  it('the admin logs in only with the password before', () => {
    const login = loginOf('admin', { password: `${canary}-old` });
    const { logins, ...facts } = factsOf(worldOn('A'));
    const admin = { kind: 'works' as const, stage: 'AWSPREVIOUS' as const, login };
    const report = judged({ ...facts, logins: { ...logins, admin } });
    expect(report.drift.map(({ kind }) => kind)).to.deep.equal(['admin-login-refused']);
    expect(report.passwords.at(-1)).to.include({ account: 'admin', works: false });
  });

  it('an older password that the database still takes is told, in the text too', () => {
    const { username } = loginOf('openemr_a');
    const report = judged({ ...factsOf(worldOn('B')), retained: [username] });
    expect(report.passwords.map(({ retained }) => retained)).to.deep.equal([true, false, false]);
    const text = statusLines(report).join('\n');
    expect(text).to.match(/logs in, as does an older one/);
    expect(text).to.include(`also takes the password that ${username} had before`);
    expect(report.outcome).to.equal('done');
    expect(judged(factsOf(worldOn('B'))).passwords.map(({ retained }) => retained)).to.deep.equal([
      null,
      null,
      null,
    ]);
  });

  it('the admin does not log in at all: that is told once, and not as an unreadable lock', () => {
    const { logins, ...facts } = factsOf(worldOn('A'));
    const admin = {
      kind: 'refused' as const,
      reason: 'The database refuses admin with every password; set it and run again.',
    };
    const lock = unreadable('permission', 'The lock cannot be seen.');
    const report = judged({ ...facts, lock, logins: { ...logins, admin } });
    expect(report.drift.map(({ kind }) => kind)).to.deep.equal(['admin-login-refused']);
    expect(report.unreadable).to.deep.equal([]);
    expect(report.advice).to.equal(`A rotation would be refused now: ${admin.reason}`);
  });

  it('the lock on the admin secret, held by the run of another OpenEMR: who holds it, and how long a run waits', () => {
    const facts = factsOf(worldOn('A'));
    const adminLock = read({ connectionId: 7, client: 'admin@10.0.0.9:1', idleSeconds: 2 });
    const report = judged({ ...facts, adminLock });
    expect(report.adminLock).to.deep.equal({
      held: true,
      holder: 'admin@10.0.0.9:1',
      connectionId: 7,
      idleSeconds: 2,
    });
    expect(report.notes.join())
      .to.include('(from admin@10.0.0.9:1, connection 7)')
      .and.to.include('up to 240 s');
    expect([report.outcome, report.drift]).to.deep.equal(['done', []]);
    const own = judged({ ...facts, adminLock, lock: adminLock });
    expect(own.notes.join(), 'its own run').not.to.include('another OpenEMR');
  });

  it('a version under AWSPENDING, an owner of the secret, a rollout that fails', () => {
    const facts = factsOf(worldOn('A'));
    const admin = facts.adminSecret.kind === 'read' ? facts.adminSecret.value : undefined;
    if (!admin) throw new Error('no admin');
    const pending = { ...admin, stages: { ...admin.stages, v9: ['AWSPENDING'] } };
    expect(kindsOf(worldOn('A'), { adminSecret: read(pending) })).to.deep.equal(['pending-label']);
    const id = 'credential-rotation-admin-password-20260301-020304-c0ffee';
    const own = {
      ...admin,
      stages: { ...admin.stages, [id]: ['CREDENTIAL_ROTATION_ADMIN_20260301-020304-c0ffee'] },
    };
    expect(kindsOf(worldOn('A'), { adminSecret: read(own) })).to.deep.equal(['pending-label']);
    // What a rotation leaves is not told to go by a rotation.
    const [{ mend } = { mend: '' }] = driftOf({ ...facts, adminSecret: read(own) });
    expect(mend)
      .to.match(/takes over what the database accepts\. Where the label stays/)
      .and.include(
        `--version-stage CREDENTIAL_ROTATION_ADMIN_20260301-020304-c0ffee --remove-from-version-id ${id}`,
      );
    const owned = { ...admin, owner: 'is managed by rds; leave its rotation to that service' };
    expect(kindsOf(worldOn('A'), { adminSecret: read(owned) })).to.deep.equal(['other-owner']);
    const deployment = read({
      name: 'ns/d',
      rollout: { kind: 'failed' as const, reason: 'no quota' },
      ready: 1,
      wanted: 2,
    });
    expect(kindsOf(worldOn('A'), { deployment })).to.deep.equal(['rollout']);
  });

  it('another controller that writes the Kubernetes Secret', () => {
    const facts = factsOf(worldOn('A'));
    const secret = facts.kubernetesSecret.kind === 'read' ? facts.kubernetesSecret.value : undefined;
    if (!secret) throw new Error('no Secret');
    const kubernetesSecret = read({ ...secret, owner: 'belongs to ExternalSecret db' });
    expect(kindsOf(worldOn('A'), { kubernetesSecret })).to.deep.equal(['other-owner']);
    const report = judged({ ...facts, kubernetesSecret });
    expect(report.drift[0]?.text).to.include('Kubernetes Secret ns/db belongs to ExternalSecret db');
    expect(report.advice).to.include('mysql-password').and.to.include('out of its hands');
  });

  it('somebody moved OpenEMR since the last rotation', () => {
    const world = worldOn('A');
    const planned = plannedIn(world);
    const report = judged(factsOf(world, journalOf(planned, true)));
    expect(report.drift.map(({ kind }) => kind)).to.deep.equal(['state']);
  });
});

describe('status: unfinished work', () => {
  it('at each write of a rotation that was cut off: the next run finishes it', () => {
    const count = writesOf(worldOn('A'), plannedIn(worldOn('A'))).length;
    for (let writes = 0; writes <= count; writes += 1) {
      const world = worldOn('A');
      const planned = plannedIn(world);
      writesOf(world, planned)
        .slice(0, writes)
        .forEach((write) => write());
      const report = judged(factsOf(world, journalOf(planned)));
      expect(report.unfinished, `after ${writes} writes`).to.include({
        id: planned.plan.id,
        end: 'unfinished',
      });
      expect(report.outcome).to.equal('drift');
      expect(report.next).to.include({ resumes: true });
      expect(report.advice).to.include(`it finishes rotation ${planned.plan.id}`);
    }
  });

  it('one that no longer fits is given up, and said so', () => {
    const world = worldOn('A');
    const planned = plannedIn(world);
    world.secret.versionId = 'changed-by-a-person';
    const report = judged(factsOf(world, journalOf(planned)));
    expect(report.lastRotation?.end).to.equal('given-up');
    expect(report.unfinished).to.equal(null);
    expect(report.drift.map(({ kind }) => kind)).to.deep.equal(['state']);
  });
});

describe('status: a part that cannot be read', () => {
  const parts: [string, Partial<StatusFacts>][] = [
    ['sqlconf.php', { sqlconf: unreadable('permission', 'No file.') }],
    ['slot secret', { slotSecret: unreadable('permission', 'No secret.') }],
    ['admin secret', { adminSecret: unreadable('permission', 'No admin.') }],
    ['Kubernetes Secret', { kubernetesSecret: unreadable('permission', 'No API.') }],
    ['Deployment', { deployment: unreadable('permission', 'No Deployment.') }],
    ['lock', { lock: unreadable('permission', 'No lock.') }],
    ['state', { state: unreadable('permission', 'No state.') }],
  ];
  for (const [part, changes] of parts) {
    const aside = part === 'state' || part === 'lock';

    it(`${part}: a difference that is seen ${aside ? 'decides the exit code' : 'does not hide it'}`, () => {
      const world = worldOn('A');
      world.users.set('openemr_b', 'changed');
      const facts = { ...factsOf(world), ...changes };
      if (part === 'slot secret') facts.logins = { ...facts.logins, A: undefined, B: undefined };
      const { exitCode, unreadable: hidden } = judged(facts);
      expect(hidden.map((each) => each.part)).to.deep.equal([part]);
      expect(exitCode).to.equal(aside ? 10 : 3);
    });

    it(`${part}: its reason is shown, the others too, and the exit code is its own`, () => {
      const report = judged({ ...factsOf(worldOn('B')), ...changes });
      expect(report.unreadable.map((each) => each.part)).to.deep.equal([part]);
      expect([report.outcome, report.exitCode]).to.deep.equal(['permission', 3]);
      const lines = statusLines(report).join('\n');
      expect(lines).to.include(`✗ ${part}: No`);
      if (part !== 'sqlconf.php') expect(lines).to.include('openemr_b');
      if (aside)
        expect(lines).to.match(/^\? OpenEMR runs on slot B .*all that could be read agrees; not known: /);
      expect(report.drift).to.deep.equal([]);
    });
  }

  it('two parts with one reason are told once; the first part decides the exit code', () => {
    const down = unreadable('before-switch', 'The API server does not answer.');
    const report = judged({
      ...factsOf(worldOn('A')),
      kubernetesSecret: down,
      deployment: down,
      state: unreadable('configuration', 'No state.'),
    });
    expect(report.unreadable.map(({ part }) => part)).to.deep.equal(['Kubernetes Secret', 'state']);
    expect(report.exitCode).to.equal(4);
  });

  it('a login that OpenEMR cannot use goes before everything else', () => {
    const world = worldOn('A');
    world.users.set('openemr_a', 'restored');
    const advised = (): string => {
      const report = judged({ ...factsOf(world), state: unreadable('configuration', 'No state.') });
      expect(statusLines(report)[0]).to.include('OpenEMR is down');
      return report.advice;
    };
    expect(advised(), 'slot B works').to.match(
      /^Run credential-rotation: it moves OpenEMR to a login that works/,
    );
    world.users.set('openemr_b', 'restored');
    expect(advised()).to.match(/^Run credential-rotation --sync-db-users/);
    // The master user works, but it is no slot's: a rotation would not take OpenEMR there.
    world.kubernetes = kubernetesSecretData(world.admin);
    expect(advised(), 'the Secret names the admin').to.match(/^Run credential-rotation --sync-db-users/);
  });

  it('what stops every run goes before it, where OpenEMR is down, and where a rotation is not finished', () => {
    const admin = { kind: 'refused', reason: 'No password works; set the one of admin.' } as const;
    const world = worldOn('A');
    const planned = plannedIn(world);
    world.users.clear();
    const facts = factsOf(world);
    const down = judged({ ...facts, logins: { ...facts.logins, admin } });
    expect(down.advice).to.match(
      /^First, for the admin: Set the one of admin\. Then: Run credential-rotation --sync/,
    );
    const open = factsOf(worldOn('A'), journalOf(planned));
    const held = judged({ ...open, logins: { ...open.logins, admin } });
    expect(held.advice).to.match(
      /^No run can finish it now: No password works; set the one of admin\. Then run credential-rotation: it finishes rotation run-1,/,
    );
  });
});
