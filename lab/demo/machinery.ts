import { execFile } from 'node:child_process';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Lab } from '..';
import { tools } from '../package';
import { pluginFolderName } from '../plugins/official';
import { PLUGIN_VERSIONS } from '../plugins/versions';
import { clientOf } from './world';

const execute = promisify(execFile);

async function output(file: string, ...args: string[]): Promise<string> {
  const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: 'true' };
  return (await execute(file, args, { env })).stdout.trim();
}

/** Where the set-up got a part of Pulumi from; its cache names the folders so. */
function originOf(file: string): string {
  const { cache } = tools();
  const [folder = ''] = path.relative(cache, file).split(path.sep);
  if (folder === 'pulumi-on-path') return 'the CLI on PATH';
  if (folder === '..' || folder.endsWith('-official')) return 'official release';
  return 'built from its Go module';
}

/** A stand-in is a script that says so; an official plugin is a binary. */
async function isStandIn(lab: Lab, name: 'random' | 'aws'): Promise<boolean> {
  const file = path.join(lab.pulumiHome, 'plugins', pluginFolderName(name), `pulumi-resource-${name}`);
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return buffer.toString('latin1', 0, bytesRead) === '#!';
  } finally {
    await handle.close();
  }
}

async function plugins(lab: Lab): Promise<string[]> {
  const fetched = (['random', 'aws'] as const).map(async (name) => {
    const origin = (await isStandIn(lab, name)) ? "a stand-in, the lab's own" : 'real, official release';
    return `${name} ${PLUGIN_VERSIONS[name]}: ${origin}`;
  });
  const kubernetes = `kubernetes ${PLUGIN_VERSIONS.kubernetes}: real, ${originOf(tools().kubernetesPlugin)}`;
  return [kubernetes, ...(await Promise.all(fetched))];
}

async function databaseVersion(lab: Lab): Promise<string> {
  const [row] = (await lab.database.root('SELECT VERSION() AS version')) as { version: string }[];
  const name = lab.database.flavour === 'mysql' ? 'MySQL' : 'MariaDB';
  return `${name} ${row?.version.split('-')[0] ?? ''}`;
}

async function kubernetesVersion(lab: Lab): Promise<string> {
  const client = clientOf(lab);
  try {
    return (await client.get<{ gitVersion: string }>('/version')).gitVersion;
  } finally {
    client.close();
  }
}

/** What of the lab is the real thing, and what stands in for something: each with the version that it says itself. */
export async function machinery(lab: Lab): Promise<[name: string, what: string[]][]> {
  const { php, python, pulumi } = tools();
  const [database, kubernetes, phpVersion, moto, engine, plugged] = await Promise.all([
    databaseVersion(lab),
    kubernetesVersion(lab),
    output(php, '-r', 'echo PHP_VERSION;'),
    output(python, '-c', 'from importlib.metadata import version; print(version("moto"))'),
    output(path.join(pulumi, 'bin', 'pulumi'), 'version'),
    plugins(lab),
  ]);
  return [
    ['Database', [`${database}: real; logins over checked TLS only`]],
    ['Kubernetes', [`${kubernetes}: real API server, RBAC, controllers; a small kubelet of the lab`]],
    [
      'OpenEMR',
      [`stand-in pages on real PHP ${phpVersion}: they load sqlconf.php and log in as OpenEMR does`],
    ],
    ['Secrets Manager', [`moto ${moto}: a stand-in for AWS on this machine`]],
    ['Pulumi engine', [`${engine}: real, ${originOf(pulumi)}`]],
    ['Pulumi plugins', plugged],
  ];
}
