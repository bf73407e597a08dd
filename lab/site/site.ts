import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { PodRunner } from '../kubelet/runner';
import { tools } from '../package';
import { shortWaitsEnvironment } from '../shortWaits';
import { kubeconfig } from '../servers/kubeconfig';
import type { DatabaseServer } from '../servers/database';
import type { KubernetesServers } from '../servers/kubernetes';
import { startCanary } from '../traffic/canary';
import { startLoad } from '../traffic/load';
import type { Site, SiteOptions } from '../types';
import { dropDatabase, seedDatabase } from './database';
import { evaluateSqlconf, makeSitesFolder, writePageSwitches } from './files';
import { startFront } from './front';
import {
  awaitRollout,
  createDeployment,
  createObjects,
  DEPLOYMENT,
  followSecret,
  KUBERNETES_SECRET,
  readSecret,
  removeJobs,
  removeVolumes,
  restartPods,
} from './kubernetes';
import { SITES_CLAIM } from '../node/podTemplate';
import type { SiteObjects } from './kubernetes';
import { AWS_ENVIRONMENT } from './secrets';
import type { Secrets } from './secrets';
import { makeLogins, passwordsOf, startOf } from './start';
import type { Logins, Place, Start } from './start';

/** The servers that a site lives on. */
export interface SiteServers {
  folder: string;
  database: DatabaseServer;
  kubernetes: KubernetesServers;
  kubelet: PodRunner;
  /** Where fronts listen. */
  address: string;
  /** Whether pods are containers of the real kubelet. */
  isRealKubelet: boolean;
  secrets: Secrets;
  awsEndpoint: string;
  /** The proxy before the API server; only the tool under test goes through it. */
  kubernetesEndpoint: string;
  pulumiHome: string;
}

/** Everything that is decided before anything is made. */
interface Draft {
  name: string;
  folder: string;
  namespace: string;
  schema: string;
  sitesRoot: string;
  slotSecretId: string;
  adminSecretId: string;
  logins: Logins;
  place: Place;
  start: Start;
  objects: SiteObjects;
}

/** Makes a site and waits until its pods are ready. Throws when a part cannot be made. */
export async function createSite(servers: SiteServers, name: string, options: SiteOptions): Promise<Site> {
  if (!/^[a-z][a-z0-9-]{0,19}$/.test(name)) throw new Error(`not a name for a site: ${name}`);
  const draft = draftOf(servers, name, options);
  const { objects, slotSecretId, adminSecretId, logins, place } = draft;
  const admin = { username: logins.admin.user, password: logins.admin.password, ...place };
  const [sqlconfFile, , token, front] = await Promise.all([
    makeSitesFolder(
      path.join(draft.sitesRoot, objects.openemrSite),
      objects.application,
      servers.database.caFile,
    ),
    seedDatabase(servers.database, draft.schema, draft.start, logins),
    createObjects(servers.kubernetes.admin, objects),
    startFront(servers.kubelet.endpoints, draft.namespace, servers.address),
    servers.secrets.create(slotSecretId, draft.start.slots),
    servers.secrets.create(adminSecretId, admin),
  ]);
  if (objects.canary) servers.kubelet.setClaim(draft.namespace, SITES_CLAIM, draft.sitesRoot);
  await createDeployment(servers.kubernetes.admin, objects);
  const environment = await makeEnvironment(servers, draft, token, front.url);
  await awaitRollout(servers.kubernetes.admin, draft.namespace);
  return {
    name,
    folder: draft.folder,
    namespace: draft.namespace,
    deployment: DEPLOYMENT,
    kubernetesSecret: KUBERNETES_SECRET,
    sitesRoot: draft.sitesRoot,
    sqlconfFile,
    slotSecretId,
    adminSecretId,
    schema: draft.schema,
    users: { A: logins.A.user, B: logins.B.user, admin: logins.admin.user },
    healthUrl: `${front.url}/meta/health/readyz`,
    environment,
    canaries: () => [...passwordsOf(logins), objects.foreignPassword],
    ...reading(servers, draft, sqlconfFile),
    ...acting(servers, draft, sqlconfFile),
    remove: () => remove(servers, draft, () => front.close()),
  };
}

function draftOf(servers: SiteServers, name: string, options: SiteOptions): Draft {
  const {
    start: point = 'a-active',
    phpMode = 'request',
    openemrSite = 'default',
    replicas = 2,
    progressDeadlineSeconds = 30,
    canary = false,
  } = options;
  const folder = path.join(servers.folder, 'sites', name);
  const schema = `openemr_${name.replaceAll('-', '_')}`;
  const place = { host: servers.database.host, port: String(servers.database.port), dbname: schema };
  const logins = makeLogins(name, options.passwords);
  const start = startOf(point, logins, place);
  const { user, password } = start.application;
  const sitesRoot = path.join(folder, 'sites');
  const application = { host: place.host, port: place.port, login: user, pass: password, dbase: schema };
  const namespace = `lab-${name}`;
  const foreignPassword = `Cn${logins.A.password.split('').reverse().join('')}`;
  const real = servers.isRealKubelet
    ? { faults: path.join(servers.folder, 'pods', 'faults', namespace) }
    : {};
  const pods = { phpMode, openemrSite, replicas, progressDeadlineSeconds, canary };
  return {
    name,
    folder,
    namespace,
    schema,
    sitesRoot,
    slotSecretId: `lab/${name}/slots`,
    adminSecretId: `lab/${name}/admin`,
    logins,
    place,
    start,
    objects: { namespace, application, sitesRoot, foreignPassword, ...pods, ...real },
  };
}

