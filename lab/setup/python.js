'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { publish } = require('./cache.js');
const { run } = require('./run.js');

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

/** Packages in a Python environment of their own, with every version pinned in a file beside this one. */
async function installPython(file, target, log) {
  await publish(target, async (folder) => {
    await run('python3', ['-m', 'venv', folder], { log });
    const python = path.join(folder, 'bin', 'python');
    const requirements = path.join(__dirname, file);
    const quiet = ['--disable-pip-version-check', '--no-input'];
    await run(python, ['-m', 'pip', 'install', ...quiet, '-r', requirements], { log });
    moveScripts(folder, target);
  });
}

const installMoto = (target, log) => installPython('requirements.txt', target, log);
const installAwscli = (target, log) => installPython('requirements-awscli.txt', target, log);

module.exports = { installMoto, installAwscli };
