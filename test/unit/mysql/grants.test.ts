import { expect } from 'chai';
import type { Grant } from '../../../src/mysql/grants';
import {
  allOnSchema,
  grantStatements,
  missingGrants,
  parseGrants,
  schemaOf,
} from '../../../src/mysql/grants';

const hash = "'*6BB4837EB74329105EE4568DDA7DC67ED2CA2AD9'";

// Lines as the servers print them; undefined where the line grants nothing that can be copied.
const lines: [server: string, line: string, part?: string][] = [
  ['MySQL 8.0', 'GRANT USAGE ON *.* TO `openemr_a`@`%`'],
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
    'ROLE_ADMIN, XA_RECOVER_ADMIN ON *.* WITH GRANT OPTION',
  ],
  ['MySQL 8.0', 'GRANT `reader`@`%` TO `a`@`%`', '`reader`@`%`'],
  ['MySQL 8.0', 'GRANT `reader`@`%`,`writer`@`%` TO `a`@`%`', '`reader`@`%` & `writer`@`%`'],
  ['MySQL 8.0', 'GRANT `reader`@`%` TO `a`@`%` WITH ADMIN OPTION', '`reader`@`%` WITH ADMIN OPTION'],
  ['MySQL 8.0', 'GRANT PROXY ON ``@`` TO `root`@`localhost` WITH GRANT OPTION'],
  ['MySQL 8.0.16', 'REVOKE INSERT ON `mysql`.* FROM `a`@`%`', 'REVOKE INSERT ON `mysql`.*'],
  ['MySQL 5.7', "GRANT ALL PRIVILEGES ON `openemr`.* TO 'openemr_a'@'%'", 'ALL PRIVILEGES ON `openemr`.*'],
  ['MySQL 5.7', "GRANT PROXY ON ''@'' TO 'root'@'localhost' WITH GRANT OPTION"],
  ['MariaDB 10.11', `GRANT USAGE ON *.* TO \`openemr_a\`@\`%\` IDENTIFIED BY PASSWORD ${hash} REQUIRE SSL`],
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
  ['MariaDB 10.11', 'SET DEFAULT ROLE `reader` FOR `a`@`%`'],
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
  ['MariaDB 10.11', 'GRANT SELECT ON `emr`.* TO PUBLIC'],
  [
    'the option alone',
    'GRANT USAGE ON `emr`.* TO `a`@`%` WITH GRANT OPTION',
    'USAGE ON `emr`.* WITH GRANT OPTION',
  ],
  ['an empty line', ''],
];

const z = { username: 'z', host: '%' };

/** Statements for `z`, without what they have in common. */
function rendered(grants: Grant[]): string {
  return grantStatements(grants, z)
    .map((text) => text.replace(/^GRANT /, '').replace(/ (TO|FROM) `z`@`%`/, ''))
    .join(' & ');
}

describe('parseGrants', () => {
  for (const [server, line, part = ''] of lines) {
    it(`${server}: ${line.replace(hash, "'*…'") || '(nothing)'}`, () =>
      expect(rendered(parseGrants(line))).to.equal(part));
  }

  it('a schema with WITH GRANT OPTION in its name gives no such option', () => {
    const line = 'GRANT SELECT ON `x WITH GRANT OPTION`.* TO `a`@`%`';
    expect(rendered(parseGrants(line))).to.equal('SELECT ON `x WITH GRANT OPTION`.*');
  });

  it('a grantee with a quoted TO in its name does not cut the line there', () => {
    expect(rendered(parseGrants('GRANT SELECT ON `emr`.* TO `x TO ``y`@`%`'))).to.equal('SELECT ON `emr`.*');
  });
});

