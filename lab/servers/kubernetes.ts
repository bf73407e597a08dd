import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ToolPaths } from '../setup/tools.js';
import { KubernetesClient } from '../kubernetes-client';
import type { Certificates } from './certificates';
import { kubeconfig } from './kubeconfig';
import { freePort } from './ports';
import { ready } from './processes';
import type { Processes } from './processes';

/** A running API server with its controllers. */
export interface KubernetesServers {
  server: string;
  /** The authority that signed the server's own certificate, PEM. */
  serverCaFile: string;
  /** The lab's authority, which signed that of the proxy before it. */
  caFile: string;
  /** Of a user who may do everything. */
  adminKubeconfig: string;
  /** Of the server, which the proxy before it shows too. */
  certificates: Certificates;
  /** One JSON line for each request, with verb, user, and the URI (with `dryRun`, if any). */
  auditLogFile: string;
  admin: KubernetesClient;
}

/** What the servers are started with. */
export interface KubernetesContext {
  tools: ToolPaths;
  processes: Processes;
  certificates: Promise<Certificates>;
  folder: string;
  /** Where the API server listens. */
  address: string;
  /** The network of Services, in CIDR. */
  services?: string;
  /** Of who may do everything; a new one without it. */
  token?: string;
}

/** The controllers that a lab needs. A node that nobody calls in for is no reason to take pods away, so not all of them. */
const CONTROLLERS = [
  'deployment-controller',
  'replicaset-controller',
  'serviceaccount-controller',
  'job-controller',
  'cronjob-controller',
  'namespace-controller',
  'garbage-collector-controller',
  'root-ca-certificate-publisher-controller',
  'resourcequota-controller',
  'disruption-controller',
  'persistentvolume-binder-controller',
  'persistentvolume-protection-controller',
  'persistentvolumeclaim-protection-controller',
];

const AUDIT_POLICY = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: None
    verbs: [watch]
  - level: Metadata
`;

/** Starts etcd, kube-apiserver and kube-controller-manager. Throws when one does not get ready. */
export async function startKubernetes(context: KubernetesContext): Promise<KubernetesServers> {
  const { folder, address, services = '10.0.0.0/24' } = context;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const [etcd, certificates] = await Promise.all([startEtcd(context), context.certificates]);
  const port = await freePort();
  const server = `https://${address}:${port}`;
  const auditLogFile = path.join(folder, 'audit.log');
  const token = await writeServerFiles(folder, context.token);
  const serverCaFile = certificates.caFile;
  const { admin, adminKubeconfig } = await administrator({ folder, server, serverCaFile, token });
  const child = context.processes.spawn(
    'kube-apiserver',
    context.tools.kubeApiserver,
    apiserverArguments({ folder, address, services, etcd, port, certificates, auditLogFile }),
  );
  await ready(child, async () => (await admin.raw('GET', '/readyz')).status === 200, 90_000, 100);
  await startControllers(context, adminKubeconfig, certificates);
  const { caFile } = certificates;
  return { server, serverCaFile, caFile, adminKubeconfig, certificates, auditLogFile, admin };
}

/** What an API server reads at its start, as `tokens.csv` and `audit-policy.yaml`; gives the token of who may do everything. */
export async function writeServerFiles(
  folder: string,
  token = randomBytes(24).toString('hex'),
): Promise<string> {
  const tokens = `${token},lab-admin,lab-admin,system:masters\n`;
  await Promise.all([
    writeFile(path.join(folder, 'tokens.csv'), tokens, { mode: 0o600 }),
    writeFile(path.join(folder, 'audit-policy.yaml'), AUDIT_POLICY),
  ]);
  return token;
}

/** The client of who may do everything, and the kubeconfig, which is written into `folder`. */
export async function administrator(options: {
  folder: string;
  server: string;
  serverCaFile: string;
  token: string;
}): Promise<Pick<KubernetesServers, 'admin' | 'adminKubeconfig'>> {
  const { folder, server, serverCaFile: caFile, token } = options;
  const adminKubeconfig = path.join(folder, 'admin.kubeconfig');
  await writeFile(adminKubeconfig, kubeconfig({ server, caFile, token }), { mode: 0o600 });
  return { admin: new KubernetesClient(server, caFile, token), adminKubeconfig };
}

