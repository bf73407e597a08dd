import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { Site } from '../../lab';
import { run } from './support/command';
import { databases, labWith } from './support/labs';
import { expectCode, expectHealthy } from './support/world';

/** State in a bucket is in stateBucket.test.ts. Each run has a new private folder, as in a pod of a CronJob. */
describe('state in a folder with a passphrase', function () {
  this.timeout(180_000);
  let site: Site;

  beforeEach(async () => {
    site = await (await labWith(databases[0] ?? 'mysql')).createSite();
  });
  afterEach(() => site.remove());

  it('whose metadata a kill has cut off', async () => {
    const home = site.environment['CREDENTIAL_ROTATION_HOME'] ?? '';
    for (const slot of ['B', 'A'] as const) {
      expectCode(await run(site), 0);
      await expectHealthy(site, slot);
      rmSync(home, { recursive: true });
      cutMetadata((site.environment['PULUMI_BACKEND_URL'] ?? '').replace('file://', ''));
    }
  });
});

function cutMetadata(folder: string): void {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const metadata = names.filter((name) => name.endsWith('.attrs'));
  expect(metadata).not.to.deep.equal([]);
  for (const name of metadata) writeFileSync(path.join(folder, name), '');
}
