'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { publish, writeAtomically } = require('./cache.js');
const { download, downloadChecked } = require('./download.js');
const { buildKubernetes, buildKubernetesPlugin, buildPulumi, buildRandomPlugin } = require('./go.js');
const {
  KUBERNETES_PROGRAMS,
  engineRelease,
  kubernetesRelease,
  pluginFile,
  pluginRelease,
} = require('./releases.js');
const { run, which } = require('./run.js');
const { cacheFolder, cacheLayout } = require('./tools.js');
const versions = require('./versions.js');

/** With this, the engine, its plugins and Kubernetes are always those built from their Go modules. */
function mustBuild() {
  return process.env.CREDENTIAL_ROTATION_ENGINE === 'build';
}

/**
 * Whether a CLI of this version drives what npm's @pulumi/pulumi needs: the same major version, and not older
 * than that package, as the protocol between them only grows within a major version.
 *
 * @param {string} version such as `3.250.0`, with or without a `v`
 */
function fits(version) {
  const parts = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version.trim());
  if (parts === null) return false;
  const [major, minor, patch] = parts.slice(1).map(Number);
  const [wantedMajor, wantedMinor, wantedPatch] = versions.pulumi.split('.').map(Number);
  if (major !== wantedMajor) return false;
  return minor > wantedMinor || (minor === wantedMinor && patch >= wantedPatch);
}

function versionOf(pulumi) {
  try {
    const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: 'true' };
    return execFileSync(pulumi, ['version'], { encoding: 'utf8', env, timeout: 10_000 }).trim();
  } catch {
    return '';
  }
}

/** The answer of onPath(), which costs a start of the CLI. */
const pathChoice = new Map();

/** The CLI on PATH, given a folder with `bin/pulumi` as the Automation API wants it; looked for once. */
function onPath(cache) {
  if (!pathChoice.has(cache)) pathChoice.set(cache, lookOnPath(cache));
  return pathChoice.get(cache);
}

function lookOnPath(cache) {
  const file = which('pulumi');
  const version = file === undefined ? '' : versionOf(file);
  if (!fits(version)) return undefined;
  const real = fs.realpathSync(file);
  const root = path.join(cache, 'pulumi-on-path');
  const link = path.join(root, 'bin', 'pulumi');
  fs.mkdirSync(path.dirname(link), { recursive: true });
  fs.symlinkSync(real, `${link}.tmp-${process.pid}`);
  fs.renameSync(`${link}.tmp-${process.pid}`, link);
  return { root, from: 'path', version };
}

/** Downloads and unpacks one of Pulumi's releases into the cache, and tries it. */
async function fetchRelease(target, url, arrange, log) {
  await publish(target, async (folder) => {
    const archive = path.join(folder, 'release.tar.gz');
    await download(url, archive);
    await run('tar', ['-xzf', archive, '--no-same-owner'], { cwd: folder, log });
    fs.rmSync(archive);
    await arrange(folder);
  });
}

const ENGINE = {
  title: `Pulumi engine ${versions.pulumi}`,
  key: 'pulumi',
  estimate: 300,
  built: (layout) => layout.pulumi,
  choice: (folder) => ({ root: folder }),
  build: buildPulumi,
  fetch(target, log) {
    const arrange = (folder) => {
      fs.renameSync(path.join(folder, 'pulumi'), path.join(folder, 'bin'));
      return run(path.join(folder, 'bin', 'pulumi'), ['version']);
    };
    return fetchRelease(target, engineRelease(), arrange, log);
  },
};

/** A plugin: its release holds the one file that a build makes, too. */
function plugin({ name, version, key, estimate, build }) {
  const file = pluginFile(name);
  return {
    title: `Pulumi plugin ${name} ${version}`,
    key,
    estimate,
    built: (layout) => layout[key],
    choice: (folder) => ({ file: path.join(folder, file) }),
    build,
    fetch(target, log) {
      const arrange = (folder) => fs.accessSync(path.join(folder, file), fs.constants.X_OK);
      return fetchRelease(target, pluginRelease(name, version), arrange, log);
    },
  };
}

const KUBERNETES_PLUGIN = plugin({
  name: 'kubernetes',
  version: versions.kubernetesPlugin,
  key: 'kubernetesPlugin',
  estimate: 400,
  build: buildKubernetesPlugin,
});

const RANDOM = plugin({
  name: 'random',
  version: versions.randomPlugin,
  key: 'randomPlugin',
  estimate: 150,
  build: buildRandomPlugin,
});

/** The API server and the controller manager: each a file of its own, with a checksum beside it. */
const KUBERNETES = {
  title: `kube-apiserver and kube-controller-manager ${versions.kubernetes}`,
  key: 'kubernetes',
  estimate: 200,
  built: (layout) => layout.kubernetes,
  choice: (folder) => ({ root: folder }),
  build: buildKubernetes,
  fetch(target) {
    return publish(target, async (folder) => {
      for (const name of KUBERNETES_PROGRAMS) {
        const file = path.join(folder, name);
        await downloadChecked(kubernetesRelease(name), file);
        fs.chmodSync(file, 0o755);
        await run(file, ['--version']);
      }
    });
  },
};

/** How a choice is told to people. */
const ORIGINS = {
  path: 'the official CLI on PATH',
  official: 'the official release',
  built: 'built from its Go module',
};

/** What is there already for a part, without fetching or building: the official one first. */
function present(part, cache) {
  const layout = cacheLayout(cache);
  const built = part.built(layout);
  if (!mustBuild()) {
    const official = `${built}-official`;
    const found = part === ENGINE ? onPath(cache) : undefined;
    if (found !== undefined) return found;
    if (fs.existsSync(official)) return { ...part.choice(official), from: 'official' };
  }
  return fs.existsSync(built) ? { ...part.choice(built), from: 'built' } : undefined;
}

/** Notes the choice for toolPaths(). */
function remember(part, choice, cache) {
  if (mustBuild()) return; // toolPaths() knows the switch, and other runs may go without it.
  const file = cacheLayout(cache).engineFile;
  const before = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '{}';
  const after = JSON.stringify({ ...JSON.parse(before), [part.key]: choice }, undefined, 2);
  if (after !== before) writeAtomically(file, after);
}

/** A step of the set-up for the engine, or for a plugin that the lab has a real one of. */
function stepFor(part) {
  const cache = cacheFolder();
  return {
    name: part.title,
    activity: mustBuild() ? 'building from its Go module' : 'fetching the official release',
    estimate: part.estimate,
    needs: ['go'],
    ready() {
      const choice = present(part, cache);
      if (choice === undefined) return undefined;
      remember(part, choice, cache);
      const version = choice.version === undefined ? '' : ` (${choice.version})`;
      return `${ORIGINS[choice.from]}${version}`;
    },
    async run(log, progress) {
      const built = part.built(cacheLayout(cache));
      if (!mustBuild()) {
        try {
          await part.fetch(`${built}-official`, log);
          return;
        } catch (error) {
          const reason = error.message.split('\n')[0];
          progress.note(`no official release (${reason}); building from its Go module`);
        }
      }
      await part.build(built, log);
    },
  };
}

module.exports = {
  fits,
  engineSteps: () => [ENGINE, RANDOM, KUBERNETES_PLUGIN].map(stepFor),
  kubernetesStep: () => stepFor(KUBERNETES),
};
