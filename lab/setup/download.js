'use strict';

const crypto = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const path = require('node:path');
const { URL } = require('node:url');

/** How long a server may keep silent, in milliseconds: a network that drops packets must not hold us up. */
const SILENCE = 6_000;

/** How long a whole download may take, in milliseconds. */
const TOTAL = 180_000;

/** The place of a file in a mirror, which has a folder for each host. */
function placeInMirror(url) {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}

/**
 * Where a file comes from: its own host, or a mirror. Plain HTTP is for a mirror alone.
 *
 * @param {string} url
 * @param {NodeJS.ProcessEnv} environment CREDENTIAL_ROTATION_DOWNLOADS is the mirror's address
 */
function mirrored(url, environment = process.env) {
  const mirror = environment.CREDENTIAL_ROTATION_DOWNLOADS;
  return mirror ? `${mirror.replace(/\/+$/, '')}/${placeInMirror(url)}` : url;
}

/**
 * Downloads a file from its host, or from the mirror.
 *
 * @param {string} url
 * @param {string} file written only by a download that is complete
 * @throws Error with one sentence: the host refused, was silent, or answered with another status than 200
 */
function download(url, file) {
  return fetchFile(mirrored(url), file, 5);
}

/**
 * Downloads a file beside which there is one with its SHA-256, and compares them.
 *
 * @throws Error as download(), and when the file is not what its checksum says; then it is not left
 */
async function downloadChecked(url, file) {
  await download(`${url}.sha256`, `${file}.sha256`);
  const [wanted] = fs.readFileSync(`${file}.sha256`, 'utf8').trim().split(/\s+/);
  fs.rmSync(`${file}.sha256`);
  await download(url, file);
  const hash = crypto.createHash('sha256');
  for await (const part of fs.createReadStream(file)) hash.update(part);
  if (hash.digest('hex') === wanted) return;
  fs.rmSync(file);
  throw new Error(`${new URL(url).host}: ${path.basename(file)} is not what its checksum says`);
}

/**
 * Downloads a file, following redirects.
 *
 * @param {string} url
 * @param {string} file written only by a download that is complete
 * @param {number} redirects how many more are followed
 * @returns {Promise<void>}
 * @throws Error with one sentence: the host refused, was silent, or answered with another status than 200
 */
function fetchFile(url, file, redirects) {
  return new Promise((resolve, reject) => {
    const { get } = url.startsWith('http:') ? http : https;
    // A response that breaks off does not reach the request's own error.
    const fail = ({ message }) => {
      clearTimeout(timer);
      request.destroy();
      reject(new Error(`${new URL(url).host}: ${message}`));
    };
    const request = get(url, { timeout: SILENCE }, (response) => {
      const { statusCode = 0, headers } = response;
      if (statusCode >= 300 && statusCode < 400 && headers.location && redirects > 0) {
        const next = new URL(headers.location, url);
        if (url.startsWith('https:') && next.protocol !== 'https:')
          return fail(new Error(`it leads on to ${next.protocol}//${next.host}, which is not HTTPS`));
        response.resume();
        clearTimeout(timer);
        return resolve(fetchFile(next.href, file, redirects - 1));
      }
      if (statusCode !== 200) return fail(new Error(`it answered with status ${statusCode}`));
      const target = fs.createWriteStream(`${file}.part`);
      const brokenOff = () => fail(new Error('it ended before its end'));
      response.on('error', brokenOff);
      target.on('error', fail);
      response.pipe(target);
      target.on('finish', () => {
        if (!response.complete) return brokenOff();
        clearTimeout(timer);
        fs.renameSync(`${file}.part`, file);
        resolve();
      });
    });
    const timer = setTimeout(() => fail(new Error('it took too long')), TOTAL);
    request.on('timeout', () => fail(new Error(`no answer within ${SILENCE / 1000} s`)));
    request.on('error', fail);
  });
}

module.exports = { download, downloadChecked, placeInMirror };
