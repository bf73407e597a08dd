import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Lab } from '..';
import { tools } from '../package';
import { pluginOrigin, setupOrigin } from '../plugins/origin';
import { PLUGIN_VERSIONS } from '../plugins/versions';
import { clientOf } from './world';

const execute = promisify(execFile);

async function output(file: string, ...args: string[]): Promise<string> {
  const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: 'true' };
  return (await execute(file, args, { env })).stdout.trim();
}

function engineOrigin(folder: string): string {
  if (path.basename(folder) === 'pulumi-on-path') return 'the CLI on PATH';
  return setupOrigin(folder) === 'official' ? 'official release' : 'built from its Go module';
}

const ORIGINS = {
  official: 'real, official release',
  built: 'real, built from its Go modules',
  'stand-in': "a stand-in, the lab's own",
};

function plugins(lab: Lab): string[] {
  return (['kubernetes', 'random', 'aws'] as const).map(
    (name) => `${name} ${PLUGIN_VERSIONS[name]}: ${ORIGINS[pluginOrigin(lab.pulumiHome, name)]}`,
  );
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
  const [database, kubernetes, phpVersion, moto, engine] = await Promise.all([
    databaseVersion(lab),
    kubernetesVersion(lab),
    output(php, '-r', 'echo PHP_VERSION;'),
    output(python, '-c', 'from importlib.metadata import version; print(version("moto"))'),
    output(path.join(pulumi, 'bin', 'pulumi'), 'version'),
  ]);
  return [
    ['Database', [`${database}: real; logins over checked TLS only`]],
    ['Kubernetes', [`${kubernetes}: real API server, RBAC, controllers; a small kubelet of the lab`]],
    [
      'OpenEMR',
      [`stand-in pages on real PHP ${phpVersion}: they load sqlconf.php and log in as OpenEMR does`],
    ],
    ['Secrets Manager', [`moto ${moto}: a stand-in for AWS on this machine`]],
    ['Pulumi engine', [`${engine}: real, ${engineOrigin(pulumi)}`]],
    ['Pulumi plugins', plugins(lab)],
  ];
}
