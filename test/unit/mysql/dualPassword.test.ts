import { expect } from 'chai';
import { DatabaseFailure } from '../../../src/mysql/databaseErrors';
import { discardOldPassword, hasSecondPassword, setRetaining } from '../../../src/mysql/dualPassword';
import type { Answer } from './fakeSession';
import { fakeSession } from './fakeSession';

// The lab's MySQL 8.0.15 takes both clauses (test/lab/dualPassword.test.ts). Here are its refusals, and other versions:
// this session answers as the manual says (ALTER USER, "Dual Password Clauses", and the server's own error messages).
const admin = { username: 'admin', host: '%' };
const plain = ['ALTER USER ?@? IDENTIFIED BY ?', 'admin', '%', 'new'];
const retaining = ['ALTER USER ?@? IDENTIFIED BY ? RETAIN CURRENT PASSWORD', 'admin', '%', 'new'];
const discarding = ['ALTER USER ?@? DISCARD OLD PASSWORD', 'admin', '%'];

function refusal(errno: number): Error {
  return new DatabaseFailure('admin-permission-missing', 'refused', { cause: { errno }, passes: false });
}

async function set(version: string, answers: [string, Answer][] = []): Promise<unknown[][]> {
  const { session, asked } = fakeSession(version, answers);
  await setRetaining(session, admin, 'new');
  return asked;
}

async function discard(version: string, second: number, answer: Answer = []): Promise<unknown[]> {
  const { session, asked } = fakeSession(version, [
    ['SELECT JSON_CONTAINS_PATH', [{ second }]],
    ['ALTER USER', answer],
  ]);
  if (await hasSecondPassword(session, admin)) await discardOldPassword(session, admin);
  return asked.slice(1);
}

describe('setRetaining', () => {
  for (const version of ['8.0.14', '8.0.36', '8.4.3', '9.1.0'])
    it(`${version}: retains the old password`, async () =>
      expect(await set(version)).to.deep.equal([retaining]));

  for (const version of ['8.0.12', '8.0.13', '5.7.44', '5.5.5-10.11.6-MariaDB', '11.4.2-MariaDB'])
    it(`${version}: sets the password alone`, async () => expect(await set(version)).to.deep.equal([plain]));

  for (const errno of [1064, 1227, 3878, 3894, 3895])
    it(`refusal ${errno}: sets the password alone`, async () =>
      expect(await set('8.0.36', [[retaining[0] ?? '', refusal(errno)]])).to.deep.equal([retaining, plain]));

  it('any other error is no refusal of the second password', async () => {
    const { session, asked } = fakeSession('8.0.36', [['ALTER USER', refusal(1290)]]);
    const thrown = await setRetaining(session, admin, 'new').catch((error: unknown) => error);
    expect(thrown).to.be.instanceOf(DatabaseFailure);
    expect(asked).to.deep.equal([retaining]);
  });
});

describe('discardOldPassword', () => {
  it('ends the older of two passwords', async () =>
    expect(await discard('8.0.36', 1)).to.deep.equal([discarding]));
  it('does nothing where there is one password, so that it may be called again', async () =>
    expect(await discard('8.0.36', 0)).to.deep.equal([]));
  it('leaves the password of somebody who may have two, where the admin may not', async () =>
    expect(await discard('8.0.36', 1, refusal(1227))).to.deep.equal([discarding]));
  it('asks an older server, and MariaDB, nothing', async () => {
    for (const version of ['8.0.12', '10.11.6-MariaDB']) {
      const { session, asked } = fakeSession(version);
      if (await hasSecondPassword(session, admin)) await discardOldPassword(session, admin);
      expect(asked).to.deep.equal([]);
    }
  });
});
