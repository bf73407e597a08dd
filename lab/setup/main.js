'use strict';

/*
 * Looks at the Node that it runs on before anything newer than this line is read: hence the old-fashioned words of this file
 * alone. The set-up itself is setup.js.
 */

var major = Number(process.versions.node.split('.')[0]);
var OLDEST = 18;

if (major < OLDEST) {
  console.error(
    'Node ' +
      process.versions.node +
      ' is older than ' +
      OLDEST +
      ', the oldest that the set-up runs on; it brings its own for all else. ' +
      'Run this, which needs root, then try again:\n' +
      '  apt-get update && apt-get install -y npm && npm install --global node@24',
  );
  process.exitCode = 2;
} else {
  require('./setup.js');
}
