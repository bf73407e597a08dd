'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { publish } = require('./cache.js');
const { APT, QUIET, update } = require('./debian.js');
const { debianAddress } = require('./otherSuite.js');
const { run, which } = require('./run.js');
const versions = require('./versions.js');

/** What runs containers, unpacked and not installed: Debian would start containerd as a service. */
const RUNTIME = ['containerd', 'runc', 'containernetworking-plugins', 'libseccomp2'];

/** What the image of an OpenEMR has of Debian. */
const OPENEMR = ['php8.2-fpm', 'php8.2-cli', 'php8.2-mysql', 'apache2'];

/** containerd, runc and the CNI plugins of this machine's Debian; their one library beside them. */
async function fetchPodRuntime(target, log) {
  await publish(target, async (folder) => {
    await update(log);
    await run('apt-get', [...APT, 'download', ...RUNTIME], { cwd: folder, env: QUIET, log });
    for (const name of fs.readdirSync(folder).filter((file) => file.endsWith('.deb'))) {
      await run('dpkg', ['-x', name, '.'], { cwd: folder, log });
      fs.rmSync(path.join(folder, name));
    }
    fs.mkdirSync(path.join(folder, 'libraries'));
    const libraries = path.join(folder, 'usr', 'lib');
    for (const place of fs.readdirSync(libraries).filter((name) => name.endsWith('-linux-gnu')))
      for (const name of fs.readdirSync(path.join(libraries, place)).filter((file) => file.includes('.so')))
        fs.symlinkSync(path.join('..', 'usr', 'lib', place, name), path.join(folder, 'libraries', name));
  });
}

/** Installs a package of Debian for one of its programs, when that is not there. */
async function installFor(program, log) {
  if (which(program) !== undefined) return;
  await update(log);
  await run('apt-get', [...APT, 'install', '-y', '--no-install-recommends', program], { env: QUIET, log });
}

/** Makes a system of Debian as a tar file, by mmdebstrap, which is installed for it. */
async function makeDebian(file, packages, log) {
  await installFor('mmdebstrap', log);
  const include = packages.length > 0 ? [`--include=${packages.join(',')}`] : [];
  const source = `deb ${debianAddress()} ${versions.debian} main`;
  await run('mmdebstrap', ['--variant=minbase', ...include, versions.debian, file, source], { log });
}

/** Debian with PHP and Apache. */
function makeOpenemrBase(target, log) {
  return publish(target, (folder) => makeDebian(path.join(folder, 'base.tar'), OPENEMR, log));
}

/** Debian and nothing else, which images are built on. */
function makeDebianBase(target, log) {
  return publish(target, (folder) => makeDebian(path.join(folder, 'base.tar'), ['ca-certificates'], log));
}

module.exports = { fetchPodRuntime, installFor, makeDebianBase, makeOpenemrBase };
