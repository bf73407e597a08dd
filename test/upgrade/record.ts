import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { startLab } from '../../lab';
import type { Site } from '../../lab';
import { packageVersion } from '../../src/base/packageVersion';
import { runWithFault } from '../faults/sweep';
import { run } from '../lab/support/command';
import { expectCode } from '../lab/support/world';
import type { Facts } from './fixture';
import { fixtureFolder, fixturePassphrase, fixtureSite } from './fixture';

/**
 * `node dist/test/upgrade/record.js`: makes the fixtures of this version from real runs in a lab. It is run once for a
 * version, before the next one; what was recorded is never changed afterwards.
 */
async function record(): Promise<void> {
  const folder = fixtureFolder(packageVersion());
  rmSync(folder, { recursive: true, force: true });
  const lab = await startLab({ database: 'mysql' });
  try {
    const site = await lab.createSite({ name: fixtureSite });
    site.environment['PULUMI_CONFIG_PASSPHRASE'] = fixturePassphrase;
    // Rotated, rolled back, rotated: OpenEMR is on A again, as at the start of every site.
    expectCode(await run(site), 0);
    await site.podFault('health-500', { rollouts: 1 });
    expectCode(await run(site), 13);
    expectCode(await run(site), 0);
    await keep(site, path.join(folder, 'rotated'));
    await say(site, path.join(folder, 'rotated'), {
      'verify.json': ['verify', '--json'],
      'dry-run.jsonl': ['--dry-run', '--log-json', '--plan', path.join(folder, 'rotated', 'plan.json')],
    });
    // The plan is in the state, and nothing else has been done yet.
    const killed = await runWithFault(site, {
      point: 'engine: admin-credentials begins',
      mode: 'kill-before',
    });
    if (killed.signal !== 'SIGKILL') throw new Error(`not killed:\n${killed.stderr}`);
    await keep(site, path.join(folder, 'unfinished'));
    const facts: Facts = {
      folder: site.folder,
      host: lab.database.host,
      port: String(lab.database.port),
      slotSecretId: site.slotSecretId,
      adminSecretId: site.adminSecretId,
    };
    writeFileSync(path.join(folder, 'facts.json'), `${JSON.stringify(facts, undefined, 2)}\n`);
  } finally {
    await lab.stop();
  }
}

/** The state backend as it lies on the disk, and what the command says about it. */
async function keep(site: Site, folder: string): Promise<void> {
  const backend = (site.environment['PULUMI_BACKEND_URL'] ?? '').replace('file://', '');
  mkdirSync(folder, { recursive: true });
  // Of all that the engine keeps, what it reads: not its copies.
  const filter = (file: string): boolean => !/\/backups$|\.bak(\.attrs)?$|\.checkpoint\.json/.test(file);
  cpSync(path.join(backend, '.pulumi'), path.join(folder, 'backend'), { recursive: true, filter });
  await say(site, folder, {
    'status.json': ['status', '--json'],
    'status.txt': ['status'],
    'history.json': ['history', '--json'],
    'history.txt': ['history'],
  });
}

async function say(site: Site, folder: string, commands: Record<string, string[]>): Promise<void> {
  for (const [file, args] of Object.entries(commands)) {
    const { stdout } = await run(site, args);
    writeFileSync(path.join(folder, file), stdout);
  }
}

record().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
