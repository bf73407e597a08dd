import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  createReadStream,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type { ContainerImage } from '../kubelet/images';

/** The configuration of an image (github.com/opencontainers/image-spec, config.md). Pure. */
export function imageConfig(
  image: Omit<ContainerImage, 'root'>,
  layers: readonly string[],
): Record<string, unknown> {
  const { entrypoint, defaultArguments, environment = {}, workingDir, user, group, stopSignal } = image;
  return {
    architecture: { x64: 'amd64', arm64: 'arm64' }[process.arch as 'x64' | 'arm64'],
    os: 'linux',
    config: {
      ...(user === undefined ? {} : { User: group === undefined ? `${user}` : `${user}:${group}` }),
      Env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
      Entrypoint: entrypoint,
      ...(defaultArguments === undefined ? {} : { Cmd: defaultArguments }),
      ...(workingDir === undefined ? {} : { WorkingDir: workingDir }),
      ...(stopSignal === undefined ? {} : { StopSignal: stopSignal }),
    },
    rootfs: { type: 'layers', diff_ids: layers.map((digest) => `sha256:${digest}`) },
  };
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(file)) hash.update(part as Buffer);
  return hash.digest('hex');
}

/** The full name of an image, as containerd looks it up: `openemr/openemr:lab` is one of docker.io. Pure. */
export function fullName(name: string): string {
  const [first = ''] = name.split('/');
  const isHost = name.includes('/') && (/[.:]/.test(first) || first === 'localhost');
  const tagged = /:[^/]+$|@/.test(name) ? name : `${name}:latest`;
  if (isHost) return tagged;
  return name.includes('/') ? `docker.io/${tagged}` : `docker.io/library/${tagged}`;
}

/**
 * Writes an image as an archive in the layout of OCI (image-layout.md).
 * @param layers file trees, the lowest first: folders, or tar files
 */
export async function writeImageArchive(options: {
  file: string;
  name: string;
  image: Omit<ContainerImage, 'root'>;
  layers: readonly string[];
}): Promise<void> {
  const { file, name, image } = options;
  const place = `${file}.layout-${process.pid}`;
  const blobs = path.join(place, 'blobs', 'sha256');
  mkdirSync(blobs, { recursive: true });
  const layers: { digest: string; size: number }[] = [];
  for (const layer of options.layers) layers.push(await layerBlob(layer, blobs));
  const blob = (mediaType: string, content: unknown): Record<string, unknown> => {
    const text = JSON.stringify(content);
    const digest = createHash('sha256').update(text).digest('hex');
    writeFileSync(path.join(blobs, digest), text);
    return { mediaType, digest: `sha256:${digest}`, size: Buffer.byteLength(text) };
  };
  const type = 'application/vnd.oci.image';
  const digests = layers.map(({ digest }) => digest);
  const config = blob(`${type}.config.v1+json`, imageConfig(image, digests));
  const manifest = blob(`${type}.manifest.v1+json`, {
    schemaVersion: 2,
    config,
    layers: layers.map(({ digest, size }) => ({
      mediaType: `${type}.layer.v1.tar`,
      digest: `sha256:${digest}`,
      size,
    })),
  });
  const annotations = { 'io.containerd.image.name': fullName(name) };
  const index = { schemaVersion: 2, manifests: [{ ...manifest, annotations }] };
  writeFileSync(path.join(place, 'index.json'), JSON.stringify(index));
  writeFileSync(path.join(place, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  execFileSync('tar', ['--create', '--file', `${file}.tmp-${process.pid}`, '--directory', place, '.']);
  renameSync(`${file}.tmp-${process.pid}`, file);
  rmSync(place, { recursive: true });
}

/** Puts a layer among the blobs, under its digest. */
async function layerBlob(layer: string, blobs: string): Promise<{ digest: string; size: number }> {
  const tar = path.join(blobs, 'layer.tar');
  if (statSync(layer).isDirectory())
    execFileSync('tar', ['--numeric-owner', '--create', '--file', tar, '--directory', layer, '.']);
  else copyFileSync(layer, tar);
  const digest = await digestOf(tar);
  const { size } = statSync(tar);
  renameSync(tar, path.join(blobs, digest));
  return { digest, size };
}
