import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { megabytes } from '../../image/size';
import { fullName } from '../node/imageArchive';
import { packageRoot, tools } from '../package';
import { argumentOf, prepareEngine, prepareNode } from './baseImages';

const { version } = JSON.parse(readFileSync(path.join(packageRoot(), 'package.json'), 'utf8')) as {
  version: string;
};

/** The name of the image, as docs/image.md builds it. */
export const IMAGE = `credential-rotation:${version}`;

/** Runs a program that shows what it does. Throws with its exit code when it fails. */
async function run(file: string, args: readonly string[]): Promise<void> {
  const child = spawn(file, args, { cwd: packageRoot(), stdio: 'inherit' });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code !== 0) throw new Error(`${file} ${args.slice(0, 3).join(' ')}… ended with ${code ?? 'a signal'}`);
}

/** Whether there is a Docker that answers: its command alone builds nothing. */
async function hasDocker(): Promise<boolean> {
  return run('/bin/sh', ['-c', 'docker info > /dev/null 2>&1']).then(
    () => true,
    () => false,
  );
}

/** The archive of the image that buildah built. */
export function archiveFile(): string {
  return path.join(tools().cache, 'images', `credential-rotation-${version}.tar`);
}

/** Builds the Dockerfile without Docker: as root by buildah, on base images that are made here. */
async function withBuildah(): Promise<void> {
  if (process.getuid?.() !== 0)
    throw new Error(
      'There is no Docker here, and buildah needs root: start this as root, or install Docker.',
    );
  const folder = path.join(tools().cache, 'images');
  mkdirSync(folder, { recursive: true });
  const place = mkdtempSync(path.join(folder, 'build-'));
  const storage = ['--root', path.join(place, 'storage'), '--runroot', path.join(place, 'run')];
  const buildah = (...args: string[]): Promise<void> => run('buildah', [...storage, ...args]);
  const build = ['build', '--isolation', 'chroot', '--pull-never', '--network', 'host'];
  try {
    const dockerfile = readFileSync(path.join(packageRoot(), 'Dockerfile'), 'utf8');
    const parts = { ENGINE_IMAGE: prepareEngine, NODE_IMAGE: prepareNode };
    const given: string[] = [];
    for (const [name, prepare] of Object.entries(parts)) {
      const image = fullName(argumentOf(dockerfile, name));
      console.log(`making a stand-in for ${image}`);
      const context = path.join(place, name);
      mkdirSync(context);
      writeFileSync(path.join(context, 'Containerfile'), await prepare(context));
      await buildah(...build, '--tag', image, '--file', path.join(context, 'Containerfile'), context);
      rmSync(context, { recursive: true });
      given.push('--build-arg', `${name}=${image}`);
    }
    await buildah(...build, ...given, '--tag', IMAGE, '--ignorefile', '.dockerignore', '.');
    rmSync(archiveFile(), { force: true });
    await buildah('push', IMAGE, `oci-archive:${archiveFile()}:${fullName(IMAGE)}`);
    console.log(`${IMAGE}: ${archiveFile()}, ${megabytes(statSync(archiveFile()).size)} packed`);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  if (await hasDocker()) await run('docker', ['build', '--tag', IMAGE, '.']);
  else await withBuildah();
}

if (require.main === module)
  main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
