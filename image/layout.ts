/** Where things lie in the image. All of it is read-only but `home` and `temporary`, which are volumes of the pod. */
export const layout = {
  /** The package: package.json, dist/src, the npm packages of a production. */
  package: '/app',
  /** The engine (bin/pulumi) and the plugins (plugins/resource-…). */
  engine: '/opt/pulumi',
  node: '/usr/bin/node',
  /** The first process: it passes signals on, and takes in processes whose parent has ended. */
  init: '/usr/bin/tini',
  command: '/usr/bin/credential-rotation',
  authorities: '/etc/ssl/certs/ca-certificates.crt',
  /** A file for each package of Debian that something here is taken from: scanners look for them at this place. */
  debianPackages: '/var/lib/dpkg/status.d',
  /** The licences of those packages. */
  copyrights: '/usr/share/doc',
  home: '/var/lib/credential-rotation',
  temporary: '/tmp',
} as const;

/** The user and the group of the image: nobody's files, no name elsewhere. */
export const imageUser = 65532;

/** What every image says of itself (github.com/opencontainers/image-spec, annotations.md); a release adds version, source and revision. */
export const imageLabels = {
  'org.opencontainers.image.title': 'openemr-credential-rotation',
  'org.opencontainers.image.description':
    'Changes the database passwords of a running OpenEMR on EKS with no failed request.',
  'org.opencontainers.image.licenses': 'Apache-2.0',
} as const;

/** What the Dockerfile says of running the image; a test holds them together. */
export const imageConfiguration = {
  user: `${imageUser}:${imageUser}`,
  entrypoint: [layout.init, '--', layout.node, `${layout.package}/dist/src/cli/main.js`],
  workingDir: layout.home,
  environment: {
    PATH: `${layout.engine}/bin:/usr/bin`,
    HOME: layout.home,
    CREDENTIAL_ROTATION_HOME: layout.home,
    CREDENTIAL_ROTATION_ENGINE_ROOT: layout.engine,
    PULUMI_HOME: layout.engine,
    PULUMI_SKIP_UPDATE_CHECK: 'true',
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: 'true',
  },
} as const;
