'use strict';

const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { publish } = require('./cache.js');
const { SetupError, run } = require('./run.js');

/** The environment of an npm that is not a child of `npm start`, and that this package's Node does not run. */
function plainEnvironment(root) {
  const environment = { ...process.env };
  for (const name of Object.keys(environment)) {
    if (/^npm_(package_|lifecycle_|command$|execpath$|config_local_prefix$)/.test(name)) {
      delete environment[name];
    }
  }
  // `npm ci` removes node_modules, and with it the Node that npm would run on.
  const within = path.join(root, 'node_modules') + path.sep;
  const folders = (environment.PATH ?? '').split(path.delimiter);
  environment.PATH = folders
    .filter((folder) => !`${folder}${path.sep}`.startsWith(within))
    .join(path.delimiter);
  return environment;
}

/** The Node that npm's scripts run on. */
function nodeBinary(root) {
  return path.join(root, 'node_modules', '.bin', 'node');
}

function stampFile(root) {
  return path.join(root, 'node_modules', '.setup-stamp');
}

/** What node_modules must have been made from. */
function lockHash(root) {
  return crypto
    .createHash('sha256')
    .update(fs.readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');
}

/** Whether somebody's own `npm install` has already put there what the lock file says. */
function installedByHand(root) {
  const read = (file) => JSON.parse(fs.readFileSync(path.join(root, file), 'utf8')).packages;
  try {
    const installed = read('node_modules/.package-lock.json');
    return Object.entries(read('package-lock.json')).every(
      ([name, entry]) => name === '' || entry.optional || installed[name]?.version === entry.version,
    );
  } catch {
    return false;
  }
}

/**
 * Whether node_modules is what package-lock.json says.
 *
 * @param {string} root the folder of the package
 */
function packagesAreInstalled(root) {
  if (!fs.existsSync(nodeBinary(root))) return false;
  const hash = lockHash(root);
  if (fs.existsSync(stampFile(root)) && fs.readFileSync(stampFile(root), 'utf8') === hash) return true;
  if (!installedByHand(root)) return false;
  fs.writeFileSync(stampFile(root), hash);
  return true;
}

/**
 * Installs the npm packages. Install scripts are off, as one of them asks a server for a Pulumi plugin; only
 * that of the package `node` is run, which puts the Node in place that npm's scripts run on.
 */
async function installPackages(root, log) {
  const env = plainEnvironment(root);
  const hash = lockHash(root);
  await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: root, env, log });
  // Not process.execPath: the Node that runs the set-up may be the one that npm has just removed.
  const cwd = path.join(root, 'node_modules', 'node');
  await run('node', ['installArchSpecificPackage.js'], { cwd, env, log });
  // npm makes no link to a file that only the script puts there.
  fs.rmSync(nodeBinary(root), { force: true });
  fs.symlinkSync(path.join('..', 'node', 'bin', 'node'), nodeBinary(root));
  if (!fs.existsSync(nodeBinary(root))) {
    throw new SetupError(`The npm package "node" did not put a Node in place; see ${log}.`);
  }
  fs.writeFileSync(stampFile(root), hash);
}

/** The packages that make the site of the documents, into a folder of the cache. */
function installSite(root, target, log) {
  return publish(target, async (folder) => {
    for (const name of ['package.json', 'package-lock.json'])
      fs.copyFileSync(path.join(root, 'site', name), path.join(folder, name));
    const env = plainEnvironment(root);
    await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder, env, log });
  });
}

module.exports = { nodeBinary, packagesAreInstalled, installPackages, installSite };
