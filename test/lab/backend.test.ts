import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { run } from './support/command';
import { databases, labWith } from './support/labs';
import { expectCode, expectHealthy } from './support/world';

/** Each run has a new private folder, as in a pod of a CronJob: what must be kept is in the backend. */
describe('state backends', function () {
  this.timeout(180_000);
  let lab: Lab;
  let site: Site;

  beforeEach(async () => {
    lab = await labWith(databases[0] ?? 'mysql');
    site = await lab.createSite();
  });
  afterEach(() => site.remove());

  it('a folder with a passphrase, whose metadata a kill has cut off', () =>
    rotateTwice(site, {}, () => {
      const folder = (site.environment['PULUMI_BACKEND_URL'] ?? '').replace('file://', '');
      const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
      const metadata = names.filter((name) => name.endsWith('.attrs'));
      expect(metadata).not.to.deep.equal([]);
      for (const name of metadata) writeFileSync(path.join(folder, name), '');
    }));
});

async function rotateTwice(
  site: Site,
  environment: Record<string, string | undefined>,
  between: () => void = () => undefined,
): Promise<void> {
  const home = site.environment['CREDENTIAL_ROTATION_HOME'] ?? '';
  for (const slot of ['B', 'A'] as const) {
    expectCode(await run(site, [], environment), 0);
    await expectHealthy(site, slot);
    rmSync(home, { recursive: true });
    between();
  }
}
