'use strict';

/**
 * The tests run compiled: the set-up, which npm runs before `npm test`, has done that. `exit`, as a lab test
 * that fails leaves its load client at work, which would keep the process alive for ever after the summary.
 */
module.exports = {
  spec: 'dist/test/**/*.test.js',
  // Says at the start and the end which databases ran, and which parts were real; refuses what leaves variables changed.
  require: ['dist/test/parts.js', 'dist/test/environment.js'],
  timeout: 120_000,
  // One test of each kind; further cases have this mark at the end of their titles, and `npm run test:long` runs them.
  grep: '@long',
  invert: true,
  forbidOnly: Boolean(process.env.CI),
  reporter: 'spec',
  // Three files at a time, for two cores: a lab test waits for much of its time. Each process hands its labs on from file to file.
  parallel: true,
  jobs: 3,
  exit: true,
};
