'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { phpFile } = require('./system.js');
const versions = require('./versions.js');

/**
 * The folder that holds everything that was fetched or built, shared by all checkouts.
 *
 * @param {NodeJS.ProcessEnv} environment
 * @returns {string} an absolute path
 */
function cacheFolder(environment = process.env) {
  const base = environment.XDG_CACHE_HOME || path.join(environment.HOME || os.homedir(), '.cache');
  return path.join(base, 'openemr-credential-rotation');
}

/** The folders in the cache, each of which exists only when it is complete. */
function cacheLayout(cache) {
  return {
    engineFile: path.join(cache, 'engine.json'),
    pulumi: path.join(cache, `pulumi-${versions.pulumi}`),
    // Built without what a debugger reads: one of before that is twice as large, and docs/image.md states its size.
    kubernetesPlugin: path.join(cache, `pulumi-resource-kubernetes-${versions.kubernetesPlugin}-stripped`),
    randomPlugin: path.join(cache, `pulumi-resource-random-${versions.randomPlugin}`),
    yamlHost: path.join(cache, `pulumi-language-yaml-${versions.yamlHost}`),
    sdkHost: path.join(cache, `pulumi-language-sdk-${versions.pulumi}`),
    dotnetHost: path.join(cache, `pulumi-language-dotnet-${versions.dotnetHost}`),
    kubernetes: path.join(cache, `kubernetes-${versions.kubernetes}`),
    kubectl: path.join(cache, `kubectl-${versions.kubernetes}`),
    kubelet: path.join(cache, `kubelet-${versions.kubernetes}`),
    podRuntime: path.join(cache, 'pod-runtime'),
    openemrBase: path.join(cache, `openemr-base-${versions.debian}`),
    debianBase: path.join(cache, `debian-base-${versions.debian}`),
    awscli: path.join(cache, `awscli-${versions.awscli}`),
    go: path.join(cache, `go-${versions.goPackage}`),
    etcd: path.join(cache, `etcd-${versions.etcd}`),
    collector: path.join(cache, `otelcol-${versions.collector}`),
    actionlint: path.join(cache, `actionlint-${versions.actionlint}`),
    syft: path.join(cache, `syft-${versions.syft}`),
    site: path.join(cache, `vitepress-${versions.vitepress}`),
    helm: path.join(cache, `helm-${versions.helm}`),
    kubeconform: path.join(cache, `kubeconform-${versions.kubeconform}`),
    kubernetesSchemas: path.join(cache, `kubernetes-schemas-${versions.kubernetesSchemas}`),
    prometheus: path.join(cache, `prometheus-${versions.prometheus}`),
    pushgateway: path.join(cache, `prometheus-pushgateway-${versions.pushgateway}`),
    mysql: path.join(cache, `mysql-${versions.mysql}`),
    mysqlNewest: path.join(cache, `mysql-${versions.mysqlNewest}`),
    mariadbNewest: path.join(cache, `mariadb-${versions.mariadbNewest}`),
    moto: path.join(cache, `moto-${versions.moto}`),
  };
}

/** Programs of Debian's qemu-user-static, by the kind of processor that they stand for. */
const EMULATORS = { amd64: 'qemu-x86_64-static', arm64: 'qemu-aarch64-static' };

/** The version of Node.js that npm brings; this file is also run as compiled, a folder deeper. */
function nodeVersion() {
  const places = ['../../package.json', '../../../package.json'].map((name) => path.join(__dirname, name));
  const file = places.find((place) => fs.existsSync(place));
  return JSON.parse(fs.readFileSync(file, 'utf8')).devDependencies.node;
}

/** The folders in the cache with what an image for another kind of processor is made of, which is part of their names. */
function crossLayout(cache, architecture) {
  const layout = cacheLayout(cache);
  const forIt = (folder) => `${folder}-${architecture}`;
  return {
    pulumi: forIt(layout.pulumi),
    kubernetesPlugin: forIt(layout.kubernetesPlugin),
    randomPlugin: forIt(layout.randomPlugin),
    node: forIt(path.join(cache, `node-${nodeVersion()}`)),
    debian: forIt(path.join(cache, `debian-image-${versions.debian}`)),
    emulator: forIt(path.join(cache, 'qemu-user')),
  };
}

