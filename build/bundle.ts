/* Makes the compiled modules and their libraries into a few files: `node dist/build/bundle.js`, after tsc. */
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { BuildOptions } from 'esbuild';
import { build } from 'esbuild';
import {
  plainStringWidth,
  sharedVendors,
  usedKubernetesClient,
  vendorFolder,
  vendorGroups,
  vendorSource,
  withoutSerializers,
} from './vendor';

const dist = path.resolve(__dirname, '..');
const root = path.resolve(dist, '..');
const target = path.join(dist, 'bundle');

/** Each bundle by its name below dist/bundle, with the module it starts from. */
const bundles: Record<string, string> = {
  'command.js': path.join(dist, 'src', 'cli', 'commandLine.js'),
  // The provider process loads it by this path, which stands in states.
  'providers/registry.js': path.join(dist, 'src', 'providers', 'registry.js'),
  'providers/process.js': path.join(dist, 'src', 'steps', 'process.js'),
  'lab/aws.js': path.join(dist, 'lab', 'plugins', 'aws', 'main.js'),
};

const options: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  write: false,
  platform: 'node',
  target: 'node22',
  format: 'cjs',
  mainFields: ['module', 'main'],
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'linked',
  define: { 'import.meta.url': 'bundleUrl' },
  banner: { js: "const bundleUrl=require('node:url').pathToFileURL(__filename).href;" },
  logLevel: 'warning',
  logOverride: { 'require-resolve-not-external': 'silent' },
};

async function bundle(name: string, entry: string): Promise<void> {
  const outfile = path.join(target, name);
  await written({
    ...options,
    outfile,
    entryPoints: [entry],
    plugins: [sharedVendors(target, outfile), withoutSerializers, plainStringWidth],
  });
}

async function vendor(group: string, names: readonly string[]): Promise<void> {
  await written({
    ...options,
    outfile: path.join(target, vendorFolder, `${group}.js`),
    stdin: { contents: vendorSource(names), resolveDir: root },
    plugins: [withoutSerializers, usedKubernetesClient],
  });
}

/** What was made; a process that starts meanwhile sees each file whole, the old one or the new one. */
async function written(buildOptions: BuildOptions): Promise<void> {
  const { outputFiles = [] } = await build(buildOptions);
  for (const { path: file, contents } of outputFiles) await writeAtOnce(file, contents);
}

const made = new Set<string>();

async function writeAtOnce(file: string, contents: Uint8Array | string, mode = 0o644): Promise<void> {
  const beside = `${file}.${process.pid}.new`;
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(beside, contents);
  await chmod(beside, mode);
  await rename(beside, file);
  made.add(file);
}

/** The program that the engine looks for on PATH to run dynamic providers; Pulumi's own starts Node.js twice. */
function writeLauncher(): Promise<void> {
  const file = path.join(target, 'bin', 'pulumi-resource-pulumi-nodejs');
  return writeAtOnce(file, '#!/bin/sh\nexec node "${0%/*}/../providers/process.js" "$@"\n', 0o755);
}

/** What an earlier version of this file made. */
async function removeOthers(): Promise<void> {
  const entries = await readdir(target, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => path.join(parentPath, name));
  await Promise.all(files.filter((file) => !made.has(file)).map((file) => rm(file, { force: true })));
}

async function main(): Promise<void> {
  await Promise.all([
    // The image is built without the lab.
    ...Object.entries(bundles)
      .filter(([, entry]) => existsSync(entry))
      .map(([name, entry]) => bundle(name, entry)),
    ...Object.entries(vendorGroups).map(([group, names]) => vendor(group, names)),
    writeLauncher(),
  ]);
  await removeOthers();
}

main().catch((error: unknown) => {
  // The bundles are for speed alone: without them the compiled modules run.
  process.stderr.write(`The bundles could not be made: ${String(error)}\n`);
  process.exitCode = 1;
});
