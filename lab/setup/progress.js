'use strict';

/** How often a step that takes long says that it is still at work, in milliseconds. */
const SIGN_OF_LIFE = 20_000;

/**
 * A length of time for people: `8 s`, `3 min 20 s`.
 *
 * @param {number} milliseconds
 */
function duration(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  const rest = seconds % 60;
  return rest === 0 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 60)} min ${rest} s`;
}

/**
 * Says what the set-up is doing: a line when a step begins, one from time to time while it lasts, and one
 * when it has ended. Lines only, no cursor movement, so it reads the same in a terminal and in a log.
 *
 * @param {(line: string) => void} write
 */
function createProgress(write = console.log) {
  const running = new Set();
  return {
    /** A step that had nothing to do. */
    cached(name, detail) {
      write(`✓ ${name}: ${detail}`);
    },
    /** A step that has work to do; `estimate` is in seconds. */
    begin(name, activity, estimate) {
      const start = Date.now();
      const usually = estimate ? ` (usually about ${duration(estimate * 1000)})` : '';
      write(`… ${name}: ${activity}${usually}`);
      const timer = setInterval(() => {
        write(`… ${name}: at work for ${duration(Date.now() - start)}${usually}`);
      }, SIGN_OF_LIFE);
      running.add(timer);
      const end = () => {
        clearInterval(timer);
        running.delete(timer);
        return duration(Date.now() - start);
      };
      return {
        done: (detail) => write(`✓ ${name}: ${detail} in ${end()}`),
        failed: () => write(`✗ ${name}: failed after ${end()}`),
        stopped: () => void end(),
        /** A change of plan within the step, such as a download that was refused. */
        note: (text) => write(`… ${name}: ${text}`),
      };
    },
    note: (text) => write(text),
    /** Ends the signs of life of all steps. */
    close() {
      for (const timer of running) clearInterval(timer);
    },
  };
}

module.exports = { createProgress, duration };
