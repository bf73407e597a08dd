'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { publish } = require('./cache.js');
const { run, which } = require('./run.js');
const versions = require('./versions.js');

const TOOLCHAIN = path.join(__dirname, '..', 'toolchain');

/** Where Go is installed by hand or by Debian without being on PATH. */
const GO_FOLDERS = ['/usr/local/go/bin', '/usr/lib/go/bin'];

/** The `go` command, or undefined. */
function goCommand() {
  return which('go', GO_FOLDERS);
}

/**
 * Builds programs from one of the Go modules of lab/toolchain into a folder of the cache.
 *
 * @param {{ module: string, target: string, into?: string, flags?: string[], packages: string[], log: string }}
 *   options `module` is the folder in lab/toolchain; `into` the place in the target, a folder with `/` at its
 *   end or a file
 */
async function goBuild({ module, target, into = '', ldflags = '', packages, log }) {
  await publish(target, async (folder) => {
    const output = path.join(folder, into);
    fs.mkdirSync(into.endsWith('/') || into === '' ? output : path.dirname(output), { recursive: true });
    const args = ['build', '-trimpath', '-ldflags', `-s -w ${ldflags}`.trim(), '-o', output, ...packages];
    await run(goCommand(), args, { cwd: path.join(TOOLCHAIN, module), log });
  });
}

/** The engine: `bin/pulumi` in its own folder, as an installed one has it. */
function buildPulumi(target, log) {
  return goBuild({
    module: 'pulumi',
    target,
    into: 'bin/pulumi',
    ldflags: `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${versions.pulumi}`,
    packages: ['github.com/pulumi/pulumi/pkg/v3/cmd/pulumi'],
    log,
  });
}

/** The Kubernetes plugin: its schema is in its own module, too large for this repository. */
async function buildKubernetesPlugin(target, log) {
  const cwd = path.join(TOOLCHAIN, 'pulumi-resource-kubernetes');
  const module = 'github.com/pulumi/pulumi-kubernetes/provider/v4';
  await run(goCommand(), ['mod', 'download', module], { cwd, log });
  const source = (await run(goCommand(), ['list', '-m', '-f', '{{.Dir}}', module], { cwd, log })).trim();
  for (const name of ['schema.json', 'terraform-mapping.json']) {
    const beside = path.join(cwd, `${name}.tmp-${process.pid}`);
    // The module cache is read-only, and a copy would be too.
    fs.writeFileSync(beside, fs.readFileSync(path.join(source, 'cmd', 'pulumi-resource-kubernetes', name)));
    fs.renameSync(beside, path.join(cwd, name));
  }
  await goBuild({
    module: 'pulumi-resource-kubernetes',
    target,
    into: 'pulumi-resource-kubernetes',
    packages: ['.'],
    log,
  });
}

/** Programs of Kubernetes, which say its version. */
function buildOfKubernetes(packages, target, log) {
  const [major, minor] = versions.kubernetes.split('.');
  const variable = 'k8s.io/component-base/version.git';
  return goBuild({
    module: 'kubernetes',
    target,
    into: '/',
    ldflags:
      `-X ${variable}Version=v${versions.kubernetes} ` +
      `-X ${variable}Major=${major} -X ${variable}Minor=${minor}`,
    packages,
    log,
  });
}

/** The API server and the controller manager. */
function buildKubernetes(target, log) {
  const packages = ['k8s.io/kubernetes/cmd/kube-apiserver', 'k8s.io/kubernetes/cmd/kube-controller-manager'];
  return buildOfKubernetes(packages, target, log);
}

/** kubectl, and the part of the lab's kubelet that answers its `exec`. */
function buildKubectl(target, log) {
  return buildOfKubernetes(['k8s.io/kubernetes/cmd/kubectl', './exec'], target, log);
}

/** The real kubelet, and the program that holds the namespaces of its pods. */
function buildKubelet(target, log) {
  return buildOfKubernetes(['k8s.io/kubernetes/cmd/kubelet', './pause'], target, log);
}

/** The OpenTelemetry Collector, with no more parts than a test needs. */
function buildCollector(target, log) {
  return goBuild({ module: 'otelcol', target, into: 'otelcol', packages: ['.'], log });
}

module.exports = {
  goCommand,
  buildPulumi,
  buildKubernetesPlugin,
  buildKubernetes,
  buildKubectl,
  buildKubelet,
  buildCollector,
};
