import { existsSync } from 'node:fs';
import path from 'node:path';
import { ContainerConfigError } from './lookup';
import type { Container, Pod } from './pod';

/** A path of this machine that a container of a PHP pod sees at another place. */
export interface Bind {
  source: string;
  target: string;
}

/**
 * What a container sees elsewhere than where it is. A PHP pod has the files of this machine, so that a claim is mounted at
 * its own folder, and only a part of one that is laid over another path must be mounted. Volumes without a known claim
 * are left out.
 * @param claim the folder behind a claim of the pod's namespace
 * @throws ContainerConfigError when a part is not there
 */
export function bindsOf(
  { spec }: Pod,
  { volumeMounts = [] }: Container,
  claim: (name: string) => string | undefined,
): Bind[] {
  const folderOf = (volume: string): string | undefined => {
    const name = spec.volumes?.find((each) => each.name === volume)?.persistentVolumeClaim?.claimName;
    return name === undefined ? undefined : claim(name);
  };
  // A mount below another one comes after it.
  const sorted = [...volumeMounts].sort((one, other) => one.mountPath.length - other.mountPath.length);
  return sorted.flatMap(({ name, mountPath, subPath = '' }) => {
    const folder = folderOf(name);
    if (folder === undefined) return [];
    const [source, target] = [path.join(folder, subPath), path.resolve(mountPath)];
    if (source === target) return [];
    if (!existsSync(source))
      throw new ContainerConfigError(`failed to prepare subPath for volumeMount "${name}"`);
    return [{ source, target }];
  });
}

const SCRIPT = `while [ "$1" != -- ]; do mount --bind "$1" "$2" || exit 128; shift 2; done; shift; exec "$@"`;

/** The command that runs `command` where these mounts are made, in a namespace that nobody else sees. */
export function boundCommand(binds: readonly Bind[], command: string[]): string[] {
  if (binds.length === 0) return command;
  const pairs = binds.flatMap(({ source, target }) => [source, target]);
  return ['unshare', '--mount', '/bin/sh', '-c', SCRIPT, 'mounts', ...pairs, '--', ...command];
}
