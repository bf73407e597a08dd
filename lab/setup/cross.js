'use strict';

/*
 * What an image for another kind of processor is made of, in folders of the cache that name it: the engine and the plugins,
 * built by Go for it; Node.js from npm; libraries from the packages that Debian has for it.
 */

const fs = require('node:fs');
const path = require('node:path');
const { publish } = require('./cache.js');
const { buildKubernetesPlugin, buildPulumi, buildRandomPlugin } = require('./go.js');
const { fetchProgram } = require('./debian.js');
const { installSyft } = require('./python.js');
const { unpackFromSuite } = require('./otherSuite.js');
const { run } = require('./run.js');
const { MACHINES } = require('./system.js');
const {
  EMULATORS,
  cacheFolder,
  cacheLayout,
  crossLayout,
  emulatorFile,
  nodeVersion,
  toolPaths,
} = require('./tools.js');
const versions = require('./versions.js');

/** What the image takes of Debian; its image of Node.js has the libraries of C++, too. */
const PACKAGES = ['base-files', 'ca-certificates', 'libc6', 'libgcc-s1', 'libstdc++6', 'tini'];

/** What they ask for on a machine that people use. */
const NOT_NEEDED =
  /^(awk|debconf|libssl|mawk|openssl|perl|libcrypt|original-awk|gawk|busybox|cdebconf|libdebian|libtextwrap|libnewt|libslang)/;

/** The name that Node.js gives to a kind of processor which has this one in Debian. */
function nodeArchitecture(architecture) {
  const [name] = Object.entries(MACHINES).find(([, { debian }]) => debian === architecture);
  return name;
}

/** Node.js as npm has it: the same program that the package `node` puts in place on a machine of that kind. */
async function fetchNode(architecture, target, log) {
  const name = `node-linux-${nodeArchitecture(architecture)}@${nodeVersion()}`;
  await publish(target, async (folder) => {
    const said = await run('npm', ['pack', '--silent', name], { cwd: folder, log });
    const archive = said.trim().split('\n').at(-1);
    await run('tar', ['-xzf', archive, '--strip-components=1', '--no-same-owner', 'package/bin/node'], {
      cwd: folder,
      log,
    });
    fs.rmSync(path.join(folder, archive));
  });
}

/** The certificate authorities in one file, as the package's set-up writes them on a machine. */
function writeAuthorities(folder) {
  const from = path.join(folder, 'usr', 'share', 'ca-certificates', 'mozilla');
  const target = path.join(folder, 'etc', 'ssl', 'certs', 'ca-certificates.crt');
  const texts = fs
    .readdirSync(from)
    .sort()
    .map((name) => fs.readFileSync(path.join(from, name), 'utf8'));
  fs.mkdirSync(path.dirname(target), { recursive: true });
  fs.writeFileSync(target, texts.map((text) => `${text.trimEnd()}\n`).join(''));
}

/** Packages of Debian for that kind of processor, unpacked, with the database of dpkg that an installation would have. */
function fetchDebian(architecture, target, log) {
  return publish(target, async (folder) => {
    const wanted = {
      suite: versions.debian,
      packages: PACKAGES,
      leaveOut: NOT_NEEDED,
      architecture,
      records: true,
    };
    await unpackFromSuite(folder, wanted, log);
    writeAuthorities(folder);
  });
}

/** The steps, each a folder of the cache. */
function crossSteps({ architecture, cacheStep, goStep }) {
  const layout = crossLayout(cacheFolder(), architecture);
  const go = (title, key, program, build, estimate) =>
    goStep({
      name: `${title} for ${architecture}`,
      estimate,
      folder: layout[key],
      file: path.join(layout[key], program),
      run: (folder, log) => build(folder, log, architecture),
    });
  return {
    go: [
      go(`Pulumi engine ${versions.pulumi}`, 'pulumi', 'bin/pulumi', buildPulumi, 300),
      go(
        `Pulumi plugin random ${versions.randomPlugin}`,
        'randomPlugin',
        'pulumi-resource-random',
        buildRandomPlugin,
        150,
      ),
      go(
        `Pulumi plugin kubernetes ${versions.kubernetesPlugin}`,
        'kubernetesPlugin',
        'pulumi-resource-kubernetes',
        buildKubernetesPlugin,
        400,
      ),
    ],
    others: [
      cacheStep({
        name: `Node.js for ${architecture}`,
        activity: 'fetching its npm package',
        needs: ['npm'],
        folder: layout.node,
        file: path.join(layout.node, 'bin', 'node'),
        run: (folder, log) => fetchNode(architecture, folder, log),
      }),
      cacheStep({
        name: `Debian ${versions.debian} for ${architecture}`,
        activity: 'fetching the packages that the image takes from',
        needs: ['debian'],
        folder: layout.debian,
        file: layout.debian,
        run: (folder, log) => fetchDebian(architecture, folder, log),
      }),
      cacheStep({
        name: `emulator of ${architecture}`,
        activity: 'fetching the Debian package qemu-user-static',
        needs: ['debian', 'lists'],
        folder: layout.emulator,
        file: emulatorFile(cacheFolder(), architecture),
        run: (folder, log) => fetchProgram('qemu-user-static', EMULATORS[architecture], folder, log),
      }),
      cacheStep({
        name: `Syft ${versions.syft}`,
        activity: 'installing into a Python environment',
        needs: ['python'],
        folder: cacheLayout(cacheFolder()).syft,
        file: toolPaths().syft,
        run: installSyft,
      }),
    ],
  };
}

module.exports = { crossSteps };