async function startEtcd({ tools, processes, folder }: KubernetesContext): Promise<string> {
  const [client, peer] = await Promise.all([freePort(), freePort()]);
  const address = `http://127.0.0.1:${client}`;
  const peerAddress = `http://127.0.0.1:${peer}`;
  const child = processes.spawn('etcd', tools.etcd, [
    `--data-dir=${path.join(folder, 'etcd')}`,
    `--listen-client-urls=${address}`,
    `--advertise-client-urls=${address}`,
    `--listen-peer-urls=${peerAddress}`,
    `--initial-advertise-peer-urls=${peerAddress}`,
    `--initial-cluster=default=${peerAddress}`,
    '--unsafe-no-fsync',
    // The only member need not wait for others before it votes for itself.
    '--heartbeat-interval=20',
    '--election-timeout=100',
  ]);
  await ready(child, async () => (await fetch(`${address}/health`)).ok);
  return address;
}

function apiserverArguments(options: {
  address: string;
  services: string;
  folder: string;
  etcd: string;
  port: number;
  certificates: Certificates;
  auditLogFile: string;
}): string[] {
  const { folder, address, services, etcd, port, certificates, auditLogFile } = options;
  return [
    `--etcd-servers=${etcd}`,
    `--bind-address=${address}`,
    `--advertise-address=${address}`,
    `--secure-port=${port}`,
    `--cert-dir=${folder}`,
    `--tls-cert-file=${certificates.serverCertificate}`,
    `--tls-private-key-file=${certificates.serverKey}`,
    `--kubelet-certificate-authority=${certificates.caFile}`,
    `--kubelet-client-certificate=${certificates.serverCertificate}`,
    `--kubelet-client-key=${certificates.serverKey}`,
    '--authorization-mode=RBAC',
    ...recordingArguments(folder, auditLogFile),
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${certificates.serviceAccountKey}`,
    `--service-account-signing-key-file=${certificates.serviceAccountKey}`,
    `--service-cluster-ip-range=${services}`,
    '--endpoint-reconciler-type=none',
  ];
}

/** The options that every API server of a lab has; `folder` is where it finds what writeServerFiles() has written. */
export function recordingArguments(folder: string, auditLogFile: string): string[] {
  return [
    `--token-auth-file=${path.join(folder, 'tokens.csv')}`,
    `--audit-log-path=${auditLogFile}`,
    `--audit-policy-file=${path.join(folder, 'audit-policy.yaml')}`,
    '--audit-log-mode=blocking',
    '--enable-priority-and-fairness=false',
    '--max-requests-inflight=1000',
    '--profiling=false',
  ];
}

/** The options that every controller manager of a lab has. */
export function controllerArguments(rootCaFile: string): string[] {
  return [
    `--root-ca-file=${rootCaFile}`,
    `--controllers=${CONTROLLERS.join(',')}`,
    // A claim whose volume came a moment later is looked at again by then.
    '--pvclaimbinder-sync-period=1s',
    '--kube-api-qps=500',
    '--kube-api-burst=1000',
    '--profiling=false',
  ];
}

async function startControllers(
  { tools, processes }: KubernetesContext,
  adminKubeconfig: string,
  certificates: Certificates,
): Promise<void> {
  const port = await freePort();
  const child = processes.spawn('kube-controller-manager', tools.kubeControllerManager, [
    `--kubeconfig=${adminKubeconfig}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    `--tls-cert-file=${certificates.serverCertificate}`,
    `--tls-private-key-file=${certificates.serverKey}`,
    `--service-account-private-key-file=${certificates.serviceAccountKey}`,
    '--leader-elect=false',
    ...controllerArguments(certificates.caFile),
  ]);
  const health = new KubernetesClient(`https://127.0.0.1:${port}`, certificates.caFile, '');
  await ready(child, async () => (await health.raw('GET', '/healthz')).status === 200, 60_000, 100);
}
