import { expect } from 'chai';
import { accountsNamed, createAccount, findAccount } from '../../../src/mysql/accounts';
import { fakeSession } from './fakeSession';

const row = {
  host: '%',
  plugin: 'caching_sha2_password',
  ssl_type: 'ANY',
  ssl_cipher: '',
  x509_issuer: '',
  x509_subject: '',
  max_questions: 0,
  max_updates: 0,
  max_connections: 0,
  max_user_connections: 20,
  password_expired: 'N',
};

describe('findAccount', () => {
  it('reads requirement, limits and lock of MySQL and of MariaDB', async () => {
    for (const [version, locked] of [
      ['8.0.36', 'Y'],
      ['10.11.6-MariaDB-log', '1'],
      ['5.5.5-10.6.1-MariaDB', '1'],
    ]) {
      const { session, asked } = fakeSession(version ?? '', [['SELECT u.Host', [{ ...row, locked }]]]);
      const account = await findAccount(session, 'a');
      expect(account).to.deep.include({ username: 'a', host: '%', locked: true, expired: false });
      expect(account?.requirement.type).to.equal('ANY');
      expect(account?.limits.max_user_connections).to.equal(20);
      expect(String(asked[0]?.[0]).includes('global_priv')).to.equal(version?.includes('MariaDB'));
    }
  });

  it('reads the password rules that the server knows, and asks for no others', async () => {
    const rules = async (
      version: string,
      more: Record<string, unknown>,
    ): Promise<[object | undefined, string]> => {
      const { session, asked } = fakeSession(version, [['SELECT u.Host', [{ ...row, ...more }]]]);
      return [(await findAccount(session, 'a'))?.passwordRules, String(asked[0]?.[0])];
    };
    const none = {
      lifetime: undefined,
      history: undefined,
      reuseInterval: undefined,
      requireCurrent: undefined,
      failedAttempts: undefined,
      lockDays: undefined,
    };
    const all = {
      rule_lifetime: 90,
      rule_history: 5,
      rule_reuse: 365,
      rule_current: 'N',
      rule_attempts: 3,
      rule_lock: '-1',
    };
    const [read, sql] = await rules('8.0.36', all);
    expect(read).to.deep.equal({
      lifetime: 90,
      history: 5,
      reuseInterval: 365,
      requireCurrent: false,
      failedAttempts: 3,
      lockDays: -1,
    });
    expect(sql).to.include('Password_locking.failed_login_attempts');
    for (const [version, known, unknown] of [
      ['8.0.15', 'u.Password_require_current', 'Password_locking'],
      ['5.7.44-log', 'u.password_lifetime', 'Password_reuse'],
      ['10.11.6-MariaDB', "'$.password_lifetime'", 'Password_reuse'],
      ['10.3.39-MariaDB', 'u.Host', 'rule_'],
    ] as const) {
      const [found, asked] = await rules(version, { rule_lifetime: version.includes('10.11') ? '-1' : null });
      expect(found).to.deep.equal(none);
      expect(asked).to.include(known).and.not.to.include(unknown);
    }
  });

  it('asks a MariaDB before 10.4 for no lock: it has none', async () => {
    const { session, asked } = fakeSession('10.3.39-MariaDB', [['SELECT u.Host', [{ ...row, locked: 'N' }]]]);
    expect((await accountsNamed(session, 'a')).map(({ locked }) => locked)).to.deep.equal([false]);
    expect(String(asked[0]?.[0])).not.to.include('global_priv');
  });

  it('refuses one name under several hosts, with the statements that fix it', async () => {
    const { session } = fakeSession('8.0.36', [['SELECT u.Host', [row, { ...row, host: '10.%' }]]]);
    const message = await findAccount(session, "o'a").then(
      () => '',
      (error: Error) => error.message,
    );
    expect(message).to.include("DROP USER `o'a`@`%` or DROP USER `o'a`@`10.%`");
  });
});

describe('createAccount', () => {
  it('hands over names and password as values', async () => {
    const { session, asked } = fakeSession('8.0.36');
    const name = { username: 'why?', host: '%', plugin: 'caching_sha2_password' };
    await createAccount(session, name, "REQUIRE SUBJECT '/CN=?'", 'secret');
    expect(asked).to.deep.equal([
      [
        "CREATE USER ?@? IDENTIFIED WITH `caching_sha2_password` BY ? REQUIRE SUBJECT '/CN=?'",
        'why?',
        '%',
        'secret',
      ],
    ]);
  });
});
