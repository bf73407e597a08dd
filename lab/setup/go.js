'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { publish } = require('./cache.js');
const { run, which } = require('./run.js');
const { cacheFolder, cacheLayout } = require('./tools.js');
const versions = require('./versions.js');

const TOOLCHAIN = path.join(__dirname, '..', 'toolchain');

/** Where Go is installed by hand or by Debian without being on PATH. */
const GO_FOLDERS = ['/usr/local/go/bin', '/usr/lib/go/bin'];

/** Whether a `go version` is old. A development version, which has no number, is not. */
function isOld(text) {
  const found = /go(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  if (found === null) return false;
  const [major, minor, patch] = found.slice(1).map((part) => Number(part ?? 0));
  const [, oldestMinor, oldestPatch] = versions.go.split('.').map(Number);
  return major === 1 && (minor < oldestMinor || (minor === oldestMinor && patch < oldestPatch));
}

/** The Go that the set-up has installed where the machine has none, or undefined. */
function ownGo() {
  const libraries = path.join(cacheLayout(cacheFolder()).go, 'lib');
  if (!fs.existsSync(libraries)) return undefined;
  const [python] = fs.readdirSync(libraries).filter((name) => name.startsWith('python'));
  return path.join(libraries, python, 'site-packages', 'go', 'bin', 'go');
}

let machinesGo;

/** The `go` command: the machine's, unless it is too old, or the set-up's own; or undefined. */
function goCommand() {
  machinesGo ??= which('go', GO_FOLDERS) ?? '';
  const usable = machinesGo !== '' && !isOld(execFileSync(machinesGo, ['version'], { encoding: 'utf8' }));
  return usable ? machinesGo : ownGo();
}

/**
 * The same for every build, so that what two programs share is compiled once. The linker leaves the tables for debuggers out: then
 * the compiler need not make them, which saves a tenth of its time (measured on k8s.io/kubernetes/pkg/apis/core/v1). No `-trimpath`:
 * with it a package counts as another one where another go.mod requires another version, even when both replace it by the same.
 */
const FLAGS = ['-gcflags=all=-dwarf=false'];

/** From this much memory on no compiler collects garbage below its limit, which saves a fifth of its time. In bytes. */
const PLENTY = 7 * 2 ** 30;

/**
 * Without C no C compiler is needed, and nothing of it is compiled: so a build for another kind of processor needs nothing more.
 *
 * @param {string | undefined} architecture the kind of processor in Go's words, or undefined for this machine's
 */
function buildEnvironment(memory = os.totalmem(), architecture = undefined) {
  const lazy = memory >= PLENTY ? { GOGC: 'off', GOMEMLIMIT: '2GiB' } : {};
  const other = architecture === undefined ? {} : { GOARCH: architecture };
  return { ...lazy, ...process.env, ...other, CGO_ENABLED: '0' };
}

/**
 * Builds programs from one of the Go modules of lab/toolchain into a folder of the cache.
 *
 * @param {{ module: string, target: string, into?: string, ldflags?: string, modfile?: string, packages: string[],
 *   log: string, architecture?: string }}
 *   options `module` is the folder in lab/toolchain; `into` the place in the target, a folder with `/` at its
 *   end or a file; `modfile` is used in place of the module's go.mod; `architecture` as buildEnvironment takes it
 */
async function goBuild({ module, target, into = '', ldflags = '', modfile, packages, log, architecture }) {
  await publish(target, async (folder) => {
    const output = path.join(folder, into);
    fs.mkdirSync(into.endsWith('/') || into === '' ? output : path.dirname(output), { recursive: true });
    const flags = [...FLAGS, '-ldflags', `-s -w ${ldflags}`.trim()];
    if (modfile !== undefined) flags.push('-modfile', modfile);
    const args = ['build', ...flags, '-o', output, ...packages];
    await run(goCommand(), args, {
      cwd: path.join(TOOLCHAIN, module),
      env: buildEnvironment(os.totalmem(), architecture),
      log,
    });
  });
}

/** The engine: `bin/pulumi` in its own folder, as an installed one has it. For another kind of processor, too, as the two plugins. */
function buildPulumi(target, log, architecture) {
  return goBuild({
    module: 'pulumi',
    target,
    into: 'bin/pulumi',
    ldflags: `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${versions.pulumi}`,
    packages: ['github.com/pulumi/pulumi/pkg/v3/cmd/pulumi'],
    log,
    architecture,
  });
}

/** The language host of programs in YAML. */
function buildYamlHost(target, log) {
  return goBuild({
    module: 'pulumi-language-yaml',
    target,
    into: 'pulumi-language-yaml',
    ldflags: `-X github.com/pulumi/pulumi-yaml/pkg/version.Version=v${versions.yamlHost}`,
    packages: ['github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml'],
    log,
  });
}

/** What makes the SDKs of a package for Go and Python. */
function buildSdkHost(target, log) {
  const name = 'pulumi-language-sdk';
  return goBuild({ module: name, target, into: name, packages: ['.'], log });
}

/** The language host of programs for .NET. */
function buildDotnetHost(target, log) {
  return goBuild({
    module: 'pulumi-language-dotnet',
    target,
    into: 'pulumi-language-dotnet',
    packages: ['github.com/pulumi/pulumi-dotnet/pulumi-language-dotnet/v3'],
    log,
  });
}

/** The Kubernetes plugin: its schema is in its own module, too large for this repository. */
async function buildKubernetesPlugin(target, log, architecture) {
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
    architecture,
  });
}

