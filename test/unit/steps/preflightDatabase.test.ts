import { expect } from 'chai';
import { adminHostProblems } from '../../../src/steps/preflightDatabase';
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
