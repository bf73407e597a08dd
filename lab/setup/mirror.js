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
const { thisSystem } = require('./system.js');
const { cacheFolder, cacheLayout } = require('./tools.js');
const versions = require('./versions.js');

/** Packs the files of a folder, or the folder under another name, as a release has them. */
function pack(archive, ...args) {
  fs.mkdirSync(path.dirname(archive), { recursive: true });
  execFileSync('tar', ['-czf', archive, ...args]);
}

/** Lays out what the hosts have, below a folder for each. @throws Error when something is not built here yet */
function layOut(folder) {
  const built = cacheLayout(cacheFolder());
  const { pulumi, debian } = thisSystem().machine;
  const releases = path.join(folder, 'get.pulumi.com', 'releases');
  pack(
    path.join(releases, 'sdk', `pulumi-v${versions.pulumi}-linux-${pulumi}.tar.gz`),
    ...['-C', built.pulumi, '--transform', 's,^bin,pulumi,', 'bin'],
  );
  for (const [name, version, from] of [
    ['kubernetes', versions.kubernetesPlugin, built.kubernetesPlugin],
    ['random', versions.randomPlugin, built.randomPlugin],
  ]) {
    const file = `pulumi-resource-${name}`;
    pack(path.join(releases, 'plugins', `${file}-v${version}-linux-${debian}.tar.gz`), '-C', from, file);
  }
  const binaries = path.join(folder, `dl.k8s.io/release/v${versions.kubernetes}/bin/linux/${debian}`);
  fs.mkdirSync(binaries, { recursive: true });
  for (const name of ['kube-apiserver', 'kube-controller-manager']) {
    const file = path.join(binaries, name);
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
