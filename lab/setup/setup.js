'use strict';

/**
 * The set-up: runs before `npm start`, `npm test` and `npm run lab`, with the system's Node and no npm
 * package. It installs and builds what is missing, and says which engine and plugins are in use. With
 * `--checkout` it stops at the npm packages and the compiled files, which is all that unit tests need.
 */

const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { removeLeftovers, withLock } = require('./cache.js');
const { missingPrerequisites } = require('./prerequisites.js');
const { createProgress, duration } = require('./progress.js');
const { SetupError, killChildren } = require('./run.js');
const { ROOT, checkoutSteps, goSteps, serverSteps, siteSteps } = require('./steps.js');
const { cacheFolder } = require('./tools.js');
const { measured, table } = require('./usage.js');

/** The exit code for a machine that lacks something, as for settings that are missing: what fails later ends with 1. */
const EXIT_PREREQUISITE = 2;

/** From this length of time on people ask where it went, in milliseconds. */
const WORTH_A_TABLE = 30_000;

/** Where a step's commands write, for a look at it afterwards. */
function logFile(step) {
  const folder = path.join(cacheFolder(), 'logs');
  fs.mkdirSync(folder, { recursive: true });
  return path.join(folder, `${step.name.toLowerCase().replace(/[^a-z0-9.]+/g, '-')}.log`);
}

/** Runs steps one after another, until one fails here or in another lane. */
async function runLane(steps, progress, state) {
  for (const step of steps) {
    if (state.failed) return;
    const detail = step.ready();
    if (detail !== undefined) {
      progress.cached(step.name, detail);
      continue;
    }
    const line = progress.begin(step.name, step.activity, step.estimate);
    try {
      const log = logFile(step);
      fs.rmSync(log, { force: true });
      const use = await measured(() => step.run(log, line));
      state.used.push({ name: step.name, ...use });
    } catch (error) {
      if (state.failed) return line.stopped(); // Ended because of the failure elsewhere.
      state.failed = true;
      line.failed();
      killChildren();
      throw error;
    }
    line.done(step.result ?? step.ready() ?? 'done');
  }
}

/** The first failure of several lanes, once all of them have ended. */
async function runLanes(lanes, progress, used) {
  const state = { failed: false, used };
  const results = await Promise.allSettled(lanes.map((steps) => runLane(steps, progress, state)));
  const failure = results.find((result) => result.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}

/** Runs lanes of steps under a lock, unless nothing is to be done. */
async function runLocked(name, lanes, progress, used) {
  if (lanes.flat().every((step) => step.ready() !== undefined)) return runLanes(lanes, progress, used);
  const lock = path.join(cacheFolder(), name);
  const waiting = (pid) => progress.note(`… waiting for another set-up, process ${pid}`);
  await withLock(lock, waiting, async () => {
    removeLeftovers(cacheFolder());
    await runLanes(lanes, progress, used);
  });
}

async function main() {
  const start = Date.now();
  const checkout = checkoutSteps();
  const withLab = !process.argv.includes('--checkout');
  const shared = withLab ? [goSteps(), serverSteps(), siteSteps()] : [siteSteps()];
  const open = [...checkout, ...shared.flat()].filter((step) => step.ready() === undefined);
  const missing = missingPrerequisites(
    open.flatMap((step) => step.needs),
    withLab,
  );
  if (missing !== '') throw new SetupError(missing, EXIT_PREREQUISITE);

  fs.mkdirSync(cacheFolder(), { recursive: true });
  const progress = createProgress();
  const id = crypto.createHash('sha256').update(fs.realpathSync(ROOT)).digest('hex').slice(0, 12);
  if (open.length > 0) progress.note(`Setting up${withLab ? `, in ${cacheFolder()}` : ''}:`);
  const used = [];
  try {
    await Promise.all([
      runLocked(`lock-checkout-${id}`, [checkout], progress, used),
      runLocked('lock', shared, progress, used),
    ]);
  } catch (error) {
    killChildren();
    throw error;
  } finally {
    progress.close();
  }
  if (open.length === 0) return;
  const wall = Date.now() - start;
  if (wall >= WORTH_A_TABLE) for (const line of table(used, wall)) progress.note(line);
  progress.note(`Set-up complete in ${duration(wall)}.`);
}

for (const [signal, number] of [
  ['SIGINT', 2],
  ['SIGTERM', 15],
  ['SIGHUP', 1],
]) {
  process.on(signal, () => {
    killChildren();
    process.exit(128 + number);
  });
}

main().catch((error) => {
  // Anything but a failure that was foreseen is a fault of the set-up: show where.
  console.error(error instanceof SetupError ? error.message : error);
  process.exit(error.exitCode ?? 1);
});
