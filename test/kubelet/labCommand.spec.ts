import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { expect } from 'chai';
import { packageRoot } from '../../lab/package';
import { documented } from '../lab/support/documented';

/** What a node must not leave behind. */
function leftovers(): Record<string, string[]> {
  const links = Object.keys(networkInterfaces()).filter((name) => name.startsWith('openemrlab'));
  const groups = readdirSync('/sys/fs/cgroup/memory').filter((name) => name.startsWith('openemr-lab'));
  return { links, groups };
}

describe('`npm run lab` with the real kubelet', function () {
  this.timeout(400_000);

  it('runs pods until it is told to end, and leaves nothing behind', async () => {
    const { words } = documented('docs/development.md', 'npm run lab -- --kubelet');
    const [file = '', ...args] = words;
    const before = leftovers();
    const child = spawn(file, args, {
      cwd: packageRoot(),
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    let told = '';
    for await (const part of child.stdout.setEncoding('utf8')) {
      told += String(part);
      if (told.includes('Ctrl-C ends it.')) break;
    }
    expect(told).to.include('OpenEMR is up.');
    expect(leftovers()).not.to.deep.equal(before);
    process.kill(-(child.pid ?? 0), 'SIGINT');
    await once(child, 'exit');
    expect(leftovers()).to.deep.equal(before);
  });
});
