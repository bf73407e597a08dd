import fc from 'fast-check';
import type { Observation } from '../../../src/rotation/observation';
import { kubernetesSecretData } from '../../../src/rotation/observation';
import type { Slot } from '../../../src/rotation/slot';
import type { World } from './simulatedWorld';
import { canary, observationOf, slotText, worldOn } from './simulatedWorld';

// Few values, so that places often agree, nearly agree, or clash.
const username = fc.constantFrom('openemr_a', 'openemr_b', 'admin', 'emr');
const password = fc.constantFrom('1', '2', '3').map((end) => `${canary}-password-${end}`);
const login = fc.record({
  host: fc.constantFrom('db.example', 'DB.example', 'other.example'),
  port: fc.constantFrom('3306', '3307'),
  username,
  password,
  dbname: fc.constantFrom('openemr', 'emr'),
});
const usualLogin = fc.record({
  host: fc.constant('db.example'),
  port: fc.constant('3306'),
  username,
  password,
  dbname: fc.constant('openemr'),
});
const someLogin = fc.oneof({ weight: 4, arbitrary: usualLogin }, { weight: 1, arbitrary: login });
const entry = fc.oneof(
  { weight: 4, arbitrary: someLogin },
  { weight: 1, arbitrary: fc.record({ username }, { requiredKeys: [] }) },
  { weight: 1, arbitrary: fc.constant(undefined) },
);
const kubernetes = fc.record(
  {
    'mysql-host': fc.constant('db.example'),
    'mysql-user': username,
    'mysql-password': password,
    'mysql-database': fc.constant('openemr'),
  },
  { requiredKeys: [] },
);
/** What a run may be asked for. */
export const anyRequest = fc.constantFrom('rotate' as const, 'sync' as const);

/** Worlds that OpenEMR may be found in, and some that it may not. */
export const anyWorld: fc.Arbitrary<World> = fc
  .record({
    active: fc.constantFrom<Slot>('A', 'B'),
    A: entry,
    B: entry,
    admin: usualLogin,
    file: someLogin,
    kubernetes,
    users: fc.uniqueArray(fc.tuple(username, password), { selector: ([name]) => name }),
    retained: fc.uniqueArray(fc.tuple(username, password), { selector: ([name]) => name, maxLength: 2 }),
    fileWorks: fc.boolean(),
  })
  .map(({ active, A, B, admin, file, kubernetes: data, users, retained, fileWorks }) => ({
    secret: { versionId: 'v0', text: slotText(active, { A, B }) },
    admin,
    users: new Map([...users, ...(fileWorks ? [[file.username, file.password] as const] : [])]),
    retained: new Map(retained),
    file,
    kubernetes: data,
  }));

/** Observations that no world need have: every part is free. */
export const anyObservation: fc.Arbitrary<Observation> = fc
  .record({
    world: anyWorld,
    works: fc.boolean(),
    secretWorks: fc.boolean(),
    text: fc.string(),
    data: fc.dictionary(fc.string(), fc.string()),
  })
  .map(({ world, works, secretWorks, text, data }) => {
    const seen = observationOf(world);
    return {
      ...seen,
      slotSecret: { ...seen.slotSecret, text },
      sqlconf: { ...seen.sqlconf, works },
      kubernetesSecret: {
        data: { ...data, ...world.kubernetes },
        works: secretWorks && isComplete(world.kubernetes),
      },
    };
  });

/** Only a Secret with all four keys can be tried. */
function isComplete(data: Record<string, string>): boolean {
  return Object.keys(kubernetesSecretData(worldOn('A').file)).every((key) => data[key] !== undefined);
}