/** The emulator of a kind of processor, once the set-up has fetched it. */
function emulatorFile(cache, architecture) {
  return path.join(crossLayout(cache, architecture).emulator, 'usr', 'bin', EMULATORS[architecture]);
}

/** What the set-up chose as engine and plugin; an empty object before its first run. */
function readChoices(engineFile) {
  try {
    return JSON.parse(fs.readFileSync(engineFile, 'utf8'));
  } catch {
    return {};
  }
}

/**
 * Where the tools of the lab are, or will be once the set-up has run. Reads the cache's note of the chosen
 * engine, and nothing else; it does not check that the files are there.
 *
 * @param {NodeJS.ProcessEnv} environment
 */
function toolPaths(environment = process.env) {
  const cache = cacheFolder(environment);
  const layout = cacheLayout(cache);
  const choices = environment.CREDENTIAL_ROTATION_ENGINE === 'build' ? {} : readChoices(layout.engineFile);
  const kubernetes = choices.kubernetes?.root ?? layout.kubernetes;
  return {
    cache,
    pulumi: choices.pulumi?.root ?? layout.pulumi,
    kubernetesPlugin:
      choices.kubernetesPlugin?.file ?? path.join(layout.kubernetesPlugin, 'pulumi-resource-kubernetes'),
    randomPlugin: choices.randomPlugin?.file ?? path.join(layout.randomPlugin, 'pulumi-resource-random'),
    yamlHost: path.join(layout.yamlHost, 'pulumi-language-yaml'),
    sdkHost: path.join(layout.sdkHost, 'pulumi-language-sdk'),
    dotnetHost: path.join(layout.dotnetHost, 'pulumi-language-dotnet'),
    kubeApiserver: path.join(kubernetes, 'kube-apiserver'),
    kubeControllerManager: path.join(kubernetes, 'kube-controller-manager'),
    kubectl: path.join(layout.kubectl, 'kubectl'),
    kubeletExec: path.join(layout.kubectl, 'exec'),
    kubelet: path.join(layout.kubelet, 'kubelet'),
    pause: path.join(layout.kubelet, 'pause'),
    podRuntime: layout.podRuntime,
    openemrBase: path.join(layout.openemrBase, 'base.tar'),
    debianBase: path.join(layout.debianBase, 'base.tar'),
    aws: path.join(layout.awscli, 'bin', 'aws'),
    etcd: path.join(layout.etcd, 'usr', 'bin', 'etcd'),
    collector: path.join(layout.collector, 'otelcol'),
    actionlint: path.join(layout.actionlint, 'actionlint'),
    syft: path.join(layout.syft, 'bin', 'syft'),
    site: layout.site,
    helm: path.join(layout.helm, 'helm'),
    kubeconform: path.join(layout.kubeconform, 'kubeconform'),
    kubernetesSchemas: layout.kubernetesSchemas,
    promtool: path.join(layout.prometheus, 'usr', 'bin', 'promtool'),
    prometheus: path.join(layout.prometheus, 'usr', 'bin', 'prometheus'),
    pushgateway: path.join(layout.pushgateway, 'usr', 'bin', 'prometheus-pushgateway'),
    mysqlBase: layout.mysql,
    mysqlNewest: layout.mysqlNewest,
    mariadbNewest: layout.mariadbNewest,
    mariadbd: '/usr/sbin/mariadbd',
    mariadb: '/usr/bin/mariadb',
    mariadbInstallDb: '/usr/bin/mariadb-install-db',
    moto: path.join(layout.moto, 'bin', 'moto_server'),
    python: path.join(layout.moto, 'bin', 'python'),
    php: phpFile(),
    openssl: '/usr/bin/openssl',
    crun: '/usr/bin/crun',
    tini: '/usr/bin/tini',
  };
}

module.exports = { EMULATORS, cacheFolder, cacheLayout, crossLayout, emulatorFile, nodeVersion, toolPaths };
