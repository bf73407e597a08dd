import {
  chmodSync,
  chownSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type { Copying } from './copy';
import { copyFile, copyFolder, settleFolders } from './copy';
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
}

type Place = (target: string) => string;

/** What no run reads: declarations of types and source maps. */
const unread = /\.d\.[cm]?ts$|\.map$/;
/** What this machine gives: a shell for the launcher of dynamic providers, the first process, and certificate authorities. */
const shellFile = '/bin/sh';
const initFile = '/usr/bin/tini';
const authoritiesFile = '/etc/ssl/certs/ca-certificates.crt';

/**
 * Makes the whole file tree of the image in the new folder `out`: Node.js, the engine and its plugins, a shell, the
 * libraries of all of them, certificate authorities, two users, and the package with its production dependencies. This
 * machine must be a Debian, and the caller root.
 * @throws Error when an input is not there
 */
export function assembleImage(inputs: AssemblyInputs, out: string, copying: Copying = { link: false }): void {
  const place: Place = (target) => path.join(out, target);
  for (const folder of ['/usr/bin', '/usr/lib', '/usr/lib64', '/etc', '/run', '/var', '/proc', '/dev'])
    mkdirSync(place(folder), { recursive: true });
  copyPrograms(inputs, place, copying);
  copyPackage(inputs.package, place(layout.package), copying);
  writeSystemFiles(place, copying);
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

function copyPrograms(inputs: AssemblyInputs, place: Place, copying: Copying): void {
  const engine = place(layout.engine);
  copyFile(path.join(inputs.engine, 'bin', 'pulumi'), path.join(engine, 'bin', 'pulumi'), copying);
  for (const name of pluginFolders(inputs.plugins))
    copyFolder(path.join(inputs.plugins, name), path.join(engine, 'plugins', name), copying);
  const programs = { [layout.node]: inputs.node, [layout.shell]: shellFile, [layout.init]: initFile };
  for (const [target, file] of Object.entries(programs)) copyFile(file, place(target), copying);
  const command = `exec ${layout.node} ${layout.package}/dist/src/cli/main.js "$@"`;
  write(place(layout.command), `#!/bin/sh\n${command}\n`, 0o755);
  for (const library of librariesOf([...Object.values(programs), ...binariesBelow(engine)]))
    copyFile(library.file, place(library.place), copying);
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
  const read = (file: string): boolean => !unread.test(file);
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
}

function writeSystemFiles(place: Place, copying: Copying): void {
  copyFile(authoritiesFile, place(layout.authorities), copying);
  copyFile('/etc/os-release', place('/etc/os-release'), copying);
  const users = [
    'root:x:0:0:root:/:/sbin/nologin',
    `credential-rotation:x:${imageUser}:${imageUser}::${layout.home}:/sbin/nologin`,
  ];
  write(place('/etc/passwd'), `${users.join('\n')}\n`);
  write(place('/etc/group'), `root:x:0:\ncredential-rotation:x:${imageUser}:\n`);
  write(place('/etc/nsswitch.conf'), 'passwd: files\ngroup: files\nhosts: files dns\n');
}

function write(file: string, text: string, mode = 0o644): void {
  writeFileSync(file, text);
  chmodSync(file, mode);
  chownSync(file, 0, 0);
  utimesSync(file, 0, 0);
}
