'use strict';

const { execFileSync } = require('node:child_process');
const { PACKAGES, isDebian, missingPackages } = require('./debian.js');
const { goCommand } = require('./go.js');
const { which } = require('./run.js');
const versions = require('./versions.js');

function succeeds(command, args) {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function goVersionIsOld(go) {
  const found = /go(\d+)\.(\d+)/.exec(execFileSync(go, ['version'], { encoding: 'utf8' }));
  if (found === null) return false; // A development version of Go.
  const [major, minor] = versions.go.split('.').map(Number);
  return Number(found[1]) === major && Number(found[2]) < minor;
}

const GO_INSTALL =
  'run `curl -fsSL https://go.dev/dl/go1.26.0.linux-amd64.tar.gz | tar -C /usr/local -xz` as root';

/** What a step can need. Each says in one sentence what is missing and how to get it, or nothing. */
const CHECKS = {
  npm() {
    if (which('npm') === undefined) return 'npm is missing: run `apt-get install -y npm` as root.';
  },
  go() {
    const go = goCommand();
    if (go === undefined) return `Go ${versions.go} or newer is missing: ${GO_INSTALL}.`;
    if (goVersionIsOld(go))
      return `Go is older than ${versions.go}: ${GO_INSTALL}, and put it first on PATH.`;
  },
  python() {
    if (which('python3') === undefined || !succeeds('python3', ['-c', 'import venv, ensurepip'])) {
      return 'Python 3 with venv is missing: run `apt-get install -y python3 python3-venv` as root.';
    }
  },
  maven() {
    if (which('java') === undefined || which('mvn') === undefined) {
      return 'Java with Maven is missing: run `apt-get install -y default-jdk-headless maven` as root.';
    }
  },
  debian() {
    if (!isDebian()) return 'The lab needs a Debian 12 machine: apt-get and dpkg are missing here.';
  },
  superuser() {
    if (process.getuid() !== 0)
      return 'The real kubelet, and images without Docker, need root: start this as root.';
  },
  root() {
    if (process.getuid() === 0) return undefined;
    const missing = missingPackages();
    return `Debian packages are missing: run \`apt-get install -y --no-install-recommends ${(missing.length >
    0
      ? missing
      : PACKAGES
    ).join(' ')}\` as root.`;
  },
};

/**
 * What is missing on this machine for the steps that have work to do.
 *
 * @param {string[]} needs names of checks
 * @param {boolean} withLab whether the lab's servers are to run on it
 * @returns {string[]} one sentence for each thing that is missing
 */
function missingPrerequisites(needs, withLab) {
  const [major] = process.versions.node.split('.').map(Number);
  const sentences = [];
  if (withLab && (process.platform !== 'linux' || process.arch !== 'x64')) {
    sentences.push(`The lab needs Linux on x86-64, and this is ${process.platform} on ${process.arch}.`);
  }
  if (major < 18) sentences.push('Node is older than 18: run `apt-get install -y nodejs` as root.');
  for (const name of new Set(needs)) {
    const sentence = CHECKS[name]();
    if (sentence !== undefined) sentences.push(sentence);
  }
  return sentences;
}

module.exports = { missingPrerequisites };
