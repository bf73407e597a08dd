'use strict';

const { AsyncLocalStorage } = require('node:async_hooks');
const fs = require('node:fs');
const os = require('node:os');
const { duration } = require('./progress.js');

/** Linux counts in hundredths of a second for every program, whatever the kernel's own clock is: see proc(5), sysconf(3). */
const TICK = 10;

/** The step that the commands of this moment belong to. */
const current = new AsyncLocalStorage();

let counted = 0;

/** The time on processors of all commands that have ended, with those that they have started, in milliseconds. */
function ofEnded() {
  try {
    const stat = fs.readFileSync('/proc/self/stat', 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[13]) + Number(fields[14])) * TICK;
  } catch {
    return 0;
  }
}

/** What the step that is at work has used, for commandEnded(); undefined outside of a step. */
function stepInWork() {
  return current.getStore();
}

/** Runs a step, and gives its lengths of time in milliseconds: `wall` by the clock, `cpu` on processors. */
async function measured(work) {
  const use = { wall: 0, cpu: 0 };
  const start = Date.now();
  await current.run(use, work);
  use.wall = Date.now() - start;
  return use;
}

/** To be called as soon as a command has ended: what has come since the last call is its own. */
function commandEnded(use) {
  const now = ofEnded();
  if (use !== undefined) use.cpu += now - counted;
  counted = now;
}

/**
 * Where the time went, as lines for people: the steps that took a second or more, as they ended.
 *
 * @param {{ name: string, wall: number, cpu: number }[]} steps lengths in milliseconds
 * @param {number} wall of all of them; some ran side by side
 */
function table(steps, wall) {
  const cell = (text, width) => text.padStart(width);
  const long = steps.filter((step) => step.wall >= 1000);
  const cpu = steps.reduce((sum, step) => sum + step.cpu, 0);
  const cores = os.availableParallelism?.() ?? os.cpus().length;
  return [
    'Where the time went (by the clock, and on processors):',
    ...long.map(
      ({ name, wall: own, cpu: used }) => `${cell(duration(own), 13)}${cell(duration(used), 14)}  ${name}`,
    ),
    `${cell(duration(wall), 13)}${cell(duration(cpu), 14)}  in all; ${cores} cores at ${Math.round((100 * cpu) / wall / cores)} %`,
  ];
}

module.exports = { measured, stepInWork, commandEnded, table };
