/** Where the tools of the lab are. Every value is an absolute path. */
export interface ToolPaths {
  /** The folder of everything that the set-up fetched or built. */
  cache: string;
  /** The folder that holds `bin/pulumi`: the root of a `PulumiCommand`. */
  pulumi: string;
  /** The file `pulumi-resource-kubernetes`. */
  kubernetesPlugin: string;
  /** The file `pulumi-resource-random`. */
  randomPlugin: string;
  /** The file `pulumi-language-yaml`, by which the engine runs programs in YAML; only `--yaml` has it built. */
  yamlHost: string;
  /** By the names `pulumi-language-go` and `-python` it makes the SDKs of a package; only `--sdks` has it built, and the next. */
  sdkHost: string;
  /** The file `pulumi-language-dotnet`. */
  dotnetHost: string;
  kubeApiserver: string;
  kubeControllerManager: string;
  /** Only `npm test` has it built, and the next two. */
  kubectl: string;
  /** The part of the lab's kubelet that answers `kubectl exec`. */
  kubeletExec: string;
  /** The real kubelet; only `--kubelet` has it built, and the next three. */
  kubelet: string;
  /** The static program of the pause image. */
  pause: string;
  /** The folder with Debian's containerd, runc and CNI plugins, unpacked. */
  podRuntime: string;
  /** Debian with PHP and Apache, as a tar file: what the image of an OpenEMR is made of. */
  openemrBase: string;
  /** Debian alone, as a tar file: what images are built on. Only `--image` has it made. */
  debianBase: string;
  /** The AWS CLI. */
  aws: string;
  etcd: string;
  /** The OpenTelemetry Collector with an OTLP receiver and a file exporter. Only `npm test` has it built. */
  collector: string;
  actionlint: string;
  /** Only `--image --for ARCHITECTURE` has it installed. */
  syft: string;
  site: string;
  /** Helm. Only `npm test` has it built, and the next two. */
  helm: string;
  /** Checks objects against schemas. */
  kubeconform: string;
  /** The folder with the schemas of Kubernetes' objects, in a folder for each version such as `v1.29.0`. */
  kubernetesSchemas: string;
  /** Checks rules of Prometheus. Only `npm test` has it fetched. */
  promtool: string;
  /** Prometheus, and its Pushgateway. Only `npm test` has them fetched. */
  prometheus: string;
  pushgateway: string;
  /** The folder with `bin/mysqld` and `share/` of MySQL 8.0. */
  mysqlBase: string;
  /** MySQL 9, unpacked with its own libraries; `sbin/mysqld` starts it. Only `npm test` has it fetched, and the next. */
  mysqlNewest: string;
  /** MariaDB 11, likewise: `sbin/mariadbd`. */
  mariadbNewest: string;
  mariadbd: string;
  /** The command-line client, of MySQL too. */
  mariadb: string;
  mariadbInstallDb: string;
  /** The file `moto_server`. */
  moto: string;
  /** The Python of the environment that holds moto. */
  python: string;
  php: string;
  openssl: string;
  /** The OCI runtime. */
  crun: string;
  /** The small first process of a container. */
  tini: string;
}

/** The folders in the cache, each of which exists only when it is complete. */
export interface CacheLayout {
  engineFile: string;
  pulumi: string;
  kubernetesPlugin: string;
  randomPlugin: string;
  yamlHost: string;
  kubernetes: string;
  kubectl: string;
  kubelet: string;
  podRuntime: string;
  openemrBase: string;
  debianBase: string;
  awscli: string;
  /** Go, where the machine has none that is new enough. */
  go: string;
  etcd: string;
  collector: string;
  actionlint: string;
  syft: string;
  site: string;
  helm: string;
  kubeconform: string;
  kubernetesSchemas: string;
  prometheus: string;
  pushgateway: string;
  mysql: string;
  mysqlNewest: string;
  mariadbNewest: string;
  moto: string;
}

/** `${XDG_CACHE_HOME:-~/.cache}/openemr-credential-rotation`. */
export function cacheFolder(environment?: NodeJS.ProcessEnv): string;

/** The names of the folders in a cache. */
export function cacheLayout(cache: string): CacheLayout;

/** Where the tools are, or will be once the set-up has run; it does not check that the files are there. */
export function toolPaths(environment?: NodeJS.ProcessEnv): ToolPaths;

/** The folders of a cache with what an image for another kind of processor is made of. */
export interface CrossLayout {
  /** Holds `bin/pulumi`. */
  pulumi: string;
  kubernetesPlugin: string;
  randomPlugin: string;
  /** Holds `bin/node`. */
  node: string;
  /** The root of a Debian, with the packages that the image takes from and its database of dpkg. */
  debian: string;
  emulator: string;
}

/** The names of these folders. */
export function crossLayout(cache: string, architecture: 'amd64' | 'arm64'): CrossLayout;

/** The program that runs those of another kind of processor; does not check that it is there. */
export function emulatorFile(cache: string, architecture: 'amd64' | 'arm64'): string;