describe('missingGrants', () => {
  const cases: [title: string, wanted: string[], present: string[], missing: string][] = [
    ['nothing, when both have the same', ['SELECT, INSERT ON `e`.*'], ['INSERT, SELECT ON `e`.*'], ''],
    ['one privilege of several', ['SELECT, INSERT ON `e`.*'], ['SELECT ON `e`.*'], 'INSERT ON `e`.*'],
    ['nothing that ALL PRIVILEGES has', ['SELECT, INSERT ON `e`.*'], ['ALL PRIVILEGES ON `e`.*'], ''],
    ['the grant option', ['SELECT ON `e`.* X'], ['SELECT ON `e`.*'], 'SELECT ON `e`.* WITH GRANT OPTION'],
    [
      'one column, whatever their order',
      ['SELECT (`b`, `a`, `c`) ON `e`.`t`'],
      ['SELECT (`a`, `b`) ON `e`.`t`'],
      'SELECT (`c`) ON `e`.`t`',
    ],
    ['no column of a whole table', ['SELECT (`a`) ON `e`.`t`'], ['SELECT ON `e`.`t`'], ''],
    [
      'the table and a column side by side',
      ['SELECT, UPDATE (`a`) ON `e`.`t`'],
      [],
      'SELECT, UPDATE (`a`) ON `e`.`t`',
    ],
    ['a role', ['`r`@`%`'], ['`s`@`%`'], '`r`@`%`'],
    ['the admin option of a role', ['`r`@`%` A'], ['`r`@`%`'], '`r`@`%` WITH ADMIN OPTION'],
    [
      'a partial revoke, after the grants',
      ['REVOKE INSERT ON `m`.*', 'INSERT ON *.*'],
      [],
      'INSERT ON *.* & REVOKE INSERT ON `m`.*',
    ],
    [
      'a grant that lifts a partial revoke of its own',
      ['INSERT ON *.*'],
      ['INSERT ON *.*', 'REVOKE INSERT ON `m`.*'],
      'INSERT ON `m`.*',
    ],
  ];
  const parsed = (parts: string[]): Grant[] =>
    parts.flatMap((part) =>
      parseGrants(
        part.startsWith('REVOKE')
          ? `${part} FROM \`y\`@\`%\``
          : `GRANT ${part.replace(/ [XA]$/, '')} TO \`y\`@\`%\`${part.endsWith(' X') ? ' WITH GRANT OPTION' : part.endsWith(' A') ? ' WITH ADMIN OPTION' : ''}`,
      ),
    );
  for (const [title, wanted, present, missing] of cases) {
    it(title, () => expect(rendered(missingGrants(parsed(wanted), parsed(present)))).to.equal(missing));
  }

  it('a question mark or a quote in any name stands in the statement as it is', () => {
    const wanted = parseGrants("GRANT SELECT ON `why?'``x`.* TO `a`@`%`");
    expect(grantStatements(wanted, { username: "o'`b?", host: '%' })).to.deep.equal([
      "GRANT SELECT ON `why?'``x`.* TO `o'``b?`@`%`",
    ]);
  });
});

describe('allOnSchema', () => {
  for (const [schema, quoted] of [
    ['openemr', '`openemr`'],
    ['open_emr', '`open\\_emr`'],
    ['50%', '`50\\%`'],
    ['a`b', '`a``b`'],
    ['a\\b', '`a\\\\b`'],
  ] as const) {
    it(`${schema} as ${quoted}, and back`, () => {
      const grant = allOnSchema(schema, 'pattern');
      expect(grantStatements([grant], z)).to.deep.equal([
        `GRANT ALL PRIVILEGES ON ${quoted}.* TO \`z\`@\`%\``,
      ]);
      expect(schemaOf(grant, 'pattern')).to.equal(schema);
    });
  }

  for (const [schema, quoted] of [
    ['open_emr', '`open_emr`'],
    ['50%', '`50%`'],
    ['a\\_b', '`a\\_b`'],
  ] as const) {
    it(`${schema} as it is where partial revokes are on, and back`, () => {
      const grant = allOnSchema(schema, 'literal');
      expect(grantStatements([grant], z)).to.deep.equal([
        `GRANT ALL PRIVILEGES ON ${quoted}.* TO \`z\`@\`%\``,
      ]);
      expect(schemaOf(grant, 'literal')).to.equal(schema);
    });
  }
});
