import { Failure } from '../../../src/base/failure';
import type { Journal } from '../../../src/rotation/observation';
import type { DatabaseLogin, Slot } from '../../../src/rotation/slot';
import type { StatusFacts } from '../../../src/inspect/status/facts';
import type { Part } from '../../../src/base/part';
import { loginOfSecret } from '../../../src/inspect/observe';
import type { LoginAnswer } from '../../../src/mysql/database';
import type { World } from '../rotation/simulatedWorld';
import { logsIn, observationOf } from '../rotation/simulatedWorld';

/** The time at which all these statuses are judged. */
export const now = new Date('2026-02-01T12:00:00Z');

/** A part that was read. */
export function read<T>(value: T): Part<T> {
  return { kind: 'read', value };
}

/** A part that could not be read. */
export function unreadable(outcome: Failure['outcome'], reason: string): Part<never> {
  return { kind: 'unreadable', failure: new Failure('uncoded', reason, { outcome }) };
}

/** What a status would read in this world. */
export function factsOf(world: World, journal?: Journal): StatusFacts {
  const { slotSecret, adminSecret, sqlconf, kubernetesSecret } = observationOf(world);
  const { entries } = slotSecret.document;
  const answer = (login: DatabaseLogin | undefined): LoginAnswer | undefined =>
    login && (logsIn(world, login.username, login.password) ? 'works' : 'denied');
  const slot = (name: Slot): LoginAnswer | undefined => {
    const entry = entries[name];
    return entry.kind === 'complete' ? answer(entry.login) : undefined;
  };
  const login = loginOfSecret(kubernetesSecret.data, sqlconf.login);
  const since = new Date('2026-01-20T12:00:00Z');
  const stages = { [slotSecret.versionId]: ['AWSCURRENT'] };
  return {
    now,
    slotSecret: read({ id: 'slots', ...slotSecret, stages, ages: { A: { since, exact: true } } }),
    adminSecret: read({
      id: 'admin',
      arn: adminSecret.arn,
      versionId: 'v0',
      stages: { v0: ['AWSCURRENT'] },
      login: world.admin,
      age: { since, exact: false },
    }),
    sqlconf: read({ ...sqlconf, otherSites: [] }),
    kubernetesSecret: read({ name: 'ns/db', data: kubernetesSecret.data, login, immutable: false }),
    deployment: read({ name: 'ns/openemr', rollout: { kind: 'complete' }, ready: 2, wanted: 2 }),
    logins: {
      sqlconf: answer(sqlconf.login),
      kubernetesSecret: answer(login),
      A: slot('A'),
      B: slot('B'),
      admin: { kind: 'works', stage: 'AWSCURRENT', login: world.admin },
    },
    database: undefined,
    lock: read(undefined),
    lease: read(undefined),
    state: read({ backendUrl: 'file:///state', journal, changedAt: journal && now }),
  };
}
