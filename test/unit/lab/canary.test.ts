import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import type { CanaryResult } from '../../../lab';
import { startCanary } from '../../../lab/traffic/canary';
import { until } from '../../lab/support/until';

/** What sqlconf.php and the Secret hold; undefined: nothing. */
interface Held {
  file: string | undefined;
  secret: string | undefined;
}

describe('the logins of a lab', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'canary-test-'));
  });
  after(() => rm(folder, { recursive: true }));

  /** Some rounds of logins; gives their counts, and whose logins were tried. */
  async function rounds(
    { file, secret }: Held,
    login: (user: string) => Promise<boolean>,
  ): Promise<{ result: CanaryResult; tried: string[] }> {
    const sqlconfFile = path.join(folder, 'sqlconf.php');
    await writeFile(
      sqlconfFile,
      file === undefined ? '<?php\n' : `<?php\n$login = '${file}';\n$pass = 'x';\n`,
    );
    const tried: string[] = [];
    const sources = {
      sqlconfFile,
      kubernetesSecret: () => async () =>
        secret === undefined ? {} : { 'mysql-user': secret, 'mysql-password': 'x' },
      login: async (user: string) => {
        tried.push(user);
        return login(user);
      },
    };
    const canary = startCanary(sources, { everyMs: 5 });
    await until('some rounds', () => canary.result.logins > 6);
    return { result: await canary.stop(), tried };
  }

  it('one login stands for both places while they say the same', async () => {
    const { result, tried } = await rounds({ file: 'a', secret: 'a' }, async () => true);
    expect(result).to.include({ logins: tried.length, failed: 0 });
  });

  it('each place is tried while they differ, and the one that is refused is named', async () => {
    const { result, tried } = await rounds({ file: 'a', secret: 'b' }, async (user) => user === 'a');
    expect(tried.filter((user) => user === 'a')).to.have.lengthOf(tried.length / 2);
    expect(result.failed).to.equal(tried.length / 2);
    for (const failure of result.failures)
      expect(failure).to.match(/ Kubernetes Secret, user b: the server refuses the login$/);
  });

  it('a refusal of what both say names both', async () => {
    const { result } = await rounds({ file: 'a', secret: 'a' }, async () => false);
    expect(result.failures[0]).to.match(/ sqlconf\.php and Kubernetes Secret, user a: the server refuses/);
  });

  it('a place without a login, and a server that cannot be asked, are failures', async () => {
    const { result } = await rounds({ file: 'a', secret: undefined }, async () => true);
    expect(result.failed).to.equal(result.logins / 2);
    expect(result.failures[0]).to.match(/ Kubernetes Secret, user \?: holds no login$/);
    const { result: away } = await rounds({ file: undefined, secret: 'b' }, () =>
      Promise.reject(new Error('away')),
    );
    expect(away.failed).to.equal(away.logins);
    expect(away.failures.join('\n')).to.match(/sqlconf\.php, user \?: holds no login/);
    expect(away.failures.join('\n')).to.match(/Kubernetes Secret, user b: away/);
  });
});
