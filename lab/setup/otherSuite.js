'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { publish } = require('./cache.js');
const { APT, QUIET, update } = require('./debian.js');
const { run } = require('./run.js');
const { thisSystem } = require('./system.js');

/** Where Debian's own packages are, for a machine that takes its packages from elsewhere. */
const DEBIAN = 'https://deb.debian.org/debian/';

/** Where a package of Debian lays its libraries on this kind of machine. */
const libraries = () => `usr/lib/${thisSystem().machine.triplet}`;

/** What a server's package depends on for its maintenance scripts alone. */
const NOT_NEEDED = /^(perl|libperl|libgdbm|libdb5|debconf|passwd|adduser|psmisc|rsync|socat|lsof)/;

/** The address from which this machine takes its Debian packages: the other suites lie beside its own. */
function debianAddress() {
  const lines = execFileSync(
    'apt-get',
    ['indextargets', '--format', '$(ORIGIN) $(RELEASE) $(REPO_URI)', 'Created-By: Packages'],
    { encoding: 'utf8', env: QUIET },
  );
  const found = lines
    .split('\n')
    .map((line) => line.split(' '))
    .find(([origin, release]) => origin === 'Debian' && !release.includes('security'));
  return found?.[2] ?? DEBIAN;
}

/**
 * The environment of an apt of its own in a folder: it knows one suite and no installed package, and the machine's stays as it is.
 *
 * @param {string | undefined} architecture in Debian's words, or undefined for this machine's
 */
function aptIn(folder, suite, address, architecture) {
  for (const name of ['lists/partial', 'archives/partial'])
    fs.mkdirSync(path.join(folder, name), { recursive: true });
  fs.writeFileSync(path.join(folder, 'status'), '');
  const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
  fs.writeFileSync(
    path.join(folder, 'sources.list'),
    `deb [signed-by=${keyring}] ${address} ${suite} main\n`,
  );
  const settings = {
    'Dir::State': folder,
    'Dir::State::lists': path.join(folder, 'lists'),
    'Dir::State::status': path.join(folder, 'status'),
    'Dir::Cache': folder,
    'Dir::Cache::archives': path.join(folder, 'archives'),
    'Dir::Etc::sourcelist': path.join(folder, 'sources.list'),
    'Dir::Etc::sourceparts': '-',
    'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled': 'false',
    'Acquire::Languages': 'none',
    // A suite that changes each day is good for a week only, and a mirror that stands still, or a clock that is ahead, would be
    // the end of it. Its signature is checked all the same, and what comes of it runs in the lab alone; packages for another
    // processor go into the image, so there the date counts.
    ...(architecture === undefined
      ? { 'Acquire::Check-Valid-Until': 'false' }
      : { 'APT::Architecture': architecture, 'APT::Architectures': architecture }),
  };
  const file = path.join(folder, 'apt.conf');
  fs.writeFileSync(
    file,
    Object.entries(settings)
      .map(([name, value]) => `${name} "${value}";\n`)
      .join(''),
  );
  return { ...QUIET, APT_CONFIG: file };
}

/** Where the launcher of a program lies: as `usr/sbin/mysqld` does, without `usr`. */
function launcherOf(program) {
  return path.relative('usr', program);
}

/** A command that runs a program with the C library and the loader of its own suite, wherever the folder lies. */
function writeLauncher(folder, program) {
  const file = path.join(folder, launcherOf(program));
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const text = `#!/bin/sh
root="\${0%/*}/.."
exec "$root/${libraries()}/${thisSystem().machine.loader}" --argv0 "$0" --library-path "$root/${libraries()}" "$root/${program}" "$@"
`;
  fs.writeFileSync(file, text, { mode: 0o755 });
}

/** Notes a package in the database of dpkg in a folder, as an installation would: whose files are whose, and what they are. */
async function writeRecord(folder, deb, log) {
  const database = path.join(folder, 'var', 'lib', 'dpkg');
  const info = path.join(database, 'info');
  const control = path.join(database, 'control.tmp');
  fs.mkdirSync(info, { recursive: true });
  await run('dpkg-deb', ['--control', deb, control], { log });
  const text = fs.readFileSync(path.join(control, 'control'), 'utf8').trimEnd();
  const [name, architecture] = ['Package', 'Architecture'].map(
    (field) => new RegExp(`^${field}: *(\\S+)$`, 'm').exec(text)[1],
  );
  const own = /^Multi-Arch: *same$/m.test(text) ? `${name}:${architecture}` : name;
  const tar = await run('/bin/sh', ['-c', 'dpkg-deb --fsys-tarfile "$0" | tar -tf -', deb], { log });
  const files = tar.split('\n').map((line) => line.replace(/^\./, '').replace(/\/$/, ''));
  fs.writeFileSync(path.join(info, `${own}.list`), `${files.filter((file) => file !== '').join('\n')}\n`);
  const sums = path.join(control, 'md5sums');
  if (fs.existsSync(sums)) fs.copyFileSync(sums, path.join(info, `${own}.md5sums`));
  fs.appendFileSync(path.join(database, 'status'), `${text}\n\n`);
  fs.rmSync(control, { recursive: true });
}

/**
 * Packages of a suite with all that they depend on, unpacked into a folder one over the other. None of their scripts runs.
 *
 * @param {{ suite: string, packages: string[], leaveOut: RegExp, architecture?: string, records?: boolean }} wanted `architecture`
 *   as aptIn() takes it; `records`: with the database of dpkg
 */
async function unpackFromSuite(folder, { suite, packages, leaveOut, architecture, records }, log) {
  const work = path.join(folder, 'apt');
  const env = aptIn(work, suite, debianAddress(), architecture);
  await run('apt-get', [...APT, 'update'], { env, log });
  const install = ['install', '-y', '--no-install-recommends', '--download-only', ...packages];
  await run('apt-get', [...APT, ...install], { env, log });
  const archives = path.join(work, 'archives');
  const debs = fs.readdirSync(archives).filter((name) => name.endsWith('.deb') && !leaveOut.test(name));
  for (const name of debs) {
    await run('dpkg', ['-x', path.join(archives, name), folder], { log });
    if (records) await writeRecord(folder, path.join(archives, name), log);
  }
  fs.rmSync(work, { recursive: true });
}

/**
 * Programs of another suite of Debian, with all that they load, unpacked into the cache and not installed: this machine's
 * C library may be older than theirs.
 *
 * @param {{ suite: string, packages: string[], programs: string[] }} wanted programs as paths in the packages, below `usr`; each gets
 *   a launcher beside `usr`
 */
async function fetchFromSuite(target, { suite, packages, programs }, log) {
  if (process.getuid() === 0) await update(log);
  await publish(target, async (folder) => {
    await unpackFromSuite(folder, { suite, packages, leaveOut: NOT_NEEDED }, log);
    for (const program of programs) writeLauncher(folder, program);
    fs.symlinkSync('usr/share', path.join(folder, 'share'));
    await run(path.join(folder, launcherOf(programs[0])), ['--no-defaults', '--version'], { log });
  });
}

module.exports = { debianAddress, fetchFromSuite, launcherOf, unpackFromSuite };
