import { expect } from 'chai';
import type { StatusFacts } from '../../../src/inspect/status/facts';
import { driftOf } from '../../../src/inspect/status/drift';
import { readOtherPending } from '../../../src/inspect/status/otherPending';
import { adminLabel, adminPendingId } from '../../../src/aws/adminPendingId';
import type { LoginAnswer } from '../../../src/mysql/database';
import { valueOf } from '../../../src/base/part';
import { loginOf, worldOn } from '../rotation/simulatedWorld';
import { FakeSecret } from '../steps/11-admin-password/worlds';
import { factsOf, read } from './facts';

const id = adminPendingId('20260301-020304-c0ffee', 0);
const label = adminLabel(id);
const away = `--version-stage ${label} --remove-from-version-id ${id}`;

describe('a version of the admin secret that waits to become current', () => {
  /** The world where admin2 is the current user, and a version of another one is labelled. */
  const wordsOf = (username: string | undefined, answer?: LoginAnswer): { text: string; mend: string } => {
    const facts = factsOf({ ...worldOn('A'), admin: loginOf('admin2') });
    const admin = valueOf(facts.adminSecret);
    if (!admin) throw new Error('no admin');
    const otherPending =
      username === undefined ? {} : { otherPending: { versionId: id, login: loginOf(username) } };
    const given: StatusFacts = {
      ...facts,
      adminSecret: read({ ...admin, stages: { ...admin.stages, [id]: [label] }, ...otherPending }),
      logins: { ...facts.logins, otherPending: answer },
    };
    const [drift, ...more] = driftOf(given);
    expect([drift?.kind, more.length]).to.deep.equal(['pending-label', 0]);
    return drift ?? { text: '', mend: '' };
  };

  it('of the same user: a rotation takes over what works', () => {
    const { text, mend } = wordsOf(undefined);
    expect(text).to.include('a rotation of it was started and not finished');
    expect(mend).to.include('it takes over what the database accepts').and.include(away);
  });

  for (const [answer, said, unsaid] of [
    ['works', /The database takes its password, which no other version may have: keep a copy/, /refuses/],
    [
      'denied',
      /The database refuses that login: unless admin is only locked, take the label away/,
      /takes its/,
    ],
    [undefined, /Whether the database takes its password was not seen/, /refuses|takes over/],
  ] as const)
    it(`of another user, whose login ${answer ?? 'was not asked'}: whose it is, and what the database says`, () => {
      const { text, mend } = wordsOf('admin', answer);
      expect(text).to.match(/, which is of admin: a rotation stored it, and the secret names admin2 now\.$/);
      expect(mend)
        .to.match(/^No rotation takes that version over\. /)
        .and.match(said)
        .and.include(away)
        .and.not.match(unsaid);
      expect(text + mend, 'a password').to.not.include('wombat');
    });

  it('is read where it names another user, and only the newest', async () => {
    const document = (username: string): string => JSON.stringify(loginOf(username));
    const secret = new FakeSecret(document('admin2'));
    const reads: string[] = [];
    const secrets = {
      async read(_: string, which: { stage: string } | { versionId: string }) {
        const versionId = 'versionId' in which ? which.versionId : '';
        reads.push(versionId);
        return secret.version(versionId);
      },
    };
    const found = (): ReturnType<typeof readOtherPending> =>
      readOtherPending(secrets, 'admin', secret.stages(), loginOf('admin2'));
    expect([await found(), reads]).to.deep.equal([undefined, []]);
    secret.put(document('admin'), [label], id);
    const other = await found();
    expect([other?.versionId, other?.login.username]).to.deep.equal([id, 'admin']);
    const newer = adminPendingId('20260401-020304-c0ffee', 0);
    secret.put(document('admin2'), [adminLabel(newer)], newer);
    expect([await found(), reads]).to.deep.equal([undefined, [id, newer]]);
  });
});
