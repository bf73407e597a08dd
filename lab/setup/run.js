'use strict';

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { commandEnded, stepInWork } = require('./usage.js');

/** How many bytes of a failed command's output are shown. */
const TAIL = 3000;

/** The children at work, so that a signal can end them too. */
const children = new Set();

/** A failure that is told to the user as it is, without a stack trace. */
class SetupError extends Error {
  /** @param {string} message @param {number} exitCode */
  constructor(message, exitCode = 1) {
    super(message);
    this.name = 'SetupError';
    this.exitCode = exitCode;
  }
}

/**
 * Finds a program as the shell would.
 *
 * @param {string} name
 * @param {string[]} more folders to look into after those of PATH
 * @returns {string | undefined} its path
 */
function which(name, more = []) {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), ...more];
  for (const folder of folders) {
    const file = path.join(folder, name);
    try {
      fs.accessSync(file, fs.constants.X_OK);
      if (folder !== '' && fs.statSync(file).isFile()) return file;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

/**
 * Runs a command with no input and collects its output.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, timeout?: number, log?: string }} options `timeout` in
 *   milliseconds; `log` is a file that all output is appended to
 * @returns {Promise<string>} its standard output
 * @throws SetupError with the end of its output, when it fails
 */
function run(command, args, options = {}) {
  const title = `${path.basename(command)} ${args.join(' ')}`;
  const log = options.log === undefined ? undefined : fs.openSync(options.log, 'a');
  if (log !== undefined) fs.writeSync(log, `$ ${title}\n`);
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.add(child);
    const use = stepInWork();
    let stdout = '';
    let tail = '';
    const collect = (chunk) => {
      tail = (tail + chunk).slice(-TAIL);
      if (log !== undefined) fs.writeSync(log, chunk);
    };
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      stdout += chunk;
      collect(chunk);
    });
    child.stderr.setEncoding('utf8').on('data', collect);
    const timer = options.timeout && setTimeout(() => child.kill('SIGKILL'), options.timeout);
    const finish = (error) => {
      clearTimeout(timer);
      if (!children.delete(child)) return; // A command that cannot start reports twice.
      if (log !== undefined) fs.closeSync(log);
      if (error === undefined) resolve(stdout);
      else reject(error);
    };
    child.on('error', (error) => finish(new SetupError(`${title}: ${error.message}`)));
    child.on('exit', () => commandEnded(use));
    child.on('close', (code, signal) => {
      if (code === 0) return finish();
      const where = options.log === undefined ? '' : `\nAll of its output is in ${options.log}.`;
      finish(
        new SetupError(`${title} ended with ${signal ?? `exit code ${code}`}.\n${tail.trimEnd()}${where}`),
      );
    });
  });
}

/** Ends every command that is still at work. */
function killChildren() {
  for (const child of children) child.kill('SIGTERM');
}

module.exports = { SetupError, which, run, killChildren };
