'use strict';

/** Compiles at each change, and runs the tests that load what changed. */

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { createInterface } = require('node:readline');
const { ROOT, filesBelow, reaching } = require('./files.js');

const TSC = path.join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');

/** When each compiled file of the package was written. */
function compiledTimes() {
  const files = filesBelow('dist', '.js').filter((file) => !file.startsWith(path.join('dist', 'bundle')));
  return new Map(files.map((file) => [file, fs.statSync(path.join(ROOT, file)).mtimeMs]));
}

function startCompiler() {
  const compiler = spawn(process.execPath, [TSC, '--watch', '--preserveWatchOutput'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.on('exit', () => compiler.kill());
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ]) {
    process.on(signal, () => process.exit(code));
  }
  return compiler;
}

/**
 * Watches until it is ended. The first run takes all tests, each later one those that a change reaches.
 *
 * @param {() => string[]} tests the compiled test files, as they are now
 * @param {(files: string[]) => Promise<number>} run
 */
async function watch(tests, run) {
  let before;
  for await (const line of createInterface({ input: startCompiler().stdout })) {
    console.log(line);
    if (!line.includes('Found 0 errors')) continue;
    const now = compiledTimes();
    const changed = [...now].filter(([file, time]) => before?.get(file) !== time).map(([file]) => file);
    before = now;
    const reached = reaching([...now.keys()], changed);
    const files = tests().filter((file) => reached.has(file));
    if (files.length > 0) await run(files);
    console.log(`Test files run: ${files.length}. Waiting for the next change.`);
  }
}

module.exports = { watch };
