'use strict';

/** The tests run compiled: the set-up, which npm runs before `npm test`, has done that. */
module.exports = {
  spec: 'dist/test/**/*.test.js',
  timeout: 120_000,
  forbidOnly: Boolean(process.env.CI),
  reporter: 'spec',
};
