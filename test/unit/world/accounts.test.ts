import { expect } from 'chai';
import { copyGrants, grantedPart, grantSchema, sessionsOf } from '../../../src/world/accounts';
import type { Session } from '../../../src/world/database';

const hash = "'*6BB4837EB74329105EE4568DDA7DC67ED2CA2AD9'";

// Lines as the servers print them; undefined where the line grants nothing that can be copied.
const lines: [server: string, line: string, part: string | undefined][] = [
  ['MySQL 8.0', 'GRANT USAGE ON *.* TO `openemr_a`@`%`', undefined],
  ['MySQL 8.0', 'GRANT ALL PRIVILEGES ON `openemr`.* TO `openemr_a`@`%`', 'ALL PRIVILEGES ON `openemr`.*'],
  [
    'MySQL 8.0',
    'GRANT SELECT, INSERT ON `open\\_emr`.* TO `openemr_a`@`10.0.%`',
    'SELECT, INSERT ON `open\\_emr`.*',
  ],
  [
    'MySQL 8.0',
    'GRANT SELECT (`id`), UPDATE (`fname`, `lname`) ON `openemr`.`patient_data` TO `a`@`%`',
    'SELECT (`id`), UPDATE (`fname`, `lname`) ON `openemr`.`patient_data`',
  ],
  ['MySQL 8.0', 'GRANT EXECUTE ON PROCEDURE `openemr`.`p` TO `a`@`%`', 'EXECUTE ON PROCEDURE `openemr`.`p`'],
  [
    'MySQL 8.0',
    'GRANT SELECT, CREATE USER ON *.* TO `admin`@`%` WITH GRANT OPTION',
    'SELECT, CREATE USER ON *.* WITH GRANT OPTION',
  ],
  [
    'MySQL 8.0',
    'GRANT ROLE_ADMIN,XA_RECOVER_ADMIN ON *.* TO `admin`@`%` WITH GRANT OPTION',
    'ROLE_ADMIN,XA_RECOVER_ADMIN ON *.* WITH GRANT OPTION',
  ],
  ['MySQL 8.0', 'GRANT `reader`@`%` TO `a`@`%`', '`reader`@`%`'],
  ['MySQL 8.0', 'GRANT `reader`@`%`,`writer`@`%` TO `a`@`%`', '`reader`@`%`,`writer`@`%`'],
  ['MySQL 8.0', 'GRANT `reader`@`%` TO `a`@`%` WITH ADMIN OPTION', '`reader`@`%`'],
  ['MySQL 8.0', 'GRANT PROXY ON ``@`` TO `root`@`localhost` WITH GRANT OPTION', undefined],
  ['MySQL 8.0', 'REVOKE INSERT ON `mysql`.* FROM `a`@`%`', undefined],
  ['MySQL 5.7', "GRANT ALL PRIVILEGES ON `openemr`.* TO 'openemr_a'@'%'", 'ALL PRIVILEGES ON `openemr`.*'],
  ['MySQL 5.7', "GRANT PROXY ON ''@'' TO 'root'@'localhost' WITH GRANT OPTION", undefined],
  [
    'MariaDB 10.11',
    `GRANT USAGE ON *.* TO \`openemr_a\`@\`%\` IDENTIFIED BY PASSWORD ${hash} REQUIRE SSL`,
    undefined,
  ],
  ['MariaDB 10.11', `GRANT PROCESS ON *.* TO \`a\`@\`%\` IDENTIFIED BY PASSWORD ${hash}`, 'PROCESS ON *.*'],
  [
    'MariaDB 10.11',
    `GRANT RELOAD, PROCESS ON *.* TO \`admin\`@\`%\` IDENTIFIED BY PASSWORD ${hash} REQUIRE SSL WITH GRANT OPTION`,
    'RELOAD, PROCESS ON *.* WITH GRANT OPTION',
  ],
  [
    'MariaDB 10.11',
    "GRANT PROCESS ON *.* TO `a`@`%` IDENTIFIED VIA ed25519 USING 'ZIgUREUg5PVgQ6LskhXmO+eZLS0nC8be6HPjYWR4YJY' OR unix_socket",
    'PROCESS ON *.*',
  ],
  [
    'MariaDB 10.11',
    'GRANT ALL PRIVILEGES ON `openemr`.* TO `a`@`%` REQUIRE SSL WITH MAX_USER_CONNECTIONS 20',
    'ALL PRIVILEGES ON `openemr`.*',
  ],
  [
    'MariaDB 10.11',
    'GRANT ALL PRIVILEGES ON `openemr`.* TO `a`@`%` WITH GRANT OPTION',
    'ALL PRIVILEGES ON `openemr`.* WITH GRANT OPTION',
  ],
  ['MariaDB 10.11', 'GRANT `reader` TO `a`@`%`', '`reader`'],
  ['MariaDB 10.11', 'SET DEFAULT ROLE `reader` FOR `a`@`%`', undefined],
  [
    'a schema with TO in its name',
    'GRANT SELECT ON `hand TO hand`.* TO `a`@`%`',
    'SELECT ON `hand TO hand`.*',
  ],
  [
    'a schema with TO and a quote in its name',
    "GRANT SELECT ON `x TO 'y'`.* TO `a`@`%`",
    "SELECT ON `x TO 'y'`.*",
  ],
  [
    'a schema with TO and a backtick in its name',
    'GRANT SELECT ON `x TO ``y`.* TO `a`@`%`',
    'SELECT ON `x TO ``y`.*',
  ],
  ['a schema with a line break in its name', 'GRANT SELECT ON `x\ny`.* TO `a`@`%`', 'SELECT ON `x\ny`.*'],
  ['a user with TO in its name', 'GRANT SELECT ON `emr`.* TO `a TO b`@`%`', 'SELECT ON `emr`.*'],
  ['an empty line', '', undefined],
];

