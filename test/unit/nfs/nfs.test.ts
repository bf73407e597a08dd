import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { optionTable } from '../../../src/settings/options';
import { cpio, folder } from '../../nfs/cpio';
import { mountOptions } from '../../nfs/mountOptions';
import type { Measures } from '../../nfs/measures';
import { claims, longestStat, longestWindow, recordSchema, tableLines } from '../../nfs/results';
import { repositoryFile } from '../docs/readme';

const file = repositoryFile('test', 'nfs', 'RESULTS.json');
const oldLoginSeconds = Number(optionTable.oldLoginSeconds.default);

// Written by `npm run test:nfs -- --write` alone.
if (existsSync(file))
  describe('what npm run test:nfs has recorded', () => {
    const recorded = recordSchema.parse(JSON.parse(readFileSync(file, 'utf8')));

    it('is shorter than the default window of the old login', () => {
      expect(longestWindow(recorded.measures)).to.be.greaterThan(20).and.to.be.at.most(oldLoginSeconds);
      expect(longestStat(recorded.measures)).to.be.at.most(oldLoginSeconds);
    });

    it('held all that the product promises, with the options that the test mounts with', () => {
      expect(broken(recorded.measures, oldLoginSeconds)).to.deep.equal([]);
      expect(recorded.mountOptions).to.equal(mountOptions);
    });

    it('stands in docs/nfs.md', () => {
      expect(readFileSync(repositoryFile('docs', 'nfs.md'), 'utf8')).to.include(
        tableLines(recorded).join('\n'),
      );
    });
  });

function broken(measures: Measures, seconds: number): string[] {
  return claims(measures, seconds)
    .filter(([, holds]) => !holds)
    .map(([claim]) => claim);
}

describe('what is claimed about NFS', () => {
  const good = example();

  it('holds for a run in which all is well, and not with a shorter window of the old login', () => {
    expect(broken(good, oldLoginSeconds)).to.deep.equal([]);
    expect(broken(good, longestWindow(good) - 1)).to.have.lengthOf(1);
  });

  it('does not hold when the reader failed, owner or mode were lost, or a write came after its limit', () => {
    for (const bad of [
      { race: { ...good.race, errors: ['ESTALE'] } },
      { kept: false },
      { nextOpen: 3 },
      { productHeld: 3 },
      { stale: '' },
      { hang: { ...good.hang, unchanged: false } },
      { hang: { ...good.hang, message: 'EIO' } },
    ])
      expect(broken({ ...good, ...bad }, oldLoginSeconds)).to.have.lengthOf(1);
  });

  it('is said with the default that the product has', () => {
    const page = readFileSync(repositoryFile('docs', 'nfs.md'), 'utf8');
    expect(page).to.include(`\`--old-login-window\` (${oldLoginSeconds} s)`);
    expect(page).to.include(`\`--idle-grace\` (${optionTable.idleGraceSeconds.default} s)`);
  });
});

describe('npm run test:nfs', () => {
  it('says in one sentence why it cannot run where its parts cannot be had', () => {
    const cache = mkdtempSync(path.join(tmpdir(), 'nfs-'));
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [repositoryFile('dist/test/nfs/main.js')],
      {
        encoding: 'utf8',
        env: { PATH: '', XDG_CACHE_HOME: cache },
      },
    );
    rmSync(cache, { recursive: true });
    expect(stdout).to.equal('');
    expect(stderr).to.match(/^The NFS test cannot run here: it needs .*apt of Debian.*\.\n$/);
    expect(status).to.equal(2);
  });

  it('gives the kernel its first files in an archive that cpio(1) reads', function () {
    const files = [
      folder('bin'),
      { name: 'bin/a', mode: 0o100755, bytes: Buffer.from('one') },
      { name: 'b', mode: 0o100644, bytes: Buffer.from('12345678') },
    ];
    const archive = cpio(files);
    expect(archive.length % 4).to.equal(0);
    const names = [...archive.toString('latin1').matchAll(/070701[0-9a-f]{104}([^\0]+)/g)];
    expect(names.map(([, name]) => name)).to.deep.equal(['bin', 'bin/a', 'b', 'TRAILER!!!']);
    for (const { index } of names) expect(index % 4).to.equal(0);
  });
});

function example(): Measures {
  return {
    kernel: '6.1',
    ...{
      nextOpen: 0,
      productHeld: 0,
      heldByItself: 29,
      heldByAnother: 29,
      heldLongUnchanged: [40, 59],
      statFree: 7.5,
      statHeld: 58,
    },
    race: { writes: 20, reads: 60, errors: [], plainReads: 60, plainErrors: ['ESTALE'] },
    ...{ kept: true, owner: '1000:1000 400', stale: 'its network file handle is stale' },
    hang: {
      ...{ limit: 3, read: 3, message: 'has not answered for 3 s', written: 'has not answered for 3 s' },
      ...{ back: 5, unchanged: true },
    },
  };
}
