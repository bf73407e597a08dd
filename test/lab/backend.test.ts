import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

  it('commands that only look leave a damaged one as it is, and the home; the next run mends it', async () => {
    expectCode(await run(site), 0);
    const home = site.environment['CREDENTIAL_ROTATION_HOME'] ?? '';
    const backend = (site.environment['PULUMI_BACKEND_URL'] ?? '').replace('file://', '');
    cutMetadata(backend);
    const tree = (): object => ({ home: contents(home), backend: contents(backend) });
    const before = tree();
    const looking: [string[], number][] = [
      [['status'], 0],
      [['status', '--json'], 0],
      [['verify'], 0],
      [['--dry-run'], 0],
      [['--dry-run', '--sync-db-users'], 0],
      [['--dry-run', '--plan', path.join(site.folder, 'plan.json')], 0],
      [['rollback', '--dry-run'], 0],
      [['history', '--json'], 0],
      [['config', 'show'], 0],
    ];
    for (const [args, code] of looking) {
      const result = await run(site, args);
      expectCode(result, code);
      expect(result.stdout + result.stderr, args.join(' ')).not.to.match(/credential-rotation-preview-/);
      expect(tree(), args.join(' ')).to.deep.equal(before);
    }
    const told = JSON.parse((await run(site, ['history', '--json'])).stdout) as { rotations: unknown[] };
    expect(told.rotations).to.have.lengthOf(1);
    expectCode(await run(site, ['--plan', path.join(site.folder, 'plan.json')]), 0);
    await expectHealthy(site, 'A');
  });
});

/** Every file below a folder with its bytes and the time of its last write. */
function contents(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return names.map((name) => {
    const file = path.join(folder, name);
    const { mtimeMs, size } = lstatSync(file);
    const isFile = lstatSync(file).isFile();
    const hash = isFile ? createHash('sha256').update(readFileSync(file)).digest('hex') : 'folder';
    return `${name} ${size} ${mtimeMs} ${hash}`;
  });
}

function cutMetadata(folder: string): void {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const metadata = names.filter((name) => name.endsWith('.attrs'));
  expect(metadata).not.to.deep.equal([]);
  for (const name of metadata) writeFileSync(path.join(folder, name), '');
}
