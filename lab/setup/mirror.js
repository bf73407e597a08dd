'use strict';

/**
 * A mirror of the releases on the loopback, made of what this machine has built of the same versions: for a look at the way of the
 * downloads where their hosts cannot be reached. The lab takes it by CREDENTIAL_ROTATION_DOWNLOADS, as it does any other mirror.
 */

const { execFileSync } = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { placeInMirror } = require('./download.js');
const {
  KUBERNETES_PROGRAMS,
  engineRelease,
  kubernetesRelease,
  pluginFile,
  pluginRelease,
} = require('./releases.js');
const { cacheFolder, cacheLayout } = require('./tools.js');
const versions = require('./versions.js');

/** Lays out what the hosts have, below a folder for each. @throws Error when something is not built here yet */
function layOut(folder) {
  const built = cacheLayout(cacheFolder());
  const placed = (url) => {
    const file = path.join(folder, placeInMirror(url));
    fs.mkdirSync(path.dirname(file), { recursive: true });
    return file;
  };
  const pack = (url, ...args) => execFileSync('tar', ['-czf', placed(url), ...args]);
  pack(engineRelease(), '-C', built.pulumi, '--transform', 's,^bin,pulumi,', 'bin');
  pack(
    pluginRelease('kubernetes', versions.kubernetesPlugin),
    ...['-C', built.kubernetesPlugin, pluginFile('kubernetes')],
  );
  pack(pluginRelease('random', versions.randomPlugin), '-C', built.randomPlugin, pluginFile('random'));
  for (const name of KUBERNETES_PROGRAMS) {
    const file = placed(kubernetesRelease(name));
    fs.copyFileSync(path.join(built.kubernetes, name), file);
    const sum = crypto.createHash('sha256').update(fs.readFileSync(file)).digest('hex');
    fs.writeFileSync(`${file}.sha256`, sum);
  }
}

/** Answers with files of a folder. */
function answer(folder, { url }, response) {
  const file = path.join(folder, path.normalize(decodeURIComponent(url)));
  if (!fs.existsSync(file)) return response.writeHead(404).end();
  response.writeHead(200, { 'content-length': fs.statSync(file).size });
  fs.createReadStream(file).pipe(response);
}

/** Serves them until it is closed. */
async function serveReleases(folder) {
  layOut(folder);
  const server = http.createServer((request, response) => answer(folder, request, response));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { address: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

module.exports = { serveReleases };
