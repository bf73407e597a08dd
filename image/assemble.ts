import { chmodSync, chownSync, lutimesSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import type { Architecture } from './architecture';
import { thisArchitecture } from './architecture';
import type { Copying } from './copy';
import { copyFile, copyFolder, isOfShell, settleFolders, writeFile } from './copy';
import { FilesOfDebian } from './filesOfDebian';
import { imageUser, layout } from './layout';
import { librariesOf } from './libraries';
import { productionPackages } from './productionPackages';

/** What the image's file tree is made of. */
export interface AssemblyInputs {
  /** The folder with package.json, package-lock.json, node_modules and the compiled dist/src and dist/bundle. */
  package: string;
  /** The folder with bin/pulumi. */
  engine: string;
  /** The folder with the plugins' folders: resource-aws-v…, resource-kubernetes-v…, resource-random-v…. */
  plugins: string;
  /** The file of Node.js. */
  node: string;
  /** The kind of processor of the engine, the plugins, Node.js and the Debian; by default that of this machine. */
  architecture?: Architecture;
  /** The root folder of the Debian that libraries and `tini` are taken from; by default this machine's own. */
  debian?: string;
}

type Place = (target: string) => string;

/** What no run reads: declarations of types, source maps, libraries of another JavaScript, what npm packages say of themselves to people. */
const unread = /\.d\.[cm]?ts$|\.map$|\.bare$|\/(?:readme|changelog|history|contributing|security)[^/]*\.md$/i;
/** What Debian gives: the first process, and certificate authorities, which the package's set-up writes into one file. */
const initFile = '/usr/bin/tini';
const authoritiesFile = '/etc/ssl/certs/ca-certificates.crt';
const authoritiesPackage = 'ca-certificates';
/** The programs of dynamic providers, which elsewhere are scripts of a shell, and the module that each is to run. */
const launchers = {
  'dist/bundle/bin/pulumi-resource-pulumi-nodejs': '../providers/process.js',
  'node_modules/@pulumi/pulumi/pulumi-resource-pulumi-nodejs': '@pulumi/pulumi/cmd/dynamic-provider',
};

/**
 * Makes the whole file tree of the image in the new folder `out`: Node.js, the engine and its plugins, the libraries of all of
 * them, certificate authorities, two users, and the package with its production dependencies. There is no shell: what would be
 * a script of it is one of Node.js. The caller must be root.
 * @throws Error when an input is not there, or a library is of no package of Debian
 */
export function assembleImage(inputs: AssemblyInputs, out: string, copying: Copying = { link: false }): void {
  const place: Place = (target) => path.join(out, target);
  for (const folder of ['/usr/bin', '/usr/lib', '/usr/lib64', '/etc', '/run', '/var', '/proc', '/dev'])
    mkdirSync(place(folder), { recursive: true });
  const debian = new FilesOfDebian(inputs.debian ?? '/', place, copying);
  copyPrograms(inputs, place, copying, debian);
  copyPackage(inputs.package, place(layout.package), copying);
  writeSystemFiles(place, debian);
  debian.writeRecords();
  const links = { bin: 'usr/bin', lib: 'usr/lib', lib64: 'usr/lib64', 'var/run': '/run' };
  for (const [name, target] of Object.entries(links)) {
    symlinkSync(target, place(name));
    lutimesSync(place(name), 0, 0);
  }
  for (const folder of [layout.home, layout.temporary]) mkdirSync(place(folder), { recursive: true });
  settleFolders(out);
  chmodSync(place(layout.temporary), 0o1777);
  chownSync(place(layout.home), imageUser, imageUser);
}

function copyPrograms(inputs: AssemblyInputs, place: Place, copying: Copying, debian: FilesOfDebian): void {
  const engine = place(layout.engine);
  copyFile(path.join(inputs.engine, 'bin', 'pulumi'), path.join(engine, 'bin', 'pulumi'), copying);
  for (const name of pluginFolders(inputs.plugins))
    copyFolder(path.join(inputs.plugins, name), path.join(engine, 'plugins', name), copying);
  copyFile(inputs.node, place(layout.node), copying);
  debian.take(initFile, layout.init);
  writeFile(place(layout.command), script(`require('${layout.package}/dist/src/cli/main.js');`), 0o755);
  const programs = [layout.node, layout.init].map(place);
  const architecture = inputs.architecture ?? thisArchitecture();
  for (const library of librariesOf([...programs, ...binariesBelow(engine)], debian.system, architecture))
    debian.takeFound(library);
}

/** A program in one line of JavaScript. */
function script(line: string): string {
  return `#!${layout.node}\n${line}\n`;
}

/** `pulumi plugin install` leaves a file resource-….lock beside each folder; nothing at run time asks for it. */
function pluginFolders(folder: string): string[] {
  const found = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name.startsWith('resource-'))
    .map(({ name }) => name);
  if (found.length === 0)
    throw new Error(`${folder} holds no plugin; name the folder plugins of PULUMI_HOME`);
  return found;
}

/** The engine and the plugins, which may be scripts. */
function binariesBelow(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names.map((name) => path.join(folder, name)).filter((file) => /\/pulumi[^/.]*$/.test(file));
}

function copyPackage(from: string, to: string, copying: Copying): void {
  for (const file of ['package.json', 'LICENSE'])
    copyFile(path.join(from, file), path.join(to, file), copying);
  const read = (file: string): boolean => !unread.test(file) && !isOfShell(file);
  copyFolder(path.join(from, 'dist', 'src'), path.join(to, 'dist', 'src'), copying, read);
  // The same modules in few files, which start in a fraction of the time.
  const ofTheLab = path.join(from, 'dist', 'bundle', 'lab');
  copyFolder(
    path.join(from, 'dist', 'bundle'),
    path.join(to, 'dist', 'bundle'),
    copying,
    (file) => file !== ofTheLab && read(file),
  );
  for (const folder of productionPackages(from)) {
    const source = path.join(from, folder);
    // Packages within this one have lines of their own in the lock file.
    const nested = path.join(source, 'node_modules');
    copyFolder(source, path.join(to, folder), copying, (file) => file !== nested && read(file));
  }
  for (const [file, module] of Object.entries(launchers))
    writeFile(path.join(to, file), script(`require('${module}');`), 0o755);
}

function writeSystemFiles(place: Place, debian: FilesOfDebian): void {
  debian.takeMade(authoritiesFile, layout.authorities, authoritiesPackage);
  debian.take('/etc/os-release', '/etc/os-release');
  const users = [
    'root:x:0:0:root:/:/sbin/nologin',
    `credential-rotation:x:${imageUser}:${imageUser}::${layout.home}:/sbin/nologin`,
  ];
  writeFile(place('/etc/passwd'), `${users.join('\n')}\n`);
  writeFile(place('/etc/group'), `root:x:0:\ncredential-rotation:x:${imageUser}:\n`);
  writeFile(place('/etc/nsswitch.conf'), 'passwd: files\ngroup: files\nhosts: files dns\n');
}
