'use strict';

/** The tests that `npm test` leaves out, with a reporter that records how they ended in test/long/RESULTS.md. */
module.exports = {
  ...require('./.mocharc.cjs'),
  invert: false,
  reporter: 'dist/test/long/reporter.js',
};
