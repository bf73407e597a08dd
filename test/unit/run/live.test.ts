import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { Ended, Failure } from '../../../src/base/failure';
import type { Observation } from '../../../src/rotation/observation';
import { sayingWhatIsLive } from '../../../src/run/live';
import type { RunRequest } from '../../../src/run/request';
import { observationOf, worldOn } from '../rotation/simulatedWorld';

const observation = observationOf(worldOn('A'));
const { username } = observation.sqlconf.login;

describe('sayingWhatIsLive', () => {
  let sitesRoot: string;

  before(async () => {
    sitesRoot = await mkdtemp(path.join(tmpdir(), 'live-now-'));
    await mkdir(path.join(sitesRoot, 'default'));
    const values = { host: 'h', port: '3306', login: username, pass: 'p', dbase: 'd' };
    const lines = Object.entries(values).map(([name, value]) => `$${name} = '${value}';`);
    await writeFile(path.join(sitesRoot, 'default', 'sqlconf.php'), `<?php\n${lines.join('\n')}\n`);
  });
  after(() => rm(sitesRoot, { recursive: true }));

  /** What a run says that fails so, when it has seen this. */
  async function said(thrown: unknown, seen?: Observation, site = 'default'): Promise<unknown> {
    const context = { sitesRoot, site };
    const request = { settings: { context } } as unknown as RunRequest;
    return sayingWhatIsLive(request, async ({ saw }) => {
      if (seen) saw?.(seen);
      throw thrown;
    }).catch((error: unknown) => error);
  }

  it('names user and slot once the slot secret was read', async () => {
    const failure = await said(new Failure('setting-invalid', 'Wrong. Nothing was changed.'), observation);
    expect(failure)
      .to.be.instanceOf(Failure)
      .and.include({
        outcome: 'configuration',
        message: `Wrong. Nothing was changed. OpenEMR runs on ${username} (slot A).`,
      });
  });

  it('does not say that OpenEMR runs where the database was seen to refuse the login of its file', async () => {
    const refused = { ...observation, sqlconf: { ...observation.sqlconf, works: false } };
    const failure = await said(new Failure('setting-invalid', 'Wrong.'), refused);
    expect(failure).to.include({
      message: `Wrong. sqlconf.php names ${username} (slot A), and the database refuses that login.`,
    });
  });

  it('names the user alone before that', async () =>
    expect(await said(new Failure('lock-held', 'Locked.'))).to.include({
      message: `Locked. OpenEMR runs on ${username}.`,
    }));

  it('leaves the end of a run, whose message says it', async () => {
    const message = 'OpenEMR still runs on x.';
    const why = new Failure('health-page-bad', 'It is ill.');
    expect(await said(new Ended('held', why, message))).to.include({ message, outcome: 'held' });
  });

  it('leaves the code as it is', async () =>
    expect(await said(new Failure('lock-held', 'Locked.'))).to.include({
      code: 'lock-held',
      outcome: 'locked',
      message: `Locked. OpenEMR runs on ${username}.`,
    }));

  it('adds nothing where the file cannot be read', async () =>
    expect(await said(new Failure('lock-held', 'Locked.'), observation, 'gone')).to.include({
      message: 'Locked.',
    }));

  it('leaves what nobody foresaw', async () => {
    const error = new TypeError('x');
    expect(await said(error)).to.equal(error);
  });
});
