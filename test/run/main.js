'use strict';

/**
 * Runs tests that the set-up has compiled: `node test/run/main.js unit|lab|watch [FILE…] [--grep TEXT] [--bail]`.
 * A FILE is the source or a folder of sources; without one, all tests of that kind run.
 */

const { spawn } = require('node:child_process');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { ROOT, UsageError, allTests, testsOf } = require('./files.js');
const { watch } = require('./watch.js');

const MOCHA = path.join(ROOT, 'node_modules', 'mocha', 'bin', 'mocha.js');

/** Files at a time, for two cores: some unit tests wait for half of their time, a lab of its own takes a whole core. */
const JOBS = { unit: '3', lab: '2' };

const OPTIONS = { grep: { type: 'string', short: 'g' }, bail: { type: 'boolean' } };

/** One file runs in one process, and shows each test; more run in workers. */
function mochaArguments(kind, files, { grep, bail }) {
  const alone = files.length === 1;
  // The hooks end the labs of a process; a worker would end its own after each file, and start it anew.
  const ofLabs = kind !== 'lab' ? [] : alone ? ['parts.js', 'hooks.js'] : ['parts.js'];
  const hooks = ['environment.js', ...ofLabs];
  return [
    ...[MOCHA, '--no-config', '--exit', '--timeout', '120000'],
    ...hooks.flatMap((name) => ['--require', path.join('dist', 'test', name)]),
    ...(process.env.CI ? ['--forbid-only'] : []),
    ...(grep === undefined ? [] : ['--grep', grep]),
    ...(bail ? ['--bail'] : []),
    ...(alone ? [] : ['--parallel', '--jobs', JOBS[kind]]),
    ...['--reporter', alone || kind === 'lab' ? 'spec' : 'dot'],
    ...files,
  ];
}

/** Runs mocha over compiled files; gives its exit code. */
function runMocha(kind, files, options) {
  const child = spawn(process.execPath, mochaArguments(kind, files, options), {
    cwd: ROOT,
    stdio: 'inherit',
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1)));
  });
}

async function main([kind = '', ...words]) {
  const { values, positionals } = parseArgs({ args: words, options: OPTIONS, allowPositionals: true });
  // npm changes into the package's folder and says where it was started.
  const from = process.env.INIT_CWD ?? process.cwd();
  const tests = kind === 'watch' ? 'unit' : kind;
  if (!['unit', 'lab'].includes(tests))
    throw new UsageError(`There are no tests "${kind}": unit, lab or watch.`);
  const files = () =>
    positionals.length === 0
      ? allTests(tests)
      : [...new Set(positionals.flatMap((word) => testsOf(tests, word, from)))];
  if (kind === 'watch') return watch(files, (some) => runMocha('unit', some, values));
  process.exitCode = await runMocha(tests, files(), values);
}

main(process.argv.slice(2)).catch((error) => {
  const usage = error instanceof UsageError || error.code?.startsWith('ERR_PARSE_ARGS');
  console.error(usage ? error.message : error);
  process.exitCode = usage ? 2 : 1;
});
