import { expect } from 'chai';
import { compareAccount } from '../../../src/mysql/comparison';
import { parseSlotDocument } from '../../../src/rotation/secretDocument';
import { fakeSession } from './fakeSession';

const failureFor = (version: string, username: string): Promise<string> =>
  compareAccount(fakeSession(version).session, { username, dbname: 'openemr', inUse: 'app' }).then(
    () => '',
    (error: unknown) => (error as Error).message,
  );

describe('names that are too long', () => {
  it('a user name of more than 32 characters is refused on MySQL before anything is written', async () => {
    expect(await failureFor('8.0.36', 'u'.repeat(33)))
      .to.include('has 33 characters and this server takes 32')
      .and.to.include('slot secret');
    expect(await failureFor('8.0.36', 'ü'.repeat(32))).to.equal('');
    expect(await failureFor('10.11.6-MariaDB', 'u'.repeat(81))).to.equal('');
    expect(await failureFor('10.11.6-MariaDB', 'u'.repeat(129))).to.include('takes 128');
  });

  it('what no server takes is a fault of the secret', () => {
    const entry = { username: 'u'.repeat(129), password: 'x', host: 'h'.repeat(256), dbname: 'd'.repeat(65) };
    const good = { ...entry, username: 'u', host: 'h', dbname: 'd'.repeat(64) };
    const document = (B: object): string => JSON.stringify({ active_slot: 'A', A: good, B });
    expect(parseSlotDocument(document(good)).ok).to.equal(true);
    expect(parseSlotDocument(document(entry))).to.deep.equal({
      ok: false,
      problems: [
        'B.username is longer than 128 characters',
        'B.host is longer than 255 characters',
        'B.dbname is longer than 64 characters',
      ],
    });
  });
});
