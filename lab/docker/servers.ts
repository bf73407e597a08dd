import { randomBytes } from 'node:crypto';
import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { labSource } from '../package';
import type { Certificates } from '../servers/certificates';
import { databaseAt } from '../servers/database';
import type { DatabaseServer } from '../servers/database';
import {
  administrator,
  controllerArguments,
  recordingArguments,
  writeServerFiles,
} from '../servers/kubernetes';
import type { KubernetesServers } from '../servers/kubernetes';
import type { LabParts } from '../servers/parts';
import { freePort } from '../servers/ports';
import type { Processes } from '../servers/processes';
import { Compose } from './compose';

/** Where containers have the folder of theirs. */
const INSIDE = '/lab';
const HOST = '127.0.0.1';
/** Where k3s keeps the certificate of the authority that it has made for its API server (docs.k3s.io/cli/certificate). */
const K3S_AUTHORITY = '/var/lib/rancher/k3s/server/tls/server-ca.crt';

interface Ports {
  database: number;
  aws: number;
  kubernetes: number;
}

interface Context {
  processes: Processes;
  certificates: Certificates;
  /** Holds all that the containers see of this machine. */
  folder: string;
  logs: string;
}

/**
 * Starts the servers of a lab from official images, as lab/docker/compose.yaml has them. Throws when one does not get ready.
 * The containers end with `processes`.
 */
export async function startDockerParts(context: Context): Promise<LabParts> {
  const { processes, folder, logs } = context;
  const [database, aws, kubernetes] = await Promise.all([freePort(), freePort(), freePort()]);
  const ports: Ports = { database, aws, kubernetes };
  // Other users of this machine do not come past it, so what a container's user reads in it may be open.
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const [password, token] = await Promise.all([
    writeDatabaseFiles(folder, context.certificates),
    writeKubernetesFiles(path.join(folder, 'kubernetes'), context.certificates),
  ]);
  const compose = new Compose(processes, {
    file: labSource('docker', 'compose.yaml'),
    project: `openemr-lab-${process.pid}`,
    logs,
    variables: variablesOf(folder, ports),
  });
  await compose.run('up', '--detach', '--quiet-pull');
  const [databaseServer, kubernetesServers, moto] = await Promise.all([
    databaseOf(context, compose, ports.database, password),
    kubernetesOf(context, compose, ports.kubernetes, token),
    motoOf(compose, ports.aws),
  ]);
  return { database: databaseServer, kubernetes: kubernetesServers, moto };
}

function variablesOf(folder: string, ports: Ports): Record<string, string> {
  return {
    LAB_DOCKER_FOLDER: folder,
    LAB_MOTO_SERVER: labSource('servers', 'moto-server.py'),
    LAB_DATABASE_PORT: String(ports.database),
    LAB_AWS_PORT: String(ports.aws),
    LAB_KUBERNETES_PORT: String(ports.kubernetes),
  };
}

/** Certificates, the log and the password of root, which it gives. */
async function writeDatabaseFiles(folder: string, certificates: Certificates): Promise<string> {
  const own = path.join(folder, 'database');
  await mkdir(own, { recursive: true });
  const copies = {
    'ca.pem': certificates.caFile,
    'server.pem': certificates.serverCertificate,
    'server.key': certificates.serverKey,
  };
  for (const [name, from] of Object.entries(copies)) {
    const file = path.join(own, name);
    await copyFile(from, file);
    // The server runs as a user of its image.
    await chmod(file, 0o644);
  }
  await writeShared(path.join(own, 'general.log'));
  const password = randomBytes(24).toString('hex');
  await writeFile(path.join(folder, 'root-password'), password, { mode: 0o600 });
  return password;
}

/** The settings of k3s and what they name; gives the token of who may do everything. */
async function writeKubernetesFiles(own: string, certificates: Certificates): Promise<string> {
  await mkdir(own, { recursive: true });
  await copyFile(certificates.caFile, path.join(own, 'ca.pem'));
  await writeShared(path.join(own, 'audit.log'));
  // JSON, which is YAML too.
  await writeFile(path.join(own, 'config.yaml'), JSON.stringify(k3sSettings(), undefined, 2));
  return writeServerFiles(own);
}

/** A file that a container adds to and this user reads: whose it is stays as it is made here. */
async function writeShared(file: string): Promise<void> {
  await writeFile(file, '');
  await chmod(file, 0o666);
}

/** k3s as an API server with the lab's controllers alone (docs.k3s.io/cli/server): pods run outside, and the lab binds them. */
export function k3sSettings(): Record<string, unknown> {
  const bare = (args: string[]): string[] => args.map((arg) => arg.replace(/^--/, ''));
  const off = ['agent', 'scheduler', 'cloud-controller', 'kube-proxy', 'network-policy', 'helm-controller'];
  return {
    ...Object.fromEntries(off.map((part) => [`disable-${part}`, true])),
    disable: ['coredns', 'servicelb', 'traefik', 'local-storage', 'metrics-server'],
    'flannel-backend': 'none',
    'egress-selector-mode': 'disabled',
    'tls-san': [HOST],
    'write-kubeconfig': '/run/k3s.yaml',
    'kube-apiserver-arg': bare(recordingArguments(INSIDE, `${INSIDE}/audit.log`)),
    // Pods meet the proxy, whose certificate the lab's authority has signed.
    'kube-controller-manager-arg': bare(controllerArguments(`${INSIDE}/ca.pem`)),
  };
}

async function databaseOf(
  { certificates, folder }: Context,
  compose: Compose,
  port: number,
  password: string,
): Promise<DatabaseServer> {
  const generalLogFile = path.join(folder, 'database', 'general.log');
  const { caFile } = certificates;
  const place = { flavour: 'mysql', host: HOST, port, caFile, generalLogFile } as const;
  const server = await databaseAt(place, { password });
  await compose.ready('database', async () => {
    await server.root('SELECT 1');
    return true;
  });
  return server;
}

async function kubernetesOf(
  { certificates, folder }: Context,
  compose: Compose,
  port: number,
  token: string,
): Promise<KubernetesServers> {
  const own = path.join(folder, 'kubernetes');
  const server = `https://${HOST}:${port}`;
  const serverCaFile = path.join(folder, 'kubernetes-ca.pem');
  await compose.ready('kubernetes', () =>
    compose.succeeds('cp', `kubernetes:${K3S_AUTHORITY}`, serverCaFile),
  );
  const { admin, adminKubeconfig } = await administrator({ folder, server, serverCaFile, token });
  await compose.ready('kubernetes', async () => (await admin.raw('GET', '/readyz')).status === 200);
  return {
    ...{ server, serverCaFile, caFile: certificates.caFile, certificates },
    ...{ admin, adminKubeconfig, auditLogFile: path.join(own, 'audit.log') },
  };
}

async function motoOf(compose: Compose, port: number): Promise<string> {
  const address = `http://${HOST}:${port}`;
  await compose.ready('aws', async () => (await fetch(`${address}/moto-api/`)).ok);
  return address;
}