/** A session that answers from a table of statement beginnings and notes what it is asked. */
function recordingSession(answers: [string, Record<string, unknown>[]][]): {
  session: Session;
  asked: unknown[];
} {
  const asked: unknown[] = [];
  const session: Session = {
    query: async (sql, values = []) => {
      asked.push([sql, ...values]);
      const index = answers.findIndex(([start]) => sql.startsWith(start));
      return index < 0 ? [] : (answers.splice(index, 1)[0]?.[1] ?? []);
    },
    close: async () => undefined,
  };
  return { session, asked };
}

describe('grantedPart', () => {
  for (const [server, line, part] of lines) {
    it(`${server}: ${line.replace(hash, "'*…'") || '(nothing)'}`, () =>
      expect(grantedPart(line)).to.equal(part));
  }

  it('a schema with WITH GRANT OPTION in its name gives no such option', () => {
    const line = 'GRANT SELECT ON `x WITH GRANT OPTION`.* TO `a`@`%`';
    expect(grantedPart(line)).to.equal('SELECT ON `x WITH GRANT OPTION`.*');
  });

  it('a grantee with a quoted TO in its name does not cut the line there', () => {
    expect(grantedPart('GRANT SELECT ON `emr`.* TO `x TO ``y`@`%`')).to.equal('SELECT ON `emr`.*');
  });
});

describe('copyGrants', () => {
  const grants = (...given: string[]): [string, Record<string, unknown>[]] => [
    'SHOW GRANTS',
    given.map((line) => ({ grants: line })),
  ];

  it('grants what is missing, and nothing else', async () => {
    const { session, asked } = recordingSession([
      grants(
        `GRANT USAGE ON *.* TO \`a\`@\`%\` IDENTIFIED BY PASSWORD ${hash}`,
        'GRANT SELECT ON `emr`.* TO `a`@`%` WITH GRANT OPTION',
        'GRANT ALL PRIVILEGES ON `openemr`.* TO `a`@`%`',
      ),
      grants('GRANT ALL PRIVILEGES ON `openemr`.* TO `b`@`10.%` REQUIRE SSL'),
    ]);
    const added = await copyGrants(session, { username: 'a', host: '%' }, { username: 'b', host: '10.%' });
    expect(added).to.deep.equal(['SELECT ON `emr`.* WITH GRANT OPTION']);
    expect(asked.slice(2)).to.deep.equal([['GRANT SELECT ON `emr`.* TO ?@? WITH GRANT OPTION', 'b', '10.%']]);
  });

  it('refuses a name that would be taken for a place of a value', async () => {
    const { session, asked } = recordingSession([grants('GRANT SELECT ON `why?`.* TO `a`@`%`'), grants()]);
    const copied = copyGrants(session, { username: 'a', host: '%' }, { username: 'b', host: '%' });
    const message = await copied.then(
      () => '',
      (error: Error) => error.message,
    );
    expect(message).to.include('question mark');
    expect(asked).to.have.lengthOf(2);
  });
});

describe('grantSchema', () => {
  for (const [schema, quoted] of [
    ['openemr', '`openemr`'],
    ['open_emr', '`open\\_emr`'],
    ['50%', '`50\\%`'],
    ['a`b', '`a``b`'],
    ['a\\b', '`a\\\\b`'],
  ] as const) {
    it(`${schema} as ${quoted}`, async () => {
      const { session, asked } = recordingSession([]);
      await grantSchema(session, { username: 'a', host: '%' }, schema);
      expect(asked).to.deep.equal([[`GRANT ALL PRIVILEGES ON ${quoted}.* TO ?@?`, 'a', '%']]);
    });
  }
});

describe('sessionsOf', () => {
  it('counts by host, without ports', async () => {
    const hosts = ['10.0.0.7:41234', '10.0.0.7:41235', 'fe80::1:3306', 'localhost'];
    const { session } = recordingSession([['SELECT HOST', hosts.map((host) => ({ host }))]]);
    expect([...(await sessionsOf(session, 'a'))]).to.deep.equal([
      ['10.0.0.7', 2],
      ['fe80::1', 1],
      ['localhost', 1],
    ]);
  });
});