const BRIDGE = 'github.com/pulumi/pulumi-terraform-bridge/v3';

/** For providers with parts behind another bridge; it brings the generators of all languages, a third of the build. */
const UNUSED = path.join('pkg', 'pf', 'tfbridge', 'provider_mux.go');

/** Gives the owner of a tree back what Go's module cache takes: folders without it cannot be emptied by anybody but root. */
function makeRemovable(folder) {
  fs.chmodSync(folder, 0o755);
  for (const entry of fs.readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) makeRemovable(path.join(folder, entry.name));
}

/** Copies what is needed of the bridge, which lies in Go's read-only module cache, without the file that is not used. */
function copyBridge(source, folder) {
  const wanted = (file) =>
    !file.endsWith('_test.go') &&
    path.basename(file) !== 'testdata' &&
    path.relative(source, file) !== UNUSED;
  for (const name of ['go.mod', 'pkg', 'internal', 'unstable'])
    fs.cpSync(path.join(source, name), path.join(folder, name), {
      recursive: true,
      filter: (from) => name === 'go.mod' || wanted(from),
    });
  makeRemovable(folder);
}

/** The random plugin: upstream's own provider behind a bridge with one file less. */
async function buildRandomPlugin(target, log, architecture) {
  const module = 'pulumi-resource-random';
  const cwd = path.join(TOOLCHAIN, module);
  await run(goCommand(), ['mod', 'download', BRIDGE], { cwd, log });
  const source = (await run(goCommand(), ['list', '-m', '-f', '{{.Dir}}', BRIDGE], { cwd, log })).trim();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bridge-'));
  try {
    copyBridge(source, path.join(folder, 'bridge'));
    const modfile = path.join(folder, 'go.mod');
    const replaced = `replace ${BRIDGE} => ${path.join(folder, 'bridge')}\n`;
    fs.writeFileSync(modfile, fs.readFileSync(path.join(cwd, 'go.mod'), 'utf8') + replaced);
    fs.copyFileSync(path.join(cwd, 'go.sum'), path.join(folder, 'go.sum'));
    const ldflags = `-X main.version=${versions.randomPlugin}`;
    await goBuild({ module, target, into: module, ldflags, modfile, packages: ['.'], log, architecture });
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
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

/** What checks workflows of GitHub Actions. */
function buildActionlint(target, log) {
  const packages = ['github.com/rhysd/actionlint/cmd/actionlint'];
  return goBuild({ module: 'actionlint', target, into: 'actionlint', packages, log });
}

/** Helm; the version of Kubernetes is what it takes for the cluster's where it asks none. */
function buildHelm(target, log) {
  const [major, minor] = versions.kubernetes.split('.');
  const module = 'helm.sh/helm/v3';
  return goBuild({
    module: 'helm',
    target,
    into: 'helm',
    ldflags:
      `-X ${module}/internal/version.version=v${versions.helm} ` +
      `-X ${module}/pkg/chartutil.k8sVersionMajor=${major} -X ${module}/pkg/chartutil.k8sVersionMinor=${minor}`,
    packages: [`${module}/cmd/helm`],
    log,
  });
}

/** What checks objects against the schemas of Kubernetes. */
function buildKubeconform(target, log) {
  const packages = ['github.com/yannh/kubeconform/cmd/kubeconform'];
  return goBuild({ module: 'kubeconform', target, into: 'kubeconform', packages, log });
}

module.exports = {
  copyBridge,
  isOld,
  buildEnvironment,
  goCommand,
  buildPulumi,
  buildSdkHost,
  buildDotnetHost,
  buildYamlHost,
  buildKubernetesPlugin,
  buildRandomPlugin,
  buildKubernetes,
  buildKubectl,
  buildKubelet,
  buildCollector,
  buildActionlint,
  buildHelm,
  buildKubeconform,
};
