import { expect } from 'chai';
import { statementFailure } from '../../../src/mysql/databaseErrors';
import type { LoginLook, Questions } from '../../../src/mysql/logins';
import { isUnchanged, lookAtLogins } from '../../../src/mysql/logins';
import { ownLoginBegins } from '../../../src/mysql/ownLogins';
import type { Answer } from './fakeSession';
import { fakeSession } from './fakeSession';

const login = { host: 'db', port: '3306', username: 'u', password: 'p', dbname: 'd' };

/** A server with these variables, this table of accounts, and no session but one of the process itself. */
function server(
  version: string,
  variables: Record<string, string>,
  {
    accounts = [],
    statistics = [],
    lost = '0',
    threads = '0',
    questions = [],
  }: { accounts?: Answer; statistics?: Answer; lost?: string; threads?: string; questions?: Answer } = {},
): ReturnType<typeof fakeSession>['session'] {
  const rows = Object.entries(variables).map(([Variable_name, Value]) => ({ Variable_name, Value }));
  return fakeSession(version, [
    ["SHOW GLOBAL VARIABLES WHERE Variable_name IN ('performance_schema'", rows],
    [
      "SHOW GLOBAL STATUS WHERE Variable_name IN ('Performance_schema_accounts_lost'",
      [
        { Variable_name: 'Performance_schema_accounts_lost', Value: lost },
        { Variable_name: 'Performance_schema_thread_instances_lost', Value: threads },
      ],
    ],
    ["SHOW GLOBAL STATUS LIKE 'Uptime'", [{ Value: '77' }]],
    ['SELECT HOST AS host, TOTAL_CONNECTIONS', accounts],
    ['SELECT TOTAL_CONNECTIONS AS total FROM information_schema.USER_STATISTICS', statistics],
    ['SELECT (SELECT SUM(VARIABLE_VALUE) FROM performance_schema.status_by_account', questions],
    ['SELECT ID AS id', [{ id: 5001, host: '10.0.0.3:40000' }]],
  ]).session;
}

const on = { performance_schema: 'ON', performance_schema_accounts_size: '-1' };

describe('lookAtLogins', () => {
  it("counts all hosts, and takes this process's own logins and sessions away", async () => {
    const accounts = [
      { host: '10.0.0.1', total: 4 },
      { host: '10.0.0.3', total: 2 },
    ];
    const own = ownLoginBegins('counted');
    ownLoginBegins('counted').refused();
    own.letIn(5001);
    const look = await lookAtLogins(server('8.0.36', on, { accounts }), 'counted');
    expect(look.counted?.total).to.equal(5);
    expect(look.counted?.uptime).to.equal(77);
    expect(look.sessions.size, 'sessions of others').to.equal(0);
    expect((await lookAtLogins(server('8.0.36', on), 'another')).sessions.size).to.equal(1);
  });

  it('a login of this process that is under way is waited for', async () => {
    const own = ownLoginBegins('underway');
    setTimeout(() => own.letIn(1), 60);
    const look = await lookAtLogins(
      server('8.0.36', on, { accounts: [{ host: 'h', total: 1 }] }),
      'underway',
    );
    expect(look.counted?.total).to.equal(0);
  });

  it('MariaDB counts by userstat where performance_schema is off', async () => {
    const variables = { performance_schema: 'OFF', userstat: 'ON' };
    const look = await lookAtLogins(
      server('10.11.6-MariaDB', variables, { statistics: [{ total: '9' }] }),
      'm',
    );
    expect(look.counted?.total).to.equal(9);
  });

  const denied = statementFailure({ errno: 1142 }, 'SELECT 1', login);
  const cases: [string, ReturnType<typeof server>, RegExp][] = [
    [
      'performance_schema is off',
      server('8.0.36', { performance_schema: 'OFF' }),
      /performance_schema is OFF/,
    ],
    [
      'MariaDB counts nothing',
      server('10.11.6-MariaDB', { performance_schema: 'OFF', userstat: 'OFF' }),
      /userstat = ON/,
    ],
    [
      'no room for accounts',
      server('8.0.36', { ...on, performance_schema_accounts_size: '0' }),
      /accounts_size is 0/,
    ],
    ['accounts were lost', server('8.0.36', on, { lost: '3' }), /accounts_lost/],
    ['connections were lost', server('8.0.36', on, { threads: '3' }), /thread_instances_lost/],
    [
      'the admin may not read it',
      server('8.0.36', on, { accounts: denied }),
      /GRANT SELECT ON performance_schema\.accounts/,
    ],
  ];
  for (const [what, session, why] of cases)
    it(`${what}: sampled, and it says why`, async () => {
      const look = await lookAtLogins(session, 'sampled');
      expect(look.counted).to.equal(undefined);
      expect(look.whySampled).to.match(why);
    });
});

describe('logins that a server counts although it refused them (MySQL 9)', () => {
  const look = (seconds: number, total: number, questions?: Partial<Questions>): LoginLook => ({
    sessions: new Map(),
    asked: seconds * 1000,
    answered: seconds * 1000,
    counted: {
      total,
      byHost: new Map(),
      server: 'one',
      uptime: 500 + seconds,
      ...(questions === undefined
        ? {}
        : { questions: { count: 7, countedFor: 400 + seconds, own: 0, ...questions } }),
    },
  });
  const cases: [string, boolean, LoginLook, LoginLook][] = [
    ['nobody has asked anything: all were refused', true, look(0, 3, {}), look(30, 90, {})],
    [
      'somebody has said no more than goodbye: it was let in',
      false,
      look(0, 3, {}),
      look(30, 4, { count: 8 }),
    ],
    ['a server that does not tell', false, look(0, 3), look(30, 4)],
    ['a server that told once', false, look(0, 3, {}), look(30, 4)],
    [
      'this process has asked, too: nothing can be told apart',
      false,
      look(0, 3, {}),
      look(30, 4, { own: 1 }),
    ],
    ['FLUSH STATUS between the two', false, look(0, 3, {}), look(30, 4, { countedFor: 12 })],
    ['a count that fell', false, look(0, 3, {}), look(30, 2, {})],
  ];
  for (const [title, unchanged, from, to] of cases)
    it(title, () => expect(isUnchanged(from, to)).to.equal(unchanged));

  it('are asked for on MySQL alone, and not where it counts no refused ones', async () => {
    const given = { accounts: [{ host: 'h', total: 1 }], questions: [{ questions: '5', countedFor: '60' }] };
    const told = (version: string): Promise<LoginLook> => lookAtLogins(server(version, on, given), 'asked');
    expect((await told('9.7.4')).counted?.questions).to.deep.equal({ count: 5, countedFor: 60, own: 0 });
    expect((await told('8.0.15')).counted).to.not.have.property('questions');
    expect((await told('11.8.9-MariaDB')).counted).to.not.have.property('questions');
  });
});
