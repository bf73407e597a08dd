import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { KubernetesError } from '../kubernetes-client';
import type { KubernetesClient, KubernetesObject } from '../kubernetes-client';
import { claimObjects, realPod, SITES_CLAIM, VOLUME_LABEL } from '../node/podTemplate';
import type { OpenemrPod } from '../node/podTemplate';
import { packageRoot } from '../package';
import type { SqlConfValues } from '../types';

/** Names as in openemr-on-eks; each site has a namespace of its own. */
export const DEPLOYMENT = 'openemr';
export const KUBERNETES_SECRET = 'openemr-db-credentials';
const SERVICE_ACCOUNT = 'credential-rotation-sa';

/** What a site's objects are made of. */
export interface SiteObjects {
  namespace: string;
  application: SqlConfValues;
  sitesRoot: string;
  /** Folder below it. */
  openemrSite: string;
  phpMode: 'request' | 'cached';
  replicas: number;
  progressDeadlineSeconds: number;
  /** Its pods have `sites/` on a volume, and the Role of the canary is given. */
  canary: boolean;
  /** A value under a key that a rotation does not know. */
  foreignPassword: string;
  /** With the real kubelet: the folder that says what is wrong with pods. */
  faults?: string;
}

/** Makes namespace, accounts, Role and Secret; gives a token that has only the Role's rights. */
export async function createObjects(client: KubernetesClient, site: SiteObjects): Promise<string> {
  const { namespace } = site;
  const core = `/api/v1/namespaces/${namespace}`;
  await client.create('/api/v1/namespaces', named('v1', 'Namespace', namespace));
  const account = (name: string): Promise<unknown> =>
    client.create(`${core}/serviceaccounts`, named('v1', 'ServiceAccount', name));
  const [token] = await Promise.all([
    account(SERVICE_ACCOUNT).then(() => requestToken(client, namespace)),
    // The controller makes this one too; whoever comes first, pods need it.
    account('default').catch(unlessThere),
    client.create(`${core}/secrets`, secret(site)),
    applyRole(client, namespace, 'role.yaml'),
    ...(site.canary ? [applyRole(client, namespace, 'role-canary.yaml')] : []),
    ...(site.faults === undefined ? [] : [createClaim(client, namespace, SITES_CLAIM, site.sitesRoot)]),
  ]);
  return token;
}

/** Makes the Deployment. */
export async function createDeployment(client: KubernetesClient, site: SiteObjects): Promise<void> {
  await client.create(`/apis/apps/v1/namespaces/${site.namespace}/deployments`, deployment(site));
}

/** Makes a claim that stands for a folder of this machine, and its volume; nothing happens when they are there. */
export async function createClaim(
  client: KubernetesClient,
  namespace: string,
  name: string,
  folder: string,
): Promise<void> {
  const { volume, claim } = claimObjects(namespace, name, folder);
  await client.create('/api/v1/persistentvolumes', volume).catch(unlessThere);
  await client.create(`/api/v1/namespaces/${namespace}/persistentvolumeclaims`, claim).catch(unlessThere);
}

/** Takes the volumes of a namespace away; the claims go with the namespace. */
export async function removeVolumes(client: KubernetesClient, namespace: string): Promise<void> {
  const selector = encodeURIComponent(`${VOLUME_LABEL}=${namespace}`);
  await client.delete(`/api/v1/persistentvolumes?labelSelector=${selector}`);
}

/** Takes the answer that there is such an object already; throws every other. */
function unlessThere(error: unknown): void {
  if (!(error instanceof KubernetesError && error.status === 409)) throw error;
}

function named(apiVersion: string, kind: string, name: string): Record<string, unknown> {
  return { apiVersion, kind, metadata: { name } };
}