async function makeEnvironment(
  servers: SiteServers,
  draft: Draft,
  token: string,
  frontUrl: string,
): Promise<Record<string, string>> {
  const { folder, namespace, objects } = draft;
  const home = path.join(folder, 'home');
  const state = path.join(folder, 'state');
  await Promise.all([home, state].map((each) => mkdir(each, { recursive: true, mode: 0o700 })));
  const file = path.join(folder, 'kubeconfig');
  const { kubernetesEndpoint: server, kubernetes } = servers;
  const { caFile } = kubernetes;
  await writeFile(file, kubeconfig({ server, caFile, token, namespace }), { mode: 0o600 });
  return {
    ...AWS_ENVIRONMENT,
    AWS_ENDPOINT_URL: servers.awsEndpoint,
    AWS_EC2_METADATA_DISABLED: 'true',
    RDS_SLOT_SECRET_ID: draft.slotSecretId,
    RDS_ADMIN_SECRET_ID: draft.adminSecretId,
    OPENEMR_SITES_MOUNT_ROOT: draft.sitesRoot,
    ...(objects.openemrSite === 'default' ? {} : { OPENEMR_SITE: objects.openemrSite }),
    K8S_NAMESPACE: namespace,
    K8S_DEPLOYMENT_NAME: DEPLOYMENT,
    K8S_SECRET_NAME: KUBERNETES_SECRET,
    OPENEMR_HEALTHCHECK_URL: `${frontUrl}/meta/health/readyz`,
    DATABASE_CA_FILE: servers.database.caFile,
    KUBECONFIG: file,
    // Each site has a home of its own; what Node.js compiled for one is good for all.
    NODE_COMPILE_CACHE: path.join(servers.folder, 'compiled'),
    PULUMI_HOME: servers.pulumiHome,
    PULUMI_BACKEND_URL: `file://${state}`,
    PULUMI_CONFIG_PASSPHRASE: 'lab-passphrase',
    CREDENTIAL_ROTATION_STACK: draft.name,
    CREDENTIAL_ROTATION_HOME: home,
    ...shortWaitsEnvironment,
    CREDENTIAL_ROTATION_ENGINE_ROOT: tools().pulumi,
  };
}

type Reading = Pick<Site, 'slotDocument' | 'adminDocument' | 'sqlconf' | 'kubernetesSecretData' | 'canLogin'>;

function reading({ secrets, kubernetes, database }: SiteServers, draft: Draft, sqlconfFile: string): Reading {
  return {
    slotDocument: () => secrets.read(draft.slotSecretId),
    adminDocument: () => secrets.read(draft.adminSecretId),
    sqlconf: () => evaluateSqlconf(sqlconfFile),
    kubernetesSecretData: () => readSecret(kubernetes.admin, draft.namespace),
    canLogin: (user, password) => database.canLogin({ user, password }),
  };
}

type Acting = Pick<Site, 'podFault' | 'pages' | 'restart' | 'load' | 'canary'>;

function acting({ kubelet, kubernetes, database }: SiteServers, draft: Draft, sqlconfFile: string): Acting {
  const { namespace, schema } = draft;
  return {
    async podFault(fault, { rollouts } = {}) {
      kubelet.setFault(namespace, fault, rollouts === 1);
    },
    // Real containers see the folder of their faults; a process sees all of this machine.
    pages: (switches) => writePageSwitches(draft.objects.faults ?? draft.folder, switches),
    async restart() {
      const begin = performance.now();
      await restartPods(kubernetes.admin, namespace);
      await awaitRollout(kubernetes.admin, namespace);
      return performance.now() - begin;
    },
    load: (options = {}) => startLoad(kubelet.endpoints, namespace, options),
    canary: (options = {}) =>
      startCanary(
        {
          sqlconfFile,
          kubernetesSecret: (signal) => followSecret(kubernetes.admin, namespace, signal),
          login: (user, password) => database.canLogin({ user, password, schema }),
        },
        options,
      ),
  };
}

async function remove(servers: SiteServers, draft: Draft, closeFront: () => Promise<void>): Promise<void> {
  await closeFront();
  await servers.kubernetes.admin.delete(
    `/apis/apps/v1/namespaces/${draft.namespace}/deployments/${DEPLOYMENT}`,
    {
      propagationPolicy: 'Background',
    },
  );
  await removeJobs(servers.kubernetes.admin, draft.namespace);
  await servers.kubelet.drained(draft.namespace);
  if (servers.isRealKubelet) await removeVolumes(servers.kubernetes.admin, draft.namespace);
  await Promise.all([
    servers.kubernetes.admin.delete(`/api/v1/namespaces/${draft.namespace}`),
    dropDatabase(servers.database, draft.schema, draft.logins),
    servers.secrets.remove(draft.slotSecretId),
    servers.secrets.remove(draft.adminSecretId),
    // A pod's process that has just ended may still have been writing its log.
    rm(draft.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }),
  ]);
}
