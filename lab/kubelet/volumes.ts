import { chownSync, chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { KubernetesClient } from '../kubernetes-client';
import { ContainerConfigError, podField } from './lookup';
import type { Lookup } from './lookup';
import type { FieldsAsFiles, KeysAsFiles, Pod, Projection, Volume } from './pod';

/** What the volumes of a pod are made with. */
export interface VolumeContext {
  pod: Pod;
  client: KubernetesClient;
  lookup: Lookup;
  /** Where volumes without a place of their own are made. */
  folder: string;
  /** The folder behind a claim of the pod's namespace, if there is one. */
  claim: (name: string) => string | undefined;
}

/** A file of a volume. */
interface VolumeFile {
  path: string;
  content: string;
  /** A token is readable for the container's user alone. */
  private?: boolean;
}

/** Makes a volume of a pod ready; gives the folder of this machine that it is. */
export async function prepareVolume(context: VolumeContext, volume: Volume): Promise<string> {
  const { pod } = context;
  const { hostPath, persistentVolumeClaim, emptyDir } = volume;
  if (hostPath) return hostFolder(hostPath);
  if (persistentVolumeClaim) return claimFolder(context, persistentVolumeClaim.claimName);
  const folder = path.join(context.folder, volume.name);
  mkdirSync(folder, { recursive: true });
  if (emptyDir) {
    const { fsGroup } = pod.spec.securityContext ?? {};
    if (fsGroup !== undefined) chownSync(folder, 0, fsGroup);
    chmodSync(folder, fsGroup === undefined ? 0o777 : 0o2777);
    return folder;
  }
  const mode =
    (volume.secret ?? volume.configMap ?? volume.downwardAPI ?? volume.projected)?.defaultMode ?? 0o644;
  for (const file of await filesOf(context, volume)) writeVolumeFile(pod, folder, file, mode);
  chmodSync(folder, 0o755);
  return folder;
}

function hostFolder({ path: folder, type = '' }: { path: string; type?: string }): string {
  if (type === 'DirectoryOrCreate') mkdirSync(folder, { recursive: true });
  if (!existsSync(folder)) throw new ContainerConfigError(`hostPath ${folder} is not there`);
  return folder;
}

function claimFolder({ claim }: VolumeContext, name: string): string {
  const folder = claim(name);
  if (folder === undefined) throw new ContainerConfigError(`persistentvolumeclaim "${name}" not found`);
  return folder;
}

async function filesOf(context: VolumeContext, volume: Volume): Promise<VolumeFile[]> {
  const { secret, configMap, downwardAPI, projected } = volume;
  if (projected) {
    const parts = (projected.sources ?? []).map((source) => projectionFiles(context, source));
    return (await Promise.all(parts)).flat();
  }
  if (secret) return keyFiles(context, 'secrets', secret);
  if (configMap) return keyFiles(context, 'configmaps', configMap);
  if (downwardAPI) return fieldFiles(context, downwardAPI);
  throw new ContainerConfigError(`the lab does not know the kind of volume ${volume.name}`);
}

async function projectionFiles(context: VolumeContext, source: Projection): Promise<VolumeFile[]> {
  const { serviceAccountToken, secret, configMap, downwardAPI } = source;
  if (serviceAccountToken) {
    const content = await requestToken(context, serviceAccountToken);
    return [{ path: serviceAccountToken.path, content, private: true }];
  }
  if (secret) return keyFiles(context, 'secrets', secret);
  if (configMap) return keyFiles(context, 'configmaps', configMap);
  return fieldFiles(context, downwardAPI ?? {});
}

async function keyFiles(
  { lookup }: VolumeContext,
  kind: 'secrets' | 'configmaps',
  { name, secretName, items, optional }: KeysAsFiles,
): Promise<VolumeFile[]> {
  const object = name ?? secretName ?? '';
  const data = await lookup.all(kind, object, optional);
  const wanted = items ?? Object.keys(data).map((key) => ({ key, path: key }));
  return wanted.map(({ key, path: file }) => {
    const content = data[key];
    if (content === undefined) throw new ContainerConfigError(`${object} has no key ${key}`);
    return { path: file, content };
  });
}

function fieldFiles({ pod }: VolumeContext, { items = [] }: FieldsAsFiles): VolumeFile[] {
  return items.map(({ path: file, fieldRef }) => ({
    path: file,
    content: podField(pod, fieldRef?.fieldPath ?? ''),
  }));
}

/** A token that the API server issues for the pod's account, and that is void when the pod is gone. */
async function requestToken(
  { pod, client }: VolumeContext,
  { audience, expirationSeconds = 3600 }: NonNullable<Projection['serviceAccountToken']>,
): Promise<string> {
  const { namespace, name, uid } = pod.metadata;
  const account = pod.spec.serviceAccountName ?? 'default';
  const { status } = await client.create<{ status: { token: string } }>(
    `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`,
    {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: {
        expirationSeconds,
        ...(audience === undefined ? {} : { audiences: [audience] }),
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
      },
    },
  );
  return status.token;
}

/** With the owner and mode that a kubelet gives: a token is for the pod's group, else its user, else for all. */
function writeVolumeFile({ spec }: Pod, folder: string, file: VolumeFile, mode: number): void {
  const target = path.join(folder, file.path);
  mkdirSync(path.dirname(target), { recursive: true });
  const { fsGroup, runAsUser } = spec.securityContext ?? {};
  const user = spec.containers[0]?.securityContext?.runAsUser ?? runAsUser;
  const own = file.private === true && fsGroup === undefined && user !== undefined;
  writeFileSync(target, file.content);
  chmodSync(target, own ? 0o600 : fsGroup === undefined ? mode : mode | 0o040);
  if (own) chownSync(target, user, 0);
  else if (fsGroup !== undefined) chownSync(target, 0, fsGroup);
}

/** The folders in a folder, by their names; none where it is not there. */
export function foldersIn(folder: string): Record<string, string> {
  if (!existsSync(folder)) return {};
  return Object.fromEntries(readdirSync(folder).map((name) => [name, path.join(folder, name)]));
}
