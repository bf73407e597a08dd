'use strict';

const { execFileSync } = require('node:child_process');
const { missingPackages, isDebian } = require('./debian.js');
const { goCommand } = require('./go.js');
const { which } = require('./run.js');
const { thisSystem } = require('./system.js');

function succeeds(command, args) {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function isRoot() {
  return process.getuid() === 0;
}

/**
 * What a step can need. Each says what is missing, and which packages bring it; nothing when it is there. A sentence without
 * packages is about something that no package brings.
 */
const CHECKS = {
  npm() {
    if (which('npm') === undefined) return { what: 'npm', packages: ['npm'] };
  },
  /** Go itself comes with pip where it is missing. */
  go() {
    if (goCommand() === undefined) return CHECKS.python();
  },
  python() {
    if (which('python3') !== undefined && succeeds('python3', ['-c', 'import venv, ensurepip']))
      return undefined;
    return { what: 'Python 3 with venv', packages: ['python3', 'python3-venv'] };
  },
  debian() {
    if (!isDebian())
      return {
        sentence: 'The lab takes its servers from Debian packages: apt-get and dpkg are missing here.',
      };
  },
  /** Root installs them itself. */
  root() {
    if (isRoot() || !isDebian()) return undefined;
    const packages = missingPackages();
    return packages.length === 0 ? undefined : { what: 'Debian packages', packages };
  },
  /** Who is not root can fetch a package, but not the list of them. */
  lists() {
    if (isRoot() || !isDebian() || succeeds('apt-cache', ['show', 'etcd-server'])) return undefined;
    return { what: 'the lists of Debian packages', packages: [] };
  },
  superuser() {
    if (!isRoot())
      return { sentence: 'The real kubelet, and images without Docker, need root: start this as root.' };
  },
};

/** Why the lab cannot run on this kind of machine, or undefined. */
function unfit({ title, known, machine }, node) {
  const elsewhere = 'use the container of .devcontainer there, which has all that it needs';
  if (machine === undefined)
    return `The lab needs Linux on x86-64 or arm64, and this is ${title} on ${node.arch}: ${elsewhere}.`;
  if (!known)
    return `The lab knows Debian 12 and 13, Ubuntu 22.04 and 24.04, and this is ${title}: ${elsewhere}.`;
}

/** The command that brings packages, for who reads it to run. */
function installCommand(packages) {
  const install = `apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  const command = packages.length === 0 ? 'apt-get update' : `apt-get update && ${install}`;
  return isRoot() ? command : `sudo sh -c '${command}'`;
}

/**
 * What is missing on this machine for the steps that have work to do, all at once.
 *
 * @param {string[]} needs names of checks
 * @param {boolean} withLab whether the lab's servers are to run on it
 * @returns {string} sentences, a line each, with one command that brings what packages can bring; empty when nothing is missing
 */
function missingPrerequisites(needs, withLab) {
  const system = thisSystem();
  const wrongMachine = withLab ? unfit(system, process) : undefined;
  // What it takes on another kind of machine is of no use to anybody.
  if (wrongMachine !== undefined) return wrongMachine;
  const found = [...new Set(needs)].map((name) => CHECKS[name]()).filter((lack) => lack !== undefined);
  const lines = found.filter(({ sentence }) => sentence !== undefined).map(({ sentence }) => sentence);
  const lacks = found.filter(({ what }) => what !== undefined);
  if (lacks.length > 0) {
    const packages = [...new Set(lacks.flatMap((lack) => lack.packages))];
    const names = [...new Set(lacks.map(({ what }) => what))].join(', ');
    lines.push(
      `Missing on this machine (${system.title}): ${names}. Run this${isRoot() ? '' : ', which needs root'}, then try again:`,
    );
    lines.push(`  ${installCommand(packages)}`);
  }
  return lines.join('\n');
}

module.exports = { CHECKS, unfit, installCommand, missingPrerequisites };