async function requestToken(client: KubernetesClient, namespace: string): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${SERVICE_ACCOUNT}/token`;
  const request = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: 86_400 },
  };
  const { status } = await client.create<{ status: { token: string } }>(path, request);
  return status.token;
}

/** A Role and its binding that the package hands to platform teams, in this namespace. */
async function applyRole(client: KubernetesClient, namespace: string, file: string): Promise<void> {
  const text = await readFile(path.join(packageRoot(), 'infra', 'kubernetes', file), 'utf8');
  for (const document of parseAllDocuments(text)) {
    const object = document.toJS() as KubernetesObject & {
      kind: string;
      subjects?: { namespace?: string }[];
    };
    object.metadata.namespace = namespace;
    for (const subject of object.subjects ?? []) subject.namespace = namespace;
    const kind = `${object.kind.toLowerCase()}s`;
    await client.create(`/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/${kind}`, object);
  }
}

/** The Secret as `kubectl apply` leaves it: with its manifest, the data in it, in an annotation. */
function secret({ application, foreignPassword }: SiteObjects): Record<string, unknown> {
  const values = {
    'mysql-host': application.host,
    'mysql-user': application.login,
    'mysql-password': application.pass,
    'mysql-database': application.dbase,
    'openemr-admin-password': foreignPassword,
  };
  const entries = Object.entries(values).map(([key, value]) => [
    key,
    Buffer.from(value, 'utf8').toString('base64'),
  ]);
  const manifest = {
    ...named('v1', 'Secret', KUBERNETES_SECRET),
    type: 'Opaque',
    data: Object.fromEntries(entries) as Record<string, string>,
  };
  const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': `${JSON.stringify(manifest)}\n` };
  return { ...manifest, metadata: { name: KUBERNETES_SECRET, annotations } };
}

function deployment(site: SiteObjects): Record<string, unknown> {
  const labels = { app: 'openemr' };
  const pod = {
    automountServiceAccountToken: false,
    containers: [container(site)],
    ...(site.canary ? { volumes: [sitesVolume] } : {}),
  };
  return {
    ...named('apps/v1', 'Deployment', DEPLOYMENT),
    spec: {
      replicas: site.replicas,
      progressDeadlineSeconds: site.progressDeadlineSeconds,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: site.faults === undefined ? pod : realPod(pod, site.faults),
      },
    },
  };
}

const sitesVolume = { name: 'sites', persistentVolumeClaim: { claimName: SITES_CLAIM } };

function container({
  application,
  sitesRoot,
  openemrSite,
  phpMode,
  canary,
}: SiteObjects): OpenemrPod['containers'][number] {
  const fromSecret = (name: string, key: string): Record<string, unknown> => ({
    name,
    valueFrom: { secretKeyRef: { name: KUBERNETES_SECRET, key } },
  });
  return {
    name: 'openemr',
    image: 'openemr/openemr:lab',
    ports: [{ containerPort: 80, name: 'http' }],
    ...(canary ? { volumeMounts: [{ name: sitesVolume.name, mountPath: sitesRoot }] } : {}),
    readinessProbe: {
      httpGet: { path: '/interface/login/login.php', port: 80 },
      periodSeconds: 1,
      timeoutSeconds: 5,
      failureThreshold: 3,
    },
    env: [
      fromSecret('MYSQL_HOST', 'mysql-host'),
      fromSecret('MYSQL_USER', 'mysql-user'),
      fromSecret('MYSQL_PASS', 'mysql-password'),
      fromSecret('MYSQL_DATABASE', 'mysql-database'),
      { name: 'MYSQL_PORT', value: application.port },
      { name: 'OPENEMR_SITES', value: sitesRoot },
      { name: 'OPENEMR_SITE', value: openemrSite },
      { name: 'OPENEMR_PHP_MODE', value: phpMode },
    ],
  };
}

interface Deployment extends KubernetesObject {
  spec: { replicas: number };
  status: Record<
    'observedGeneration' | 'replicas' | 'updatedReplicas' | 'readyReplicas' | 'availableReplicas',
    number
  >;
}

/** Waits until a Deployment's rollout is over. Throws after `timeoutMs`. */
export async function awaitRollout(
  client: KubernetesClient,
  namespace: string,
  timeoutMs = 60_000,
): Promise<void> {
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${DEPLOYMENT}`;
  for (const end = performance.now() + timeoutMs; ;) {
    const { metadata, spec, status } = await client.get<Deployment>(path);
    const counts = [status.replicas, status.updatedReplicas, status.readyReplicas, status.availableReplicas];
    const current = (status.observedGeneration ?? 0) >= (metadata.generation ?? 0);
    if (current && counts.every((count) => (count ?? 0) === spec.replicas)) return;
    if (performance.now() > end) {
      throw new Error(`rollout in ${namespace} is not over after ${timeoutMs} ms: ${JSON.stringify(status)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Restarts the pods by an annotation of the lab's own. */
export async function restartPods(client: KubernetesClient, namespace: string): Promise<void> {
  const annotations = { 'lab/restartedAt': new Date().toISOString() };
  await client.patch(`/apis/apps/v1/namespaces/${namespace}/deployments/${DEPLOYMENT}`, {
    spec: { template: { metadata: { annotations } } },
  });
}

/** Takes CronJobs, Jobs and their pods away; those that still run have a second. */
export async function removeJobs(client: KubernetesClient, namespace: string): Promise<void> {
  const options = { propagationPolicy: 'Background' };
  // A canary's pod, of a run that was killed.
  const canaries = `/api/v1/namespaces/${namespace}/pods?labelSelector=credential-rotation%2Fcanary`;
  await client.delete(canaries, { gracePeriodSeconds: 1 });
  for (const kind of ['cronjobs', 'jobs']) {
    await client.delete(`/apis/batch/v1/namespaces/${namespace}/${kind}`, options);
  }
  const pods = `/api/v1/namespaces/${namespace}/pods?labelSelector=batch.kubernetes.io/job-name`;
  await client.delete(pods, { gracePeriodSeconds: 1 });
}

interface SecretObject extends KubernetesObject {
  data?: Record<string, string>;
}

const decoded = ({ data = {} }: SecretObject): Record<string, string> =>
  Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
  );

/** The Kubernetes Secret's data, decoded. */
export async function readSecret(
  client: KubernetesClient,
  namespace: string,
): Promise<Record<string, string>> {
  return decoded(await client.get(`/api/v1/namespaces/${namespace}/secrets/${KUBERNETES_SECRET}`));
}

/**
 * Follows the Kubernetes Secret until `signal` aborts, as a kubelet does, without a request for each look; gives what tells
 * its data, decoded: nothing while there is no Secret.
 */
export function followSecret(
  client: KubernetesClient,
  namespace: string,
  signal: AbortSignal,
): () => Promise<Record<string, string>> {
  const first = readSecret(client, namespace).catch(() => ({}));
  let seen: Record<string, string> | undefined;
  const secrets = `/api/v1/namespaces/${namespace}/secrets?fieldSelector=metadata.name%3D${KUBERNETES_SECRET}`;
  void client.watch<SecretObject>(secrets, signal, ({ type, object }) => {
    seen = type === 'DELETED' ? {} : decoded(object);
  });
  return async () => seen ?? first;
}
