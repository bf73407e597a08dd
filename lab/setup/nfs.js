'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { publish } = require('./cache.js');
const { isDebian, update } = require('./debian.js');
const { unpackFromSuite } = require('./otherSuite.js');
const { SetupError, run } = require('./run.js');
const { cacheFolder } = require('./tools.js');

/** The suite whose kernel, emulator and NFS programs are used, as the folder in the cache is named. */
const SUITE = 'bookworm';

const PACKAGES = [
  'qemu-system-x86',
  'linux-image-amd64',
  'nfs-kernel-server',
  'iproute2',
  'e2fsprogs',
  'busybox-static',
];

/** What they depend on for their maintenance scripts, for a screen or for a boot from a disk. */
const NOT_NEEDED =
  /^(perl|libperl|python|libpython|initramfs|dracut|firmware|systemd|udev|usrmerge|mesa|libllvm|libicu|debconf|passwd|adduser)/;

/** Where Debian lays its libraries. */
const LIBRARIES = ['lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu'];

/** The folder of the parts: a tree of Debian that a virtual machine has as its own, with the emulator and the kernel in it. */
function nfsFolder() {
  return path.join(cacheFolder(), `nfs-${SUITE}`);
}

/** A command that runs a program of the tree with the tree's own libraries. */
function inTree(folder, program) {
  const libraries = LIBRARIES.map((name) => path.join(folder, name));
  const loader = path.join(libraries[0], 'ld-linux-x86-64.so.2');
  return [loader, '--library-path', libraries.join(':'), path.join(folder, program)];
}

/** The emulator. */
function emulator(folder) {
  return inTree(folder, 'usr/bin/qemu-system-x86_64');
}

/**
 * Fetches what the NFS test needs beside the checkout, once for a machine; nothing is installed.
 *
 * @returns {Promise<string>} the folder
 * @throws SetupError with the reason, and what would help
 */
async function fetchNfsParts(log) {
  const target = nfsFolder();
  if (fs.existsSync(target)) return target;
  if (process.platform !== 'linux' || process.arch !== 'x64' || !isDebian())
    throw new SetupError('it needs Linux on x86-64 with the apt of Debian, for an emulator and a kernel.');
  fs.mkdirSync(path.dirname(log), { recursive: true });
  if (process.getuid() === 0) await update(log);
  await publish(target, async (folder) => {
    await unpackFromSuite(folder, { suite: SUITE, packages: PACKAGES, leaveOut: NOT_NEEDED }, log);
    const [loader, ...args] = emulator(folder);
    await run(loader, [...args, '--version'], { log });
  });
  return target;
}

module.exports = { emulator, fetchNfsParts, nfsFolder };
