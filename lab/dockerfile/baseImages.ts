import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, linkSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { installedPlugins } from '../image';
import { packageRoot, tools } from '../package';

/** The two images that the Dockerfile begins with, as its arguments name them. */
export interface BaseImages {
  engine: string;
  node: string;
}

/** The default of an argument of the Dockerfile. Throws when it has none. Pure. */
export function argumentOf(dockerfile: string, name: string): string {
  const found = new RegExp(`^ARG ${name}=(\\S+)$`, 'm').exec(dockerfile)?.[1];
  if (found === undefined) throw new Error(`the Dockerfile has no ARG ${name} with a default`);
  return found;
}

const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';

/** What the stand-in for the image of Node.js is made by: Debian, Node, npm, and how this machine reaches the registry. Pure. */
export function nodeContainerfile(registry: string): string {
  return `FROM scratch
ADD base.tar /
COPY node /usr/local/bin/node
COPY npm /usr/local/lib/node_modules/npm
COPY certificates.pem /opt/certificates.pem
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
ENV NODE_EXTRA_CA_CERTS=/opt/certificates.pem npm_config_registry=${registry}
`;
}

/** What the stand-in for Pulumi's image is made by: Debian, the engine, and the plugins as the engine has installed them. Pure. */
export function engineContainerfile(): string {
  return `FROM scratch
ADD base.tar /
COPY pulumi /pulumi
COPY pulumi-home /pulumi-home
ENV PATH=/pulumi/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin PULUMI_SKIP_UPDATE_CHECK=true
`;
}

/** A file in a context of a build, without a copy where that can be. */
function place(from: string, to: string): void {
  mkdirSync(path.dirname(to), { recursive: true });
  try {
    linkSync(from, to);
  } catch {
    cpSync(from, to, { recursive: true, dereference: true });
  }
}

/** The folder of this machine's npm. */
function npmFolder(): string {
  const file = execFileSync('/bin/sh', ['-c', 'realpath "$(command -v npm)"'], { encoding: 'utf8' }).trim();
  return path.resolve(path.dirname(file), '..');
}

/** Makes the context of the image of Node.js in a folder; gives the text of its Containerfile. */
export function prepareNode(folder: string): string {
  place(tools().debianBase, path.join(folder, 'base.tar'));
  place(path.join(packageRoot(), 'node_modules', 'node', 'bin', 'node'), path.join(folder, 'node'));
  cpSync(npmFolder(), path.join(folder, 'npm'), { recursive: true, dereference: true });
  if (existsSync(CERTIFICATES)) place(CERTIFICATES, path.join(folder, 'certificates.pem'));
  else writeFileSync(path.join(folder, 'certificates.pem'), '');
  const registry = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim();
  return nodeContainerfile(registry);
}

/** Makes the context of the engine's image in a folder; gives the text of its Containerfile. */
export async function prepareEngine(folder: string): Promise<string> {
  place(tools().debianBase, path.join(folder, 'base.tar'));
  place(path.join(tools().pulumi, 'bin', 'pulumi'), path.join(folder, 'pulumi', 'bin', 'pulumi'));
  const plugins = path.join(folder, 'pulumi-home', 'plugins');
  cpSync(await installedPlugins(folder), plugins, { recursive: true });
  return engineContainerfile();
}
