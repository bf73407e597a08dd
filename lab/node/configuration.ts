import path from 'node:path';
import { stringify } from 'yaml';
import type { Certificates } from '../servers/certificates';
import type { NodeAddresses } from './addresses';

/** The name of the one node. */
export const NODE = 'lab';
/** What holds the namespaces of a pod. */
export const PAUSE_IMAGE = 'registry.lab/pause:1';
/** Fixed, as the node has a network of its own. */
export const KUBELET_PORT = 10_250;
export const CONTAINERD_SOCKET = '/run/containerd/containerd.sock';

/** What the files of a node are made of. */
export interface NodePlan {
  addresses: NodeAddresses;
  /** Where the node keeps what it writes. */
  folder: string;
  /** Below `/sys/fs/cgroup`, in each hierarchy. */
  controlGroup: string;
  /** The unpacked Debian packages: containerd, runc, the CNI plugins. */
  runtime: string;
}

/** The kubelet's configuration (kubelet.config.k8s.io/v1beta1), YAML. Pure. */
export function kubeletConfiguration(plan: NodePlan, certificates: Certificates): string {
  const { addresses, folder, controlGroup } = plan;
  return stringify({
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: addresses.node,
    port: KUBELET_PORT,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: false },
      x509: { clientCAFile: certificates.caFile },
    },
    authorization: { mode: 'AlwaysAllow' },
    tlsCertFile: certificates.serverCertificate,
    tlsPrivateKeyFile: certificates.serverKey,
    containerRuntimeEndpoint: `unix://${CONTAINERD_SOCKET}`,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${controlGroup}`,
    failSwapOn: false,
    // The node shares disk and tables of rules with the machine: no pod is to go because the machine is full.
    evictionHard: { 'memory.available': '0%', 'nodefs.available': '0%', 'imagefs.available': '0%' },
    imageGCHighThresholdPercent: 100,
    localStorageCapacityIsolation: false,
    makeIPTablesUtilChains: false,
    resolvConf: path.join(folder, 'resolv.conf'),
    podLogsDir: path.join(folder, 'logs'),
    volumePluginDir: path.join(folder, 'volume-plugins'),
  });
}

/** containerd's configuration, TOML. Pure. */
export function containerdConfiguration({ folder, runtime }: NodePlan): string {
  const text = (value: string): string => JSON.stringify(value);
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  return `version = 2
root = ${text(path.join(folder, 'containerd'))}
state = "/run/containerd"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.aufs", "io.containerd.internal.v1.opt"]

[grpc]
  address = ${text(CONTAINERD_SOCKET)}

[${cri}]
  sandbox_image = ${text(PAUSE_IMAGE)}
  # Not every machine has AppArmor, and not every root may set a score below its own.
  disable_apparmor = true
  restrict_oom_score_adj = true

[${cri}.containerd]
  snapshotter = "overlayfs"
  default_runtime_name = "runc"

[${cri}.containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[${cri}.containerd.runtimes.runc.options]
  SystemdCgroup = false
  BinaryName = ${text(path.join(runtime, 'usr', 'sbin', 'runc'))}

[${cri}.cni]
  bin_dir = ${text(path.join(runtime, 'usr', 'lib', 'cni'))}
  conf_dir = ${text(path.join(folder, 'cni'))}
`;
}

/** The pods' network: a bridge in the node, addresses from its own part, everything else by way of the machine. Pure. */
export function networkConfiguration({ pods, podGateway }: NodeAddresses): string {
  return JSON.stringify({
    cniVersion: '0.4.0',
    name: 'lab',
    plugins: [
      {
        type: 'bridge',
        bridge: 'cni0',
        isGateway: true,
        ipMasq: false,
        ipam: {
          type: 'host-local',
          dataDir: '/run/cni',
          ranges: [[{ subnet: pods, gateway: podGateway }]],
          routes: [{ dst: '0.0.0.0/0' }],
        },
      },
    ],
  });
}
