import path from 'node:path';
import { expand } from './environment';
import type { ContainerImage } from './images';
import { ContainerConfigError } from './lookup';
import type { Container, Pod, VolumeMount } from './pod';

/** A mount of a container, as the OCI runtime specification writes it. */
export interface Mount {
  destination: string;
  type?: string;
  source: string;
  options: string[];
}

/** What containers have unless their pod drops it: the list of containerd and Docker. */
const DEFAULT_CAPABILITIES = [
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'NET_RAW',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
];

const SYSTEM_MOUNTS: Mount[] = [
  { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
  { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755', 'size=65536k'] },
  {
    destination: '/dev/shm',
    type: 'tmpfs',
    source: 'shm',
    options: ['nosuid', 'noexec', 'nodev', 'mode=1777'],
  },
];

/** Everything that a container is made of. */
export interface ContainerDraft {
  pod: Pod;
  container: Container;
  image: ContainerImage;
  environment: Record<string, string>;
  /** The folders of this machine that the pod's volumes are, by name. */
  volumes: ReadonlyMap<string, string>;
}

/**
 * The OCI runtime configuration of a container (github.com/opencontainers/runtime-spec, config.md): process and mount
 * namespaces of its own, the machine's network, user, groups and capabilities as the pod says. Pure.
 */
export function runtimeSpec(draft: ContainerDraft): Record<string, unknown> {
  const { pod, container, image } = draft;
  const security = { ...pod.spec.securityContext, ...container.securityContext };
  const { user, group } = checkedUser(draft);
  const { supplementalGroups = [], fsGroup } = pod.spec.securityContext ?? {};
  const additionalGids = [...supplementalGroups, ...(fsGroup === undefined ? [] : [fsGroup])];
  const capabilities = capabilitiesOf(container, user);
  return {
    ociVersion: '1.0.0',
    process: {
      terminal: false,
      user: { uid: user, gid: group, additionalGids },
      args: commandOf(draft),
      env: environmentOf(draft),
      cwd: container.workingDir ?? image.workingDir ?? '/',
      capabilities,
      noNewPrivileges: security.allowPrivilegeEscalation === false,
    },
    root: { path: 'rootfs', readonly: security.readOnlyRootFilesystem === true },
    mounts: [...SYSTEM_MOUNTS, ...networkFiles(image), ...volumeMounts(draft)],
    linux: {
      namespaces: ['pid', 'mount', 'ipc'].map((type) => ({ type })),
      maskedPaths: ['/proc/acpi', '/proc/kcore', '/proc/keys', '/proc/timer_list', '/proc/scsi'],
      readonlyPaths: ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'],
    },
  };
}

function checkedUser({ pod, container, image }: ContainerDraft): { user: number; group: number } {
  const security = { ...pod.spec.securityContext, ...container.securityContext };
  const user = security.runAsUser ?? image.user ?? 0;
  if (security.runAsNonRoot === true && user === 0)
    throw new ContainerConfigError('container has runAsNonRoot and image will run as root');
  return { user, group: security.runAsGroup ?? image.group ?? 0 };
}

function commandOf({ container, image, environment }: ContainerDraft): string[] {
  const all = (words: readonly string[]): string[] => words.map((word) => expand(word, environment));
  const { command, args } = container;
  // As with images: a command of the pod's own also puts the image's arguments aside.
  if (command) return all([...command, ...(args ?? [])]);
  return [...image.entrypoint, ...all(args ?? image.defaultArguments ?? [])];
}

function environmentOf({ pod, image, environment }: ContainerDraft): string[] {
  const variables = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOSTNAME: pod.metadata.name,
    ...image.environment,
    ...environment,
  };
  return Object.entries(variables).map(([name, value]) => `${name}=${value}`);
}

function capabilitiesOf({ securityContext }: Container, user: number): Record<string, string[]> {
  const plain = (name: string): string => name.replace(/^CAP_/, '');
  const { add = [], drop = [] } = securityContext?.capabilities ?? {};
  const dropped = new Set(drop.map(plain));
  const kept = dropped.has('ALL') ? [] : DEFAULT_CAPABILITIES.filter((name) => !dropped.has(name));
  const bounding = [...new Set([...kept, ...add.map(plain)])].map((name) => `CAP_${name}`);
  // Only root holds them from the start; another user would get them from a file.
  const held = user === 0 ? bounding : [];
  return { bounding, effective: held, permitted: held, inheritable: [], ambient: [] };
}

/** The container is in the machine's network, so it finds hosts as the machine does. */
function networkFiles({ root }: ContainerImage): Mount[] {
  if (root === '/') return [];
  return ['/etc/hosts', '/etc/resolv.conf'].map((file) => bind(file, file, true));
}

function volumeMounts({ container, volumes }: ContainerDraft): Mount[] {
  const mounts = container.volumeMounts ?? [];
  // A mount below another one comes after it.
  return [...mounts]
    .sort((one, other) => one.mountPath.length - other.mountPath.length)
    .map((mount) => volumeMount(mount, volumes));
}

function volumeMount(
  { name, mountPath, subPath, readOnly }: VolumeMount,
  volumes: ReadonlyMap<string, string>,
): Mount {
  const folder = volumes.get(name);
  if (folder === undefined) throw new ContainerConfigError(`there is no volume ${name}`);
  return bind(path.join(folder, subPath ?? ''), mountPath, readOnly === true);
}

function bind(source: string, destination: string, readOnly: boolean): Mount {
  return { destination, type: 'bind', source, options: ['rbind', 'rprivate', readOnly ? 'ro' : 'rw'] };
}
