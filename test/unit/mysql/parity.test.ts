import { expect } from 'chai';
import type { Account } from '../../../src/mysql/accounts';
import type { Parity } from '../../../src/mysql/parity';
import { clausesLike, isLevel, maskedCreation, parityOf } from '../../../src/mysql/parity';
import type { PasswordRules } from '../../../src/mysql/passwordRules';
import type { Limits, Requirement } from '../../../src/mysql/requirements';
import { noRequirement } from '../../../src/mysql/requirements';

const none = { grants: [], defaultRoles: [] };
const tls: Requirement = { ...noRequirement, type: 'ANY' };
const x509: Requirement = { ...noRequirement, type: 'X509' };
const subject = (name: string): Requirement => ({ ...noRequirement, type: 'SPECIFIED', subject: name });

function account(
  username: string,
  requirement: Requirement,
  limits: Limits = {},
  passwordRules: PasswordRules = {},
): Account {
  return {
    username,
    host: '%',
    plugin: 'p',
    requirement,
    limits,
    passwordRules,
    locked: false,
    expired: false,
  };
}

function compared(own: Account, model: Account | undefined): Parity {
  return parityOf({ account: own, rights: none }, { account: model, rights: none }, false);
}

describe('parityOf: TLS requirement', () => {
  const laxer: [Requirement, Requirement, string][] = [
    [noRequirement, tls, 'REQUIRE SSL'],
    [noRequirement, x509, 'REQUIRE X509'],
    [tls, subject("/CN=o'a"), "REQUIRE SUBJECT '/CN=o\\'a'"],
  ];
  for (const [own, model, clause] of laxer) {
    it(`a laxer standby is brought up: ${clause}`, () => {
      const { alter, problems } = compared(account('b', own), account('a', model));
      expect({ alter, problems }).to.deep.equal({
        alter: [`ALTER USER \`b\`@\`%\` ${clause}`],
        problems: [],
      });
    });
  }

  const stricter: [Requirement, Requirement, string][] = [
    [tls, noRequirement, 'REQUIRE NONE'],
    [x509, tls, 'REQUIRE SSL'],
    [subject('/CN=b'), subject('/CN=a'), "REQUIRE SUBJECT '/CN=a'"],
  ];
  for (const [own, model, clause] of stricter) {
    it(`a stricter standby is refused, with the statement to run: ${clause}`, () => {
      const { alter, problems } = compared(account('b', own), account('a', model));
      expect(alter).to.deep.equal([]);
      expect(problems).to.have.lengthOf(1);
      expect(problems[0]).to.include(`run ALTER USER \`b\`@\`%\` ${clause}.`);
    });
  }

  it('the same is level', () => {
    for (const requirement of [noRequirement, tls, x509, subject('/CN=a')])
      expect(isLevel(compared(account('b', requirement), account('a', requirement)))).to.equal(true);
    expect(isLevel(compared(account('a', tls), undefined))).to.equal(true);
  });
});

describe('parityOf: limits and locks', () => {
  it('lower limits are raised to those of the model, higher ones stay', () => {
    const own = account('b', tls, { max_user_connections: 5, max_questions: 100, max_updates: 9 });
    const model = account('a', tls, { max_user_connections: 20, max_questions: 0, max_updates: 8 });
    expect(compared(own, model).alter).to.deep.equal([
      'ALTER USER `b`@`%` WITH MAX_QUERIES_PER_HOUR 0 MAX_USER_CONNECTIONS 20',
    ]);
  });

  it('a locked account is refused, with the statement that unlocks it', () => {
    const { problems } = compared({ ...account('b', tls), locked: true }, undefined);
    expect(problems).to.deep.equal([
      'The database user `b`@`%` is locked; run ALTER USER `b`@`%` ACCOUNT UNLOCK.',
    ]);
  });
});

