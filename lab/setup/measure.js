'use strict';

/**
 * How long the first `npm start` takes, and the second: in a clone of this checkout's last commit, with caches of its own that are
 * empty. `node lab/setup/measure.js [downloads | mirror] [keep]`. Debian packages count only where they are missing on this machine.
 * `mirror` is for a machine that cannot reach the hosts of the releases: it has all of `downloads` but their network.
 */

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { serveReleases } = require('./mirror.js');
const { duration } = require('./progress.js');
const { ROOT } = require('./steps.js');

/** What the issue that this measures for asks of two idle cores, in milliseconds. */
const LIMITS = { first: 10 * 60_000, withDownloads: 3 * 60_000, second: 15_000 };

/** The heading of the demonstration that follows the start of the lab. */
const UP = '2. The world before';

/** The environment of a fresh machine, which has none of these caches; `variables` say where the releases come from. */
function emptyCaches(folder, variables) {
  const inside = (name) => path.join(folder, name);
  return {
    ...process.env,
    XDG_CACHE_HOME: inside('cache'),
    GOCACHE: inside('go-build'),
    GOMODCACHE: inside('go-modules'),
    npm_config_cache: inside('npm'),
    PIP_CACHE_DIR: inside('pip'),
    MAVEN_OPTS: `-Dmaven.repo.local=${inside('maven')}`,
    // A module cache is read-only otherwise, and would outlive this.
    GOFLAGS: `${process.env.GOFLAGS ?? ''} -modcacherw`.trim(),
    ...variables,
  };
}

/**
 * Runs a command with its output shown; gives lengths by the clock in milliseconds: `whole`, and `up` until the demonstration says that
 * its OpenEMR runs. @throws Error when it fails
 */
async function timed(command, args, options) {
  const start = Date.now();
  let up;
  const code = await new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], ...options });
    child.stdout.setEncoding('utf8').on('data', (text) => {
      process.stdout.write(text);
      if (text.includes(UP)) up ??= Date.now() - start;
    });
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with exit code ${code}`);
  return { whole: Date.now() - start, up: up ?? NaN };
}

/** One line of the table. */
function row(name, length, limit) {
  return `${duration(length).padStart(13)}  ${name}: ${length <= limit ? 'within' : 'MORE THAN'} ${duration(limit)}`;
}

async function main() {
  const mirror = process.argv.includes('mirror');
  const downloads = mirror || process.argv.includes('downloads');
  const [load = 0] = os.loadavg();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'first-start-'));
  const clone = path.join(folder, 'clone');
  let releases;
  try {
    if (mirror) releases = await serveReleases(path.join(folder, 'releases'));
    const variables = {
      CREDENTIAL_ROTATION_ENGINE: downloads ? '' : 'build',
      ...(mirror ? { CREDENTIAL_ROTATION_DOWNLOADS: releases.address } : {}),
    };
    const options = { cwd: clone, env: emptyCaches(folder, variables) };
    await timed('git', ['clone', '--quiet', ROOT, clone], {});
    const setup = await timed('node', ['lab/setup/main.js'], options);
    const demo = await timed('npm', ['start'], options);
    const second = await timed('npm', ['start'], options);
    console.log(`\nMeasured on ${os.cpus().length} cores, load before it ${load.toFixed(1)}:`);
    console.log(`${duration(setup.whole).padStart(13)}  set-up from empty caches; its parts are above`);
    console.log(
      `${duration(demo.whole).padStart(13)}  the demonstration, its OpenEMR up after ${duration(demo.up)}`,
    );
    console.log(
      row('first npm start', setup.whole + demo.whole, downloads ? LIMITS.withDownloads : LIMITS.first),
    );
    console.log(row('second npm start, until OpenEMR is up', second.up, LIMITS.second));
  } finally {
    releases?.close();
    if (process.argv.includes('keep')) console.log(`Everything is in ${folder}.`);
    else fs.rmSync(folder, { recursive: true, force: true });
  }
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
