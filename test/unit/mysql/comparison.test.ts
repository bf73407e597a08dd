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

describe('an account that was made like another', () => {
  const usual = { host: '%', plugin: 'caching_sha2_password', ssl_type: '', locked: 'N', rule_lifetime: -1 };
  const rows: Record<string, object> = {
    a: usual,
    // What a person changed behind the switch: it logs in by TLS alone, and its password does not expire.
    b: { ...usual, ssl_type: 'ANY', rule_lifetime: 0 },
  };
  const { session } = fakeSession('8.0.36', [
    ['SHOW GRANTS', [{ g: "GRANT ALL ON `openemr`.* TO 'x'@'%'" }]],
  ]);
  const server = {
    ...session,
    query: (sql: string, values: unknown[] = []) =>
      sql.includes('FROM mysql.user u')
        ? Promise.resolve([rows[String(values[0])] as Record<string, unknown>])
        : session.query(sql, values),
  };
  const parityWhile = async (inUse: string): Promise<[number, number]> => {
    const wanted = { username: 'b', dbname: 'openemr', like: 'a', inUse };
    const { parity } = await compareAccount(server, wanted);
    return [parity.problems.length, parity.alter.length];
  };

  it('is measured by it before the switch, and by itself once OpenEMR is on it', async () => {
    expect(await parityWhile('a')).to.deep.equal([1, 1]);
    expect(await parityWhile('b')).to.deep.equal([0, 0]);
  });
});
