import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Architecture } from '../../image/architecture';
import { machines, thisArchitecture } from '../../image/architecture';
import { megabytes } from '../../image/size';
import { imageTree } from '../image';
import { fullName } from '../node/imageArchive';
import { packageRoot, tools } from '../package';
import { argumentOf, prepareEngine, prepareNode } from './baseImages';
import { archiveName, lastStage, platformsOf, usage, wantedArchitectures } from './platforms';

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

/** What a build says of this image beyond what the Dockerfile says of each. */
const LABELS = ['--label', `org.opencontainers.image.version=${version}`];

/** The archive of the image that buildah built. */
export function archiveFile(architectures: readonly Architecture[] = [thisArchitecture()]): string {
  return path.join(tools().cache, 'images', archiveName(version, architectures));
}

type Buildah = (...args: string[]) => Promise<void>;

/** How each image is built: as root, with nothing but what is here. */
const BUILD = ['build', '--isolation', 'chroot', '--pull-never', '--network', 'host'];

/** Builds the whole Dockerfile, on base images that are made here. */
async function buildOwn(buildah: Buildah, place: string, tag: string): Promise<void> {
  const dockerfile = readFileSync(path.join(packageRoot(), 'Dockerfile'), 'utf8');
  const parts = { ENGINE_IMAGE: prepareEngine, NODE_IMAGE: prepareNode };
  const given: string[] = [];
  for (const [name, prepare] of Object.entries(parts)) {
    const image = fullName(argumentOf(dockerfile, name));
    console.log(`making a stand-in for ${image}`);
    const context = path.join(place, name);
    mkdirSync(context);
    writeFileSync(path.join(context, 'Containerfile'), await prepare(context));
    await buildah(...BUILD, '--tag', image, '--file', path.join(context, 'Containerfile'), context);
    rmSync(context, { recursive: true });
    given.push('--build-arg', `${name}=${image}`);
  }
  await buildah(...BUILD, ...given, ...LABELS, '--tag', tag, '--ignorefile', '.dockerignore', '.');
}

/**
 * Builds the last stage of the Dockerfile for another kind of processor, on a tree that is assembled here: the stages before it
 * would run its programs.
 */
async function buildOther(
  buildah: Buildah,
  place: string,
  { architecture, tag }: { architecture: Architecture; tag: string },
): Promise<void> {
  const { platform } = machines[architecture];
  console.log(`assembling the tree for ${platform}`);
  const context = path.join(place, architecture);
  mkdirSync(context);
  // Links would change while they are read, when a lab of this checkout takes the same files, and have times of their own.
  const tree = await imageTree(context, architecture, { link: false });
  // An archive keeps whose each file is.
  await run('tar', ['--create', '--file', path.join(context, 'tree.tar'), '--directory', tree, '.']);
  const stage = lastStage(readFileSync(path.join(packageRoot(), 'Dockerfile'), 'utf8'));
  const file = path.join(context, 'Containerfile');
  writeFileSync(file, `FROM scratch AS build\nADD tree.tar /image/\n\n${stage}`);
  writeFileSync(path.join(context, '.containerignore'), '*\n!tree.tar\n');
  await buildah(...BUILD, '--platform', platform, ...LABELS, '--tag', tag, '--file', file, context);
  rmSync(context, { recursive: true });
}

/** Has the set-up make the parts of an image for another kind of processor. */
async function makeParts(architecture: Architecture): Promise<void> {
  await run(process.execPath, ['lab/setup/main.js', '--image', '--for', architecture]);
}

/** Builds without Docker: as root by buildah; several images become one by a list of them. */
async function withBuildah(architectures: readonly Architecture[]): Promise<void> {
  if (process.getuid?.() !== 0)
    throw new Error(
      'There is no Docker here, and buildah needs root: start this as root, or install Docker.',
    );
  const own = thisArchitecture();
  for (const each of architectures.filter((one) => one !== own)) await makeParts(each);
  const folder = path.join(tools().cache, 'images');
  mkdirSync(folder, { recursive: true });
  const place = mkdtempSync(path.join(folder, 'build-'));
  const storage = ['--root', path.join(place, 'storage'), '--runroot', path.join(place, 'run')];
  const buildah: Buildah = (...args) => run('buildah', [...storage, ...args]);
  try {
    const file = archiveFile(architectures);
    const target = `oci-archive:${file}:${fullName(IMAGE)}`;
    const tagOf = (each: Architecture): string => (architectures.length === 1 ? IMAGE : `${IMAGE}-${each}`);
    for (const architecture of architectures) {
      const tag = tagOf(architecture);
      if (architecture === own) await buildOwn(buildah, place, tag);
      else await buildOther(buildah, place, { architecture, tag });
    }
    rmSync(file, { force: true });
    if (architectures.length === 1) await buildah('push', IMAGE, target);
    else {
      await buildah('manifest', 'create', IMAGE, ...architectures.map(tagOf));
      await buildah('manifest', 'push', '--all', IMAGE, target);
    }
    console.log(
      `${IMAGE} for ${platformsOf(architectures)}: ${file}, ${megabytes(statSync(file).size)} packed`,
    );
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  if (args.includes('--help')) return console.log(usage);
  const architectures = wantedArchitectures(args);
  const platform = args.length === 0 ? [] : ['--platform', platformsOf(architectures)];
  if (await hasDocker()) await run('docker', ['build', ...platform, ...LABELS, '--tag', IMAGE, '.']);
  else await withBuildah(architectures);
}

if (require.main === module)
  main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
