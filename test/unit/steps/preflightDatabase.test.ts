import { expect } from 'chai';
import { adminHostProblems, notGivable } from '../../../src/steps/preflightDatabase';
import { fakeSession } from '../mysql/fakeSession';

/** What is said of an admin user with these hosts. */
async function said(...hosts: string[]): Promise<string[]> {
  const rows = hosts.map((host) => ({ host, plugin: 'caching_sha2_password' }));
  const { session } = fakeSession('8.0.36', [
    ['SELECT u.Host AS host', rows],
    ['SELECT CURRENT_USER()', [{ account: 'admin@10.0.%' }]],
  ]);
  const login = { host: 'db', port: '3306', username: 'admin', password: 'p', dbname: '' };
  const problems = await adminHostProblems({ session, credentials: { login } });
  return problems.map(({ code, outcome, message }) => `${code} ${outcome}: ${message}`);
}

describe('the hosts of the admin user', () => {
  it('one, and those of the server’s own machine: nothing is said', async () => {
    expect(await said('%')).to.deep.equal([]);
    expect(await said('%', 'localhost', '127.0.0.1', '::1')).to.deep.equal([]);
  });

  it('several: a rotation would change one of them, so it is refused with the statement that mends it', async () => {
    const [problem = '', ...more] = await said('%', '10.0.%', 'localhost');
    expect(more).to.deep.equal([]);
    expect(problem).to.match(
      /^account-ambiguous configuration: The admin user admin exists under several hosts \(%, 10\.0\.%\)/,
    );
    // Never the one whose password the secret has.
    expect(problem)
      .to.include('that of `admin`@`10.0.%`')
      .and.to.match(/drop them: DROP USER `admin`@`%`\.$/);
  });
});

describe('rights that the admin is to give', () => {
  const onSchema = 'GRANT ALL PRIVILEGES ON `open_emr`.* TO `openemr_b`@`%`';
  const onTable = 'GRANT SELECT ON `open_emr`.`log` TO `openemr_b`@`%`';
  const statements = [onSchema, onTable, 'GRANT `reader` TO `openemr_b`@`%`'];
  const usage = 'GRANT CREATE USER, PROCESS ON *.* TO `admin`@`%`';
  const own = (place: string, option = ' WITH GRANT OPTION'): string[] => [
    usage,
    `GRANT ALL PRIVILEGES ON ${place} TO \`admin\`@\`%\`${option}`,
  ];

  it('are his to give with GRANT OPTION on the place itself, on its schema, by a pattern, or everywhere', () => {
    for (const place of ['`open\\_emr`.*', '`open_emr`.*', '*.*', '`open%`.*'])
      expect(notGivable(statements, own(place)), place).to.deep.equal([]);
  });

  it('are told one by one where he has none: by the dry run, and not in step 4', () => {
    expect(notGivable(statements, [usage])).to.deep.equal([onSchema, onTable]);
    expect(notGivable(statements, own('`open_emr`.*', ''))).to.deep.equal([onSchema, onTable]);
    expect(notGivable(statements, own('`other`.*'))).to.deep.equal([onSchema, onTable]);
    expect(notGivable(statements, own('`open_emr`.`log`'))).to.deep.equal([onSchema]);
  });
});
