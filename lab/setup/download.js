'use strict';

const fs = require('node:fs');
const https = require('node:https');
const { URL } = require('node:url');

/** How long a server may keep silent, in milliseconds: a network that drops packets must not hold us up. */
const SILENCE = 6_000;

/** How long a whole download may take, in milliseconds. */
const TOTAL = 180_000;

/**
 * Downloads a file over HTTPS, following redirects.
 *
 * @param {string} url
 * @param {string} file written only by a download that is complete
 * @param {number} redirects how many more are followed
 * @returns {Promise<void>}
 * @throws Error with one sentence: the host refused, was silent, or answered with another status than 200
 */
function download(url, file, redirects = 5) {
  return new Promise((resolve, reject) => {
    const request = https.get(url, { timeout: SILENCE }, (response) => {
      const { statusCode = 0, headers } = response;
      if (statusCode >= 300 && statusCode < 400 && headers.location && redirects > 0) {
        response.resume();
        clearTimeout(timer);
        resolve(download(new URL(headers.location, url).href, file, redirects - 1));
        return;
      }
      if (statusCode !== 200) {
        request.destroy(new Error(`it answered with status ${statusCode}`));
        return;
      }
      const target = fs.createWriteStream(`${file}.part`);
      response.on('error', (error) => request.destroy(error));
      target.on('error', (error) => request.destroy(error));
      response.pipe(target);
      target.on('finish', () => {
        clearTimeout(timer);
        if (!response.complete) {
          reject(new Error('it ended before its end'));
          return;
        }
        fs.renameSync(`${file}.part`, file);
        resolve();
      });
    });
    const timer = setTimeout(() => request.destroy(new Error('it took too long')), TOTAL);
    request.on('timeout', () => request.destroy(new Error(`no answer within ${SILENCE / 1000} s`)));
    request.on('error', (error) => {
      clearTimeout(timer);
      reject(new Error(`${new URL(url).host}: ${error.message}`));
    });
  });
}

module.exports = { download };
