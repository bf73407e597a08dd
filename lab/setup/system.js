'use strict';

const fs = require('node:fs');

/** The systems that the lab knows: what their packages are called there. The keys are `ID VERSION_ID` of /etc/os-release. */
const KNOWN = {
  'debian 12': { title: 'Debian 12', php: '8.2', aio: 'libaio1', mariadb: '' },
  'debian 13': { title: 'Debian 13', php: '8.4', aio: 'libaio1t64', mariadb: '' },
  'ubuntu 22.04': { title: 'Ubuntu 22.04', php: '8.1', aio: 'libaio1', mariadb: '-10.6' },
  'ubuntu 24.04': { title: 'Ubuntu 24.04', php: '8.3', aio: 'libaio1t64', mariadb: '' },
};

/** Which of them a descendant goes by, such as Linux Mint or Raspberry Pi OS. */
const BY_CODENAME = {
  bookworm: 'debian 12',
  trixie: 'debian 13',
  jammy: 'ubuntu 22.04',
  noble: 'ubuntu 24.04',
};

/** How a kind of processor is called by Debian, by its library folders, by its loader, and by Pulumi's releases. */
const MACHINES = {
  x64: { debian: 'amd64', triplet: 'x86_64-linux-gnu', loader: 'ld-linux-x86-64.so.2', pulumi: 'x64' },
  arm64: { debian: 'arm64', triplet: 'aarch64-linux-gnu', loader: 'ld-linux-aarch64.so.1', pulumi: 'arm64' },
};

/** The names and values of /etc/os-release; an empty object for an empty text. */
function parseOsRelease(text) {
  const found = {};
  for (const line of text.split('\n')) {
    const [, name, value] = /^([A-Z_]+)=(.*)$/.exec(line.trim()) ?? [];
    if (name !== undefined) found[name] = value.replace(/^(["'])(.*)\1$/, '$2');
  }
  return found;
}

/**
 * What machine this is, as far as the set-up cares.
 *
 * @param {{ osRelease: string, platform: string, arch: string }} facts the text of /etc/os-release, and Node's words for the
 *   system and the processor
 * @returns {{ title: string, known: boolean, ubuntu: boolean, machine: object | undefined, packages: string[] }}
 *   `known`: one of those that the lab is made for
 */
function describeSystem({ osRelease, platform, arch }) {
  const release = parseOsRelease(osRelease);
  const { ID: id, VERSION_ID: version, UBUNTU_CODENAME: base, VERSION_CODENAME: codename } = release;
  const key = `${id} ${version}`;
  const found = KNOWN[key] ?? KNOWN[BY_CODENAME[base] ?? BY_CODENAME[codename]];
  const title =
    platform === 'linux' ? (release.PRETTY_NAME ?? KNOWN[key]?.title ?? 'an unknown Linux') : platform;
  return {
    title,
    known: platform === 'linux' && found !== undefined,
    ubuntu: found?.title.startsWith('Ubuntu') ?? false,
    machine: platform === 'linux' ? MACHINES[arch] : undefined,
    packages: packagesOf(found),
  };
}

/**
 * The packages that the lab uses where they are installed: MariaDB without its service, PHP, the two libraries that
 * MySQL 8.0.15 loads, openssl, the OCI runtime that runs pods of Jobs, and the first process of the image.
 */
function packagesOf(found = KNOWN['debian 12']) {
  return [
    `mariadb-server-core${found.mariadb}`,
    // From 10.11.19 on my_print_defaults, which mariadb-install-db calls, is in this one.
    `mariadb-client-core${found.mariadb}`,
    `php${found.php}-cli`,
    `php${found.php}-mysql`,
    found.aio,
    'libnuma1',
    'openssl',
    'crun',
    'tini',
    'ca-certificates',
    // Ubuntu's apt does not know who signs Debian's packages, from which MySQL 9 comes.
    ...(found.title.startsWith('Ubuntu') ? ['debian-archive-keyring'] : []),
  ];
}

/** The text of a file, or an empty one. */
function textOf(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

let here;

/** This machine. */
function thisSystem() {
  here ??= describeSystem({
    osRelease: textOf('/etc/os-release'),
    platform: process.platform,
    arch: process.arch,
  });
  return here;
}

/** The PHP of this machine: the newest that has a version in its name, as each package of Debian has. */
function phpFile(names = listed('/usr/bin')) {
  const version = (name) => Number(/^php8\.(\d+)$/.exec(name)?.[1] ?? -1);
  const [newest] = names
    .filter((name) => version(name) >= 0)
    .sort((one, other) => version(other) - version(one));
  return `/usr/bin/${newest ?? 'php'}`;
}

function listed(folder) {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}

module.exports = { KNOWN, MACHINES, parseOsRelease, describeSystem, thisSystem, phpFile };
