import { expect } from 'chai';
import type { Outcome } from '../../../src/base/failure';
import { connectFailure, isDenied, statementFailure } from '../../../src/mysql/databaseErrors';
import { isRdsProxy } from '../../../src/mysql/rdsProxy';

const login = { username: 'app', host: 'db.example', port: '3306' };
const viaProxy = { ...login, host: 'openemr.proxy-abc123.us-east-1.rds.amazonaws.com' };
const answer = (errno: number, code = `ER_${errno}`, text = 'canary'): Error =>
  Object.assign(new Error(text), { errno, code, sqlMessage: text });

/** What a server says to a login: number, end, words of the sentence, and whether it counts as a wrong password. */
const logins: [errno: number, outcome: Outcome, says: RegExp, denied: boolean][] = [
  [1044, 'permission', /has no right on the schema.*GRANT/, true],
  [1045, 'permission', /refuses the login of app.*password/, true],
  [1698, 'permission', /logs in by the operating system.*IDENTIFIED BY/, true],
  [1820, 'permission', /password of app has expired.*ALTER USER 'app'@'…' IDENTIFIED BY/, true],
  [1862, 'permission', /password of app has expired/, true],
  [3118, 'permission', /app is locked.*ALTER USER 'app'@'…' ACCOUNT UNLOCK/, true],
  [4151, 'permission', /app is locked.*ACCOUNT UNLOCK/, true],
  [
    3955,
    'permission',
    /app is locked after too many failed logins.*ALTER USER 'app'@'…' ACCOUNT UNLOCK/,
    false,
  ],
  [4150, 'permission', /blocked after too many failed logins.*FLUSH PRIVILEGES/, false],
  [
    1524,
    'configuration',
    /plugin of app.*not loaded.*ALTER USER 'app'@'…' IDENTIFIED WITH caching_sha2_password/,
    false,
  ],
  [3159, 'permission', /takes TLS connections only.*something before it ends TLS/, false],
  [9501, 'before-switch', /RDS Proxy.*no database connection.*direct endpoint/, false],
  [1226, 'before-switch', /no connection left for app/, false],
  [1129, 'permission', /blocks this host.*host_cache there \(on MariaDB: FLUSH HOSTS\)/, false],
  [1130, 'permission', /host that app may come from.*matches this host/, false],
  [1049, 'configuration', /no such schema.*dbname/, false],
  [1184, 'configuration', /init_connect/, false],
  [1251, 'configuration', /authentication plugin.*caching_sha2_password/, false],
  [1040, 'before-switch', /does not take a connection now/, false],
];

describe('what a server says to a login', () => {
  for (const [errno, outcome, says, denied] of logins)
    it(`${errno} is ${outcome}${denied ? ', and a wrong password' : ''}`, () => {
      const failure = connectFailure(answer(errno), login);
      expect(failure.message)
        .to.match(says)
        .and.to.match(/^The database at db\.example:3306 [^\n]+\.$/);
      expect(failure.message).not.to.include('canary');
      expect([failure.outcome, isDenied(failure)]).to.deep.equal([outcome, denied]);
    });

  it('a plugin that this client does not speak, as mysql2 says it', () =>
    expect(connectFailure(answer(0, 'AUTH_SWITCH_PLUGIN_ERROR'), login)).to.include({
      outcome: 'configuration',
    }));

  it('MariaDB’s numbers are not called by the names that MySQL has for them', () => {
    const failure = connectFailure(answer(4151, 'ER_BULK_PARSER_INCOMPLETE_ESCAPE_SEQUENCE'), login);
    expect(failure.message).to.include('error 4151').and.not.to.include('BULK');
  });

  for (const [name, failure] of [
    [
      'by its words',
      connectFailure(
        answer(1045, 'ER_ACCESS_DENIED_ERROR', 'This RDS proxy has no credentials for the role app. Check'),
        login,
      ),
    ],
    ['by its name', connectFailure(answer(1045), viaProxy)],
  ] as const)
    it(`1045 of an RDS Proxy, known ${name}: its own secrets and the direct endpoint`, () => {
      expect(failure.message).to.match(/RDS Proxy.*secret.*endpoint of the cluster or instance/);
      expect(failure.outcome).to.equal('permission');
      expect(isDenied(failure)).to.equal(true);
    });
});

/** What a server says to a statement. */
const statements: [errno: number, outcome: Outcome, says: RegExp][] = [
  [1227, 'permission', /grant app the right/],
  [1142, 'permission', /grant app the right/],
  [1410, 'permission', /grant app the right/],
  [3530, 'permission', /role.*SET DEFAULT ROLE/],
  [1396, 'before-switch', /the account is there already, or is gone.*look at mysql\.user/],
  [1133, 'before-switch', /the account is there already, or is gone/],
  [1470, 'configuration', /too long.*32 characters/],
  [1524, 'configuration', /plugin.*not loaded/],
  [1819, 'before-switch', /password policy/],
  [3638, 'before-switch', /password policy/],
  [3892, 'permission', /asks for the current password.*PASSWORD REQUIRE CURRENT OPTIONAL/],
  [3891, 'permission', /asks for the current password/],
  [9501, 'before-switch', /run again/],
  [1290, 'before-switch', /run again/],
];

describe('what a server says to a statement', () => {
  for (const [errno, outcome, says] of statements)
    it(`${errno} is ${outcome}`, () => {
      const failure = statementFailure(answer(errno), "ALTER USER 'x' IDENTIFIED BY 'canary'", login);
      expect(failure.message)
        .to.match(says)
        .and.to.match(/^The database at db\.example:3306 refused "ALTER USER …"[^\n]+\.$/);
      expect(failure.message).not.to.include('canary');
      expect(failure.outcome).to.equal(outcome);
    });

  it('9501 passes: the pool of an RDS Proxy has a connection again', () =>
    expect([
      statementFailure(answer(9501), 'SELECT 1', login).passes,
      connectFailure(answer(9501), login).passes,
    ]).to.deep.equal([true, true]));
});

describe('isRdsProxy', () => {
  for (const [host, proxy] of [
    ['openemr.proxy-abc123.us-east-1.rds.amazonaws.com', true],
    ['read-only.endpoint.proxy-abc123.eu-west-1.rds.amazonaws.com', true],
    ['OPENEMR.PROXY-abc123.cn-north-1.rds.amazonaws.com.cn', true],
    ['openemr.cluster-abc123.us-east-1.rds.amazonaws.com', false],
    ['proxy-abc123.us-east-1.rds.amazonaws.com', false],
    ['db.proxy-abc.example', false],
  ] as const)
    it(`${host}: ${proxy}`, () => expect(isRdsProxy(host)).to.equal(proxy));
});
