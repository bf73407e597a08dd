'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { publish } = require('./cache.js');
const { SetupError, run, which } = require('./run.js');
const { thisSystem } = require('./system.js');

const QUIET = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };

/** Another apt may be at work on a fresh machine; wait for it, in seconds. */
const APT = ['-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3', '-o', 'APT::Sandbox::User=root'];

let listsAreFresh = false;

/** Reads the lists of packages anew, once in a run of the set-up. */
async function update(log) {
  if (listsAreFresh) return;
  await run('apt-get', [...APT, 'update'], { env: QUIET, log });
  listsAreFresh = true;
}

/** Whether this machine has Debian's package tools. */
function isDebian() {
  return which('apt-get') !== undefined && which('dpkg-query') !== undefined;
}

/** Those of the packages that the lab uses where they are installed, and that are not. */
function missingPackages() {
  const { packages } = thisSystem();
  let known;
  try {
    known = execFileSync('dpkg-query', ['-W', '-f', '${db:Status-Status} ${Package}\n', ...packages], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch (error) {
    // dpkg-query fails when it does not know one of them, and still prints the others.
    known = error.stdout ?? '';
  }
  const installed = new Set(known.split('\n').filter((line) => line.startsWith('installed ')));
  return packages.filter((name) => !installed.has(`installed ${name}`));
}

/** Installs the packages that are missing. Needs root. */
async function installPackages(log) {
  await update(log);
  const args = [...APT, 'install', '-y', '--no-install-recommends', ...missingPackages()];
  await run('apt-get', args, { env: QUIET, log });
  const still = missingPackages();
  if (still.length > 0) throw new SetupError(`apt-get did not install ${still.join(', ')}.`);
}

/** Chromium, which the test of the history's page looks with; 120 MB, so only the tests ask for it. */
async function installBrowser(log) {
  await update(log);
  await run('apt-get', [...APT, 'install', '-y', '--no-install-recommends', 'chromium'], { env: QUIET, log });
}

/** One package, unpacked into the cache and not installed. */
async function unpackPackage(name, target, log) {
  await publish(target, async (folder) => {
    if (process.getuid() === 0) await update(log);
    await run('apt-get', [...APT, 'download', name], { cwd: folder, env: QUIET, log });
    const file = fs.readdirSync(folder).find((each) => each.endsWith('.deb'));
    await run('dpkg', ['-x', file, '.'], { cwd: folder, log });
    fs.rmSync(path.join(folder, file));
  });
}

/** One program of a package, into the cache and without the rest. */
async function fetchProgram(name, program, target, log) {
  await unpackPackage(name, target, log);
  for (const each of fs.readdirSync(path.join(target, 'usr', 'bin')))
    if (each !== program) fs.rmSync(path.join(target, 'usr', 'bin', each));
}

/** etcd: its Debian package would start it as a service. */
function fetchEtcd(target, log) {
  return unpackPackage('etcd-server', target, log);
}

/** Prometheus and promtool, which the tests check the rules with. */
function fetchPrometheus(target, log) {
  return unpackPackage('prometheus', target, log);
}

/** What keeps the metrics of a Job whose pod has ended. */
function fetchPushgateway(target, log) {
  return unpackPackage('prometheus-pushgateway', target, log);
}

module.exports = {
  APT,
  QUIET,
  isDebian,
  missingPackages,
  installPackages,
  installBrowser,
  fetchEtcd,
  fetchProgram,
  fetchPrometheus,
  fetchPushgateway,
  update,
};
