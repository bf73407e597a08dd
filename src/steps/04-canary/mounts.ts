import type { V1Container, V1PodSpec, V1Volume, V1VolumeMount } from '@kubernetes/client-node';

/** Where one container has this site's `sqlconf.php`, and which mount brings it there. */
export interface FileMount {
  container: string;
  /** Path in the container. */
  path: string;
  mount: V1VolumeMount;
  /** Path of the folder of the file below the root of the mounted volume, as `subPath` has it. */
  folder: string;
}

/** Volumes that hold what others see, too. Those made from objects of the cluster, or anew for each pod, do not. */
const sharedSources = ['persistentVolumeClaim', 'nfs', 'csi', 'hostPath', 'azureFile', 'cephfs'] as const;

/** Where OpenEMR's image has the application. */
export const imageRoot = '/var/www/localhost/htdocs/openemr';

/** Every container of a pod, those before the start included. */
export function containersOf(spec: V1PodSpec): V1Container[] {
  return [...spec.containers, ...(spec.initContainers ?? [])];
}

/** The containers that see this site's `sqlconf.php` on a shared volume. Pure. */
export function fileMounts(spec: V1PodSpec, site: string): FileMount[] {
  return containersOf(spec).flatMap((container) => {
    const source = fileSource(container, spec.volumes ?? [], site);
    const { path, mount, volume } = source ?? {};
    if (
      path === undefined ||
      mount === undefined ||
      !sharedSources.some((each) => volume?.[each] !== undefined)
    )
      return [];
    const inside = path.slice(trimmed(mount.mountPath).length).split('/');
    const before = (mount.subPathExpr ?? mount.subPath ?? '').split('/');
    const parts = [...before, ...inside].filter((part) => part !== '');
    return [{ container: container.name, path, mount, folder: parts.slice(0, -1).join('/') }];
  });
}

/** Where a container has this site's `sqlconf.php` from: the deepest mount is seen. Undefined where none can bring it. Pure. */
export function fileSource(
  container: V1Container,
  volumes: readonly V1Volume[],
  site: string,
): { path: string; mount: V1VolumeMount; volume: V1Volume | undefined } | undefined {
  const path = filePath(container, site);
  if (path === undefined) return undefined;
  const covers = ({ mountPath }: V1VolumeMount): boolean =>
    path === trimmed(mountPath) || path.startsWith(`${trimmed(mountPath)}/`);
  const [mount] = (container.volumeMounts ?? [])
    .filter(covers)
    .sort((one, other) => trimmed(other.mountPath).length - trimmed(one.mountPath).length);
  return mount && { path, mount, volume: volumes.find(({ name }) => name === mount.name) };
}

/** The path of the file in a container, by the mounts that can bring it there. */
function filePath({ volumeMounts = [] }: V1Container, site: string): string | undefined {
  const paths = volumeMounts.map(({ mountPath }) => trimmed(mountPath));
  for (const path of paths) {
    const found = /^(.*)\/sites(?:\/([^/]+)(?:\/sqlconf\.php)?)?$/.exec(path);
    if (found && (found[2] === undefined || found[2] === site))
      return `${found[1] ?? ''}/sites/${site}/sqlconf.php`;
  }
  const root = paths.find((path) => path.endsWith('/openemr'));
  return root === undefined ? undefined : `${root}/sites/${site}/sqlconf.php`;
}

function trimmed(path: string): string {
  return path.replace(/\/+$/, '');
}

/** The mount that lays the canary's copy over the file: another path of the same volume. */
export function overlay({ path, mount, folder }: FileMount, hidden: string): V1VolumeMount {
  const inside = [folder, hidden, 'sqlconf.php'].filter((part) => part !== '').join('/');
  return {
    name: mount.name,
    mountPath: path,
    ...(mount.readOnly === undefined ? {} : { readOnly: mount.readOnly }),
    ...(mount.subPathExpr === undefined ? { subPath: inside } : { subPathExpr: inside }),
  };
}