describe('parityOf: default roles', () => {
  const rights = (...defaultRoles: string[]) => ({ grants: [], defaultRoles });
  const statements = (own: string[], model: string[], mariadb: boolean): string[] =>
    parityOf({ account: account('b', tls), rights: rights(...own) }, { rights: rights(...model) }, mariadb)
      .grant;

  it('MySQL: those of both; MariaDB: the one of the model', () => {
    expect(statements(['`r`@`%`'], ['`r`@`%`', '`s`@`%`'], false)).to.deep.equal([
      'SET DEFAULT ROLE `r`@`%`, `s`@`%` TO `b`@`%`',
    ]);
    expect(statements(['`s`'], ['`r`'], true)).to.deep.equal(['SET DEFAULT ROLE `r` FOR `b`@`%`']);
    expect(statements(['`r`@`%`', '`t`@`%`'], ['`r`@`%`'], false)).to.deep.equal([]);
  });
});

describe('a new account', () => {
  it('takes the requirement and the limits of its model, and none without one', () => {
    expect(clausesLike(account('a', x509, { max_user_connections: 20 }))).to.equal(
      'REQUIRE X509 WITH MAX_USER_CONNECTIONS 20',
    );
    expect(clausesLike(account('a', noRequirement))).to.equal('REQUIRE NONE');
    expect(clausesLike(undefined)).to.equal('REQUIRE NONE');
  });

  it('is shown with its password masked', () => {
    expect(maskedCreation({ username: 'b', host: '10.%' }, account('a', tls))).to.equal(
      "CREATE USER `b`@`10.%` IDENTIFIED BY '********' REQUIRE SSL",
    );
  });
});

describe('parityOf: password rules', () => {
  const all: PasswordRules = {
    lifetime: 90,
    history: 5,
    reuseInterval: 365,
    requireCurrent: true,
    failedAttempts: 3,
    lockDays: -1,
  };
  const clauses =
    'PASSWORD EXPIRE INTERVAL 90 DAY PASSWORD HISTORY 5 PASSWORD REUSE INTERVAL 365 DAY PASSWORD REQUIRE CURRENT ' +
    'FAILED_LOGIN_ATTEMPTS 3 PASSWORD_LOCK_TIME UNBOUNDED';
  const alterOf = (own: PasswordRules, model: PasswordRules): string[] =>
    compared(account('b', tls, {}, own), account('a', tls, {}, model)).alter;

  it('a new account has those of its model', () => {
    expect(clausesLike(account('a', tls, {}, all))).to.equal(`REQUIRE SSL ${clauses}`);
    expect(clausesLike(account('a', tls, { max_questions: 7 }, { lifetime: 0 }))).to.equal(
      'REQUIRE SSL WITH MAX_QUERIES_PER_HOUR 7 PASSWORD EXPIRE NEVER',
    );
  });

  it('an existing one is given what it lacks', () => {
    expect(alterOf({}, all)).to.deep.equal([`ALTER USER \`b\`@\`%\` ${clauses}`]);
    expect(alterOf(all, all)).to.deep.equal([]);
  });

  const cases: [string, PasswordRules, PasswordRules, string | undefined][] = [
    ['a password that never expires', { lifetime: 30 }, { lifetime: 0 }, 'PASSWORD EXPIRE NEVER'],
    ['the server’s own lifetime', { lifetime: 30 }, {}, 'PASSWORD EXPIRE DEFAULT'],
    ['no lock', { failedAttempts: 3, lockDays: 1 }, {}, 'FAILED_LOGIN_ATTEMPTS 0 PASSWORD_LOCK_TIME 0'],
    [
      'a longer lock',
      { failedAttempts: 3, lockDays: 1 },
      { failedAttempts: 3, lockDays: 2 },
      'FAILED_LOGIN_ATTEMPTS 3 PASSWORD_LOCK_TIME 2',
    ],
    ['a stricter history of its own stays', { history: 9, reuseInterval: 30 }, { history: 5 }, undefined],
    [
      'a current password that need not be told',
      {},
      { requireCurrent: false },
      'PASSWORD REQUIRE CURRENT OPTIONAL',
    ],
    ['a rule of its own about the current one stays', { requireCurrent: true }, {}, undefined],
  ];
  for (const [name, own, model, clause] of cases)
    it(name, () =>
      expect(alterOf(own, model)).to.deep.equal(
        clause === undefined ? [] : [`ALTER USER \`b\`@\`%\` ${clause}`],
      ),
    );
});
