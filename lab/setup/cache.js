'use strict';

const fs = require('node:fs');
const path = require('node:path');

/** How long to wait between two looks at a lock that another run holds, in milliseconds. */
const LOCK_POLL = 500;

/**
 * Makes a folder of the cache in one step: `fill` works in a folder beside it, which gets the real name only
 * when it is complete. A run that is killed leaves nothing that could be taken for a result.
 *
 * @param {string} target
 * @param {(folder: string) => Promise<void>} fill
 */
async function publish(target, fill) {
  const folder = `${target}.tmp-${process.pid}`;
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  try {
    await fill(folder);
    fs.rmSync(target, { recursive: true, force: true });
    fs.renameSync(folder, target);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes a file so that a reader sees either the old or the new content. */
function writeAtomically(file, content) {
  const beside = `${file}.tmp-${process.pid}`;
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(beside, content);
  fs.renameSync(beside, file);
}

/**
 * Identifies a process beyond its number, which is used again: its start time in clock ticks since boot.
 *
 * @returns {string | undefined} undefined when there is no such process, or only its exit code is left
 */
function startTime(pid) {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** Removes what runs that were killed have left in the cache. The caller holds the lock. */
function removeLeftovers(cache) {
  for (const name of fs.readdirSync(cache)) {
    const pid = /\.tmp-(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && startTime(pid) === undefined) {
      fs.rmSync(path.join(cache, name), { recursive: true, force: true });
    }
  }
}

/** The process that holds a lock, or undefined when it is free, or its holder is dead. */
function holder(lock) {
  try {
    const [pid, started] = fs.readFileSync(path.join(lock, 'holder'), 'utf8').split(' ');
    return startTime(pid) === started ? pid : undefined;
  } catch {
    return undefined;
  }
}

/**
 * One attempt to take a lock. The lock is a folder that is complete, with its holder's number, when it gets
 * its name; a rename onto a folder that is not empty fails, so only one of two runs succeeds.
 */
function tryLock(lock) {
  const mine = `${lock}.tmp-${process.pid}`;
  fs.rmSync(mine, { recursive: true, force: true });
  fs.mkdirSync(mine, { recursive: true });
  fs.writeFileSync(path.join(mine, 'holder'), `${process.pid} ${startTime(process.pid)}`);
  try {
    fs.renameSync(mine, lock);
    return true;
  } catch (error) {
    fs.rmSync(mine, { recursive: true, force: true });
    if (error.code === 'ENOTEMPTY' || error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Moves a lock away, as its removal is not one step. @returns its new place, or undefined without a lock */
function moveAway(lock) {
  const grave = `${lock}.dead.tmp-${process.pid}`;
  try {
    fs.renameSync(lock, grave);
    return grave;
  } catch {
    return undefined; // Another run was faster.
  }
}

function release(lock) {
  const grave = moveAway(lock);
  if (grave !== undefined) fs.rmSync(grave, { recursive: true, force: true });
}

/** Takes away the lock of a dead run. */
function breakLock(lock) {
  const grave = moveAway(lock);
  if (grave === undefined) return;
  if (holder(grave) !== undefined) {
    // Between the look and the move another run took the lock: give it back.
    try {
      fs.renameSync(grave, lock);
      return;
    } catch {
      // And a third one has it now: two at work at once, which publish() makes harmless.
    }
  }
  fs.rmSync(grave, { recursive: true, force: true });
}

/**
 * Holds a lock while `work` runs, and waits for it as long as its holder lives.
 *
 * @template T
 * @param {string} lock the folder that is the lock
 * @param {(pid: string) => void} waiting told once when another run holds it
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
async function withLock(lock, waiting, work) {
  let told = false;
  while (!tryLock(lock)) {
    const pid = holder(lock);
    if (pid === undefined) {
      breakLock(lock);
      continue;
    }
    if (!told) waiting(pid);
    told = true;
    await new Promise((resolve) => setTimeout(resolve, LOCK_POLL));
  }
  try {
    return await work();
  } finally {
    release(lock);
  }
}

module.exports = { publish, writeAtomically, removeLeftovers, withLock };
