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
    const path = filePath(container, site);
    const found = path === undefined ? undefined : mountOf(container, spec.volumes ?? [], path);
    return found === undefined ? [] : [found];
  });
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

/** The mount that is seen at a path: the deepest one. */
function mountOf(
  { name: container, volumeMounts = [] }: V1Container,
  volumes: readonly V1Volume[],
  path: string,
): FileMount | undefined {
  const covers = ({ mountPath }: V1VolumeMount): boolean =>
    path === trimmed(mountPath) || path.startsWith(`${trimmed(mountPath)}/`);
  const [mount] = volumeMounts
    .filter(covers)
    .sort((one, other) => trimmed(other.mountPath).length - trimmed(one.mountPath).length);
  const volume = volumes.find(({ name }) => name === mount?.name);
  if (mount === undefined || !sharedSources.some((source) => volume?.[source] !== undefined))
    return undefined;
  const inside = path.slice(trimmed(mount.mountPath).length).split('/');
  const before = (mount.subPathExpr ?? mount.subPath ?? '').split('/');
  const parts = [...before, ...inside].filter((part) => part !== '');
  return { container, path, mount, folder: parts.slice(0, -1).join('/') };
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
