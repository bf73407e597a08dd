'use strict';

const { thisSystem } = require('./system.js');
const versions = require('./versions.js');

/** Where the releases of Pulumi and of Kubernetes are. */
const PULUMI = 'https://get.pulumi.com/releases';
const KUBERNETES = 'https://dl.k8s.io/release';

/** The archive with the engine: a folder `pulumi` with the files themselves. */
function engineRelease() {
  return `${PULUMI}/sdk/pulumi-v${versions.pulumi}-linux-${thisSystem().machine.pulumi}.tar.gz`;
}

/** The one file of a plugin's archive; a build makes it, too. */
function pluginFile(name) {
  return `pulumi-resource-${name}`;
}

/** The archive with a plugin. */
function pluginRelease(name, version) {
  return `${PULUMI}/plugins/${pluginFile(name)}-v${version}-linux-${thisSystem().machine.debian}.tar.gz`;
}

/** What the lab runs of Kubernetes. */
const KUBERNETES_PROGRAMS = ['kube-apiserver', 'kube-controller-manager'];

/** A program of Kubernetes itself. */
function kubernetesRelease(program) {
  return `${KUBERNETES}/v${versions.kubernetes}/bin/linux/${thisSystem().machine.debian}/${program}`;
}

module.exports = { KUBERNETES_PROGRAMS, engineRelease, kubernetesRelease, pluginFile, pluginRelease };
