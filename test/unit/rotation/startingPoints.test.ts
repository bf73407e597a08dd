import { expect } from 'chai';
import { kubernetesSecretData } from '../../../src/rotation/observation';
import type { RequestKind } from '../../../src/rotation/rotationPlan';
import type { Slot } from '../../../src/rotation/slot';
import type { Decision } from './planned';
import { decisionOf, now, plannedIn } from './planned';
import type { World } from './simulatedWorld';
import { loginOf, slotText, worldOn } from './simulatedWorld';

const [a, b] = [loginOf('openemr_a'), loginOf('openemr_b')];
const rotate = (from: Slot, to: Slot): Decision => ({ ...base, kind: 'rotate', from, to, renew: from });
const base: Omit<Decision, 'kind' | 'from' | 'to' | 'renew'> = { mint: [], rotateAdmin: true };

interface StartingPoint {
  name: string;
  world: World;
  request?: RequestKind;
  decision: Decision;
  /** Passwords that the plan knows; undefined where one is minted or renewed. */
  passwords: Partial<Record<Slot, string>>;
  notice?: RegExp;
}

const points: StartingPoint[] = [
  {
    name: 'A active',
    world: worldOn('A'),
    decision: rotate('A', 'B'),
    passwords: { A: a.password, B: b.password },
  },
  {
    name: 'B active',
    world: worldOn('B'),
    decision: rotate('B', 'A'),
    passwords: { A: a.password, B: b.password },
  },
  {
    name: 'the file on the slot that the secret calls standby: reconcile, no second flip',
    world: { ...worldOn('A'), file: b },
    decision: { ...base, kind: 'reconcile', from: 'B', to: 'B', renew: 'A' },
    passwords: { A: a.password, B: b.password },
  },
  {
    name: 'the file on the admin user: bootstrap, both users get fresh passwords',
    world: { ...worldOn('A'), file: loginOf('admin'), kubernetes: kubernetesSecretData(loginOf('admin')) },
    decision: { ...base, kind: 'bootstrap', from: 'other', to: 'A', mint: ['A', 'B'], renew: null },
    passwords: {},
  },
  {
    name: 'bootstrap of a secret with two empty slots',
    world: {
      ...worldOn('A'),
      secret: { versionId: 'v0', text: slotText('B', {}) },
      file: loginOf('admin'),
      kubernetes: {},
    },
    decision: { ...base, kind: 'bootstrap', from: 'other', to: 'A', mint: ['A', 'B'], renew: null },
    passwords: {},
  },
  {
    name: 'bootstrap while a running pod logs in as slot B: that password stays',
    world: { ...worldOn('A'), file: loginOf('admin'), kubernetes: kubernetesSecretData(b) },
    decision: { ...base, kind: 'bootstrap', from: 'other', to: 'A', mint: ['A'], renew: null },
    passwords: { B: b.password },
  },
  {
    name: 'bootstrap with a Kubernetes Secret whose password no longer works: that one is not kept',
    world: {
      ...worldOn('A'),
      file: loginOf('admin'),
      kubernetes: kubernetesSecretData({ ...b, password: 'canary-old' }),
    },
    decision: { ...base, kind: 'bootstrap', from: 'other', to: 'A', mint: ['A', 'B'], renew: null },
    passwords: {},
  },
  {
    name: 'an empty standby with a user name',
    world: {
      ...worldOn('A'),
      secret: { versionId: 'v0', text: slotText('A', { A: a, B: { username: 'emr2' } }) },
    },
    decision: { ...rotate('A', 'B'), mint: ['B'] },
    passwords: { A: a.password },
  },
  {
    name: 'an empty standby without a user name',
    world: { ...worldOn('A'), secret: { versionId: 'v0', text: slotText('A', { A: a }) } },
    decision: { ...rotate('A', 'B'), mint: ['B'] },
    passwords: { A: a.password },
  },
  {
    name: "an empty active slot: the file's password is taken over",
    world: {
      ...worldOn('A'),
      secret: { versionId: 'v0', text: slotText('A', { A: { username: 'openemr_a' }, B: b }) },
    },
    decision: rotate('A', 'B'),
    passwords: { A: a.password, B: b.password },
  },
  {
    name: 'the file on the default user name of a slot that the secret leaves empty',
    world: { ...worldOn('A'), secret: { versionId: 'v0', text: slotText('B', { A: {}, B: b }) } },
    decision: { ...base, kind: 'reconcile', from: 'A', to: 'A', renew: 'B' },
    passwords: { A: a.password, B: b.password },
  },
  {
    name: 'an empty standby that is renewed anyway is not minted too',
    world: { ...worldOn('A'), secret: { versionId: 'v0', text: slotText('A', { A: {}, B: b }) }, file: b },
    decision: { ...base, kind: 'reconcile', from: 'B', to: 'B', renew: 'A' },
    passwords: { A: a.password, B: b.password },
  },
  {
    name: 'a Kubernetes Secret that names the standby with a password which works and is not the secret’s',
    world: standbyInPods(),
    decision: rotate('A', 'B'),
    passwords: { A: a.password, B: 'canary-of-the-pods' },
  },
  {
    name: 'a Kubernetes Secret that names the standby with the password before, which works beside the secret’s: the secret’s',
    world: twoOfStandby({}),
    decision: rotate('A', 'B'),
    passwords: { A: a.password, B: b.password },
  },
  {
    name: 'the same at a bootstrap',
    world: twoOfStandby({ file: loginOf('admin') }),
    decision: { ...base, kind: 'bootstrap', from: 'other', to: 'A', mint: ['A'], renew: null },
    passwords: { B: b.password },
  },
  {
    name: 'the same while OpenEMR is down, on that user',
    world: twoOfStandby({ file: { ...b, password: 'canary-dead' } }),
    decision: { ...base, kind: 'reconcile', from: 'B', to: 'B', renew: 'A' },
    passwords: { A: a.password, B: b.password },
    notice: /^slot B's password .* is not the one in sqlconf\.php; OpenEMR gets the one that works$/,
  },
  {
    name: 'the same while OpenEMR is down, on the other one',
    world: {
      ...twoOfStandby({ file: { ...a, password: 'canary-dead' } }),
      users: new Map([[b.username, b.password]]),
    },
    decision: rotate('A', 'B'),
    passwords: { A: a.password, B: b.password },
    notice: /^slot A's password .* is not the one in sqlconf\.php; the rotation replaces both$/,
  },
  {
    name: 'an old file, on the standby with the password before: OpenEMR keeps the one that it is on, and that is told',
    world: twoOfStandby({ file: { ...b, password: 'canary-before' } }),
    decision: { ...base, kind: 'reconcile', from: 'B', to: 'B', renew: 'A' },
    passwords: { A: a.password, B: 'canary-before' },
    notice:
      /^slot B's password in the slot secret is not the one in sqlconf\.php; OpenEMR keeps the one in sqlconf\.php, which the slot secret gets; the next rotation replaces it$/,
  },
  {
    name: 'a slot secret with a stale password of the active slot: the one that works wins',
    world: {
      ...worldOn('A'),
      secret: { versionId: 'v0', text: slotText('A', { A: { ...a, password: 'canary-stale' }, B: b }) },
    },
    decision: rotate('A', 'B'),
    passwords: { A: a.password, B: b.password },
    notice:
      /^slot A's password in the slot secret is not the one in sqlconf\.php; the rotation replaces both$/,
  },
  {
    name: 'a host that differs only in case',
    world: { ...worldOn('A'), file: { ...a, host: 'DB.Example' } },
    decision: rotate('A', 'B'),
    passwords: { A: a.password, B: b.password },
  },
  {
    name: 'sync: nothing is switched, renewed or minted',
    request: 'sync',
    world: worldOn('B'),
    decision: { ...base, kind: 'sync', from: 'B', to: 'B', renew: null, rotateAdmin: false },
    passwords: { A: a.password, B: b.password },
  },
  {
    name: "sync while the file's login is refused, and so is the secret's: the file's own password is planned",
    request: 'sync',
    world: {
      ...worldOn('A'),
      file: { ...a, password: 'canary-wrong' },
      users: new Map([[b.username, b.password]]),
    },
    decision: { ...base, kind: 'sync', from: 'A', to: 'A', renew: null, rotateAdmin: false },
    passwords: { A: 'canary-wrong', B: b.password },
    notice: /^slot A's password in the slot secret is not the one in sqlconf\.php/,
  },
  {
    name: "sync while the file is on neither slot: both users get the secret's passwords",
    request: 'sync',
    world: { ...worldOn('B'), file: loginOf('admin') },
    decision: { ...base, kind: 'sync', from: 'other', to: 'other', renew: null, rotateAdmin: false },
    passwords: { A: a.password, B: b.password },
  },
  {
    name: 'sync with an empty standby: its password is minted',
    request: 'sync',
    world: { ...worldOn('A'), secret: { versionId: 'v0', text: slotText('A', { A: a }) } },
    decision: { ...base, kind: 'sync', from: 'A', to: 'A', mint: ['B'], renew: null, rotateAdmin: false },
    passwords: { A: a.password },
  },
];

