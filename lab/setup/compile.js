'use strict';

const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { SetupError, run } = require('./run.js');
const { nodeBinary } = require('./npm.js');

/** The folders whose TypeScript is compiled, and whose other files go along with it. */
const SOURCES = ['src', 'lab', 'test', 'infra', 'image', 'build', 'bench'];

/** Not part of the program: Go modules with generated files of many megabytes. */
const LEFT_OUT = path.join('lab', 'toolchain');

/** All files below a folder, as paths from the root, without those of dependencies. */
function filesBelow(root, folder) {
  const found = [];
  const entries = fs.existsSync(path.join(root, folder))
    ? fs.readdirSync(path.join(root, folder), { withFileTypes: true })
    : [];
  for (const entry of entries) {
    const name = path.join(folder, entry.name);
    if (name === LEFT_OUT || entry.name === 'node_modules') continue;
    if (entry.isDirectory()) found.push(...filesBelow(root, name));
    else if (entry.isFile()) found.push(name);
  }
  return found;
}

function sourceFiles(root) {
  return SOURCES.flatMap((folder) => filesBelow(root, folder));
}

function stampFile(root) {
  return path.join(root, 'dist', '.setup-stamp');
}

/** Says from which sources the bundles were made. */
function bundleStampFile(root) {
  return path.join(root, 'dist', '.bundle-stamp');
}

/** The folders that no bundle takes anything from. */
const NOT_BUNDLED = ['test', 'infra', 'image', 'bench'];

/** Stands for the state of all that the compiled files depend on, or the bundles. */
function sourceHash(root, withoutFolders = []) {
  const hash = crypto.createHash('sha256');
  const sources = sourceFiles(root).filter((name) => !withoutFolders.includes(name.split(path.sep)[0]));
  for (const name of ['tsconfig.json', 'package-lock.json', ...sources]) {
    const { mtimeMs, size } = fs.statSync(path.join(root, name));
    hash.update(`${name} ${mtimeMs} ${size}\n`);
  }
  return hash.digest('hex');
}

/** Whether dist/ has been made from the sources as they are. */
function isCompiled(root) {
  const stamp = stampFile(root);
  return fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === sourceHash(root);
}

/** Files that a module loads from its own folder, such as this one, lie beside the compiled module too. */
function copyOthers(root) {
  for (const name of sourceFiles(root)) {
    if (name.endsWith('.ts')) continue;
    const target = path.join(root, 'dist', name);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.copyFileSync(path.join(root, name), target);
  }
}

/** Takes away what was compiled from a source that is gone, so that no test runs that nobody sees. */
function removeOrphans(root) {
  for (const folder of SOURCES) {
    for (const name of filesBelow(path.join(root, 'dist'), folder)) {
      const source = name.replace(/\.js(\.map)?$/, '.ts');
      if (!fs.existsSync(path.join(root, name)) && !fs.existsSync(path.join(root, source))) {
        fs.rmSync(path.join(root, 'dist', name));
      }
    }
  }
}

/** Makes the bundles, unless only tests have changed since. */
async function bundle(root) {
  const hash = sourceHash(root, NOT_BUNDLED);
  const stamp = bundleStampFile(root);
  const made = fs.existsSync(path.join(root, 'dist', 'bundle', 'command.js')) && fs.existsSync(stamp);
  if (made && fs.readFileSync(stamp, 'utf8') === hash) return;
  fs.rmSync(stamp, { force: true });
  await run(nodeBinary(root), [path.join(root, 'dist', 'build', 'bundle.js')], { cwd: root });
  fs.writeFileSync(stamp, hash);
}

/** Compiles the TypeScript into dist/. @throws SetupError with the compiler's messages */
async function compile(root) {
  const hash = sourceHash(root);
  const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  fs.rmSync(stampFile(root), { force: true });
  if (!fs.existsSync(path.join(root, 'dist', 'src'))) {
    // The compiler's own notes would say that all is there.
    fs.rmSync(path.join(root, 'dist', '.tsbuildinfo'), { force: true });
  }
  try {
    await run(nodeBinary(root), [tsc, '--pretty', 'false'], { cwd: root });
  } catch (error) {
    throw new SetupError(`The TypeScript does not compile.\n${error.message}`);
  }
  removeOrphans(root);
  copyOthers(root);
  await bundle(root);
  fs.writeFileSync(stampFile(root), hash);
}

module.exports = { isCompiled, compile };
