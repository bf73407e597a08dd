import { expect } from 'chai';
import { Failure } from '../../../src/base/failure';
import { changeAccount, probeProblem } from '../../../src/mysql/accountChange';
import { DatabaseFailure } from '../../../src/mysql/databaseErrors';
import type { Answer } from './fakeSession';
import { fakeSession } from './fakeSession';

const error = (errno: number, passes = false): Error =>
  new DatabaseFailure('database-unreachable', 'refused', { cause: { errno }, passes });
const [noRight, noSchema, noTable, waited] = [error(1142), error(1049), error(1146), error(1205, true)];
const mysql = '8.0.36';
const mariadb = '10.11.6-MariaDB';

/** Whether the change was sent, and how it ended. The lab's servers answer so, with each lock held (databaseFaults.test.ts). */
async function sent(
  version: string,
  schema: string,
  answers: [string, Answer][],
): Promise<{ isSent: boolean; failure: unknown }> {
  const { session, asked } = fakeSession(version, answers, schema);
  const failure = await changeAccount(session, 'ALTER USER x').catch((thrown: unknown) => thrown);
  return { isSent: asked.some(([sql]) => sql === 'ALTER USER x'), failure };
}

describe('a change of an account', () => {
  const names: [string, Answer] = ['SELECT SCHEMA_NAME', [{ name: 'other' }, { name: 'emr' }]];
  const cases: [string, string, string, [string, Answer][], boolean][] = [
    ['no such table', mysql, 'emr', [['ALTER TABLE', noTable]], true],
    ['no such schema, seen behind the locks', mysql, 'none', [['ALTER TABLE', noSchema]], true],
    ['a lock', mysql, 'emr', [['ALTER TABLE', waited]], false],
    ['a lock', mariadb, 'emr', [['ALTER TABLE', waited]], false],
    [
      'no right to ALTER, and no lock by DELETE',
      mysql,
      'emr',
      [
        ['ALTER TABLE', noRight],
        ['DELETE', noTable],
      ],
      true,
    ],
    [
      'no right to ALTER, and a lock by DELETE',
      mysql,
      'emr',
      [
        ['ALTER TABLE', noRight],
        ['DELETE', waited],
      ],
      false,
    ],
    [
      'no schema named, and one that is seen',
      mysql,
      '',
      [
        names,
        ['ALTER TABLE `other`', noRight],
        ['DELETE FROM `other`', noRight],
        ['ALTER TABLE `emr`', noTable],
      ],
      true,
    ],
    [
      'no schema named, and a lock',
      mysql,
      '',
      [
        names,
        ['ALTER TABLE `other`', noRight],
        ['DELETE FROM `other`', noRight],
        ['ALTER TABLE `emr`', waited],
      ],
      false,
    ],
    [
      'no schema named, and a lock',
      mariadb,
      '',
      [names, ['ALTER TABLE `other`', noRight], ['ALTER TABLE `emr`', waited]],
      false,
    ],
  ];
  for (const [what, version, schema, answers, wanted] of cases)
    it(`${version}, ${what}: ${wanted ? 'is sent' : 'waits'}`, async () => {
      const { isSent, failure } = await sent(version, schema, answers);
      expect(isSent).to.equal(wanted);
      if (!wanted) expect(failure).to.include({ passes: true });
    });

  it('is refused where no probe may be run: nobody can tell whether there is a lock', async () => {
    for (const version of [mysql, mariadb]) {
      const refused: [string, Answer][] = [
        ['ALTER TABLE', noRight],
        ['DELETE', noRight],
      ];
      const { isSent, failure } = await sent(version, 'emr', [names, ...refused]);
      expect(isSent).to.equal(false);
      expect(failure).to.be.instanceOf(Failure).and.to.include({ outcome: 'permission', passes: false });
    }
  });
});

describe('the grants of an admin that may change accounts, and no table', () => {
  const global = 'GRANT CREATE USER, PROCESS, SELECT ON *.* TO `admin`@`%`';
  const told = (more: string[], isMariadb = false): string | undefined =>
    probeProblem([global, ...more], isMariadb)?.code;

  it('are told before anything is changed: no step could see whether a backup holds a lock', () => {
    expect(told([])).to.equal('admin-permission-missing');
    expect(told(['GRANT SELECT ON `openemr`.* TO `admin`@`%`'])).to.equal('admin-permission-missing');
    expect(told(['GRANT ALTER ON `openemr`.`log` TO `admin`@`%`'])).to.equal('admin-permission-missing');
  });

  it('are enough with the right to change a table of any schema', () => {
    expect(told(['GRANT ALL PRIVILEGES ON `open emr`.* TO `admin`@`%` WITH GRANT OPTION'])).to.equal(
      undefined,
    );
    expect(told(['GRANT SELECT, ALTER ON *.* TO `admin`@`%`'])).to.equal(undefined);
    expect(told(['GRANT DELETE ON `openemr`.* TO `admin`@`%`'])).to.equal(undefined);
    // DELETE waits for no lock of MariaDB's.
    expect(told(['GRANT DELETE ON `openemr`.* TO `admin`@`%`'], true)).to.equal('admin-permission-missing');
  });
});