function standbyInPods(): World {
  const world = worldOn('A');
  const used = { ...b, password: 'canary-of-the-pods' };
  world.users.set(used.username, used.password);
  return { ...world, kubernetes: kubernetesSecretData(used) };
}

/** Slot A is active; the database takes two passwords of slot B, and the Kubernetes Secret has the one before. */
function twoOfStandby(changes: Partial<World>): World {
  return {
    ...worldOn('A'),
    retained: new Map([[b.username, 'canary-before']]),
    kubernetes: kubernetesSecretData({ ...b, password: 'canary-before' }),
    ...changes,
  };
}

describe('planRotation: starting points', () => {
  for (const { name, world, request, decision, passwords, notice } of points) {
    it(name, () => {
      const planned = plannedIn(world, request);
      expect(decisionOf(planned)).to.deep.equal(decision);
      expect(planned.resumed).to.equal(false);
      const { A, B } = planned.material.logins;
      expect({ A: A.password, B: B.password }).to.deep.equal({ A: passwords.A, B: passwords.B });
      if (notice)
        expect(planned.notices)
          .to.have.lengthOf(1)
          .and.satisfy(([one]: string[]) => notice.test(one ?? ''));
      else expect(planned.notices).to.deep.equal([]);
    });
  }

  it('an empty slot gets the user name that the secret holds, or the default one', () => {
    const world = worldOn('A');
    world.secret.text = slotText('A', { A: a, B: { username: 'emr2' } });
    expect(plannedIn(world).material.logins.B).to.deep.include({
      username: 'emr2',
      host: a.host,
      port: a.port,
    });
    world.secret.text = slotText('A', { A: a });
    expect(plannedIn(world).material.logins.B).to.deep.include({ username: 'openemr_b', dbname: a.dbname });
  });

  it("a bootstrap takes host, port and database from the file, and an empty slot's from the other slot", () => {
    const file = loginOf('admin', { host: 'new.example', port: '3307', dbname: 'emr' });
    const { A, B } = plannedIn({ ...worldOn('A'), file }).material.logins;
    for (const { host, port, dbname } of [A, B])
      expect({ host, port, dbname }).to.deep.equal({ host: 'new.example', port: '3307', dbname: 'emr' });
  });

  it('keeps what a rollback restores and what the labels move from', () => {
    const world = worldOn('A');
    const { plan, material } = plannedIn(world);
    expect(material).to.deep.include({
      slotDocument: world.secret.text,
      sqlconfSha256: 'sha-of-openemr_a',
      before: { sqlconf: world.file, kubernetesSecret: world.kubernetes },
    });
    expect(plan).to.deep.include({
      formatVersion: 1,
      id: 'run-1',
      startedAt: now.toISOString(),
      slotSecretArn: 'arn:slots',
      slotSecretVersionId: 'v0',
      adminSecretArn: 'arn:admin',
      adminUsername: 'admin',
      sqlconfStamp: 'file of openemr_a',
    });
  });
});
