import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import type { Lab, Site, SiteOptions } from '../../../lab';
import { shortWaits } from '../../../lab/shortWaits';
import { environmentOf } from './command';
import { adminClient, createNamespace } from './jobs';

/** Sites made at the same time; a site waits for its pods for most of its start. */
const atATime = 5;

/** Many sites with one fleet file, and one account in the cluster that may rotate them all. */
export interface Fleet {
  sites: Site[];
  folder: string;
  file: string;
  /** Everything in the file but the deployments. */
  common: Record<string, unknown>;
  /** The settings of each deployment, as they stand in the file. */
  entries: Record<string, string>[];
  /** What a fleet's command is started with. It names the first site, as a careless shell would. */
  environment: Record<string, string | undefined>;
  remove(): Promise<void>;
}

/** Makes sites of one replica each, and their fleet. */
export async function makeFleet(
  lab: Lab,
  prefix: string,
  count: number,
  options: SiteOptions = {},
): Promise<Fleet> {
  const names = Array.from(
    { length: count },
    (_, index) => `${prefix}-${String(index + 1).padStart(2, '0')}`,
  );
  const sites: Site[] = [];
  const waiting = [...names];
  const work = async (): Promise<void> => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift())
      sites.push(await lab.createSite({ replicas: 1, ...options, name }));
  };
  await Promise.all(Array.from({ length: atATime }, work));
  sites.sort((one, other) => (one.name < other.name ? -1 : 1));
  const [first] = sites;
  if (!first) throw new Error('a fleet of no site');
  const folder = path.join(lab.folder, 'fleets', prefix);
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, 'fleet.yaml');
  const kubeconfig = path.join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, await fleetKubeconfig(lab, prefix, sites, first), { mode: 0o600 });
  const entries = sites.map(entryOf);
  const common = fleetOf(folder, first);
  writeFileSync(file, stringify({ ...common, deployments: entries }));
  return {
    sites,
    folder,
    file,
    common,
    entries,
    environment: {
      ...environmentOf(first),
      ...{ CREDENTIAL_ROTATION_HOME: undefined, PULUMI_BACKEND_URL: undefined },
      ...{ HOME: folder, KUBECONFIG: kubeconfig },
    },
    remove: async () => {
      for (let index = 0; index < sites.length; index += atATime)
        await Promise.all(sites.slice(index, index + atATime).map((site) => site.remove()));
    },
  };
}

function fleetOf(folder: string, first: Site): Record<string, unknown> {
  return {
    name: 'clinics',
    concurrency: 4,
    onFailure: 'continue',
    defaults: {
      home: path.join(folder, 'home'),
      awsRegion: 'us-east-1',
      databaseCaFile: first.environment['DATABASE_CA_FILE'],
      deployment: first.deployment,
      kubernetesSecret: first.kubernetesSecret,
      healthLimitSeconds: 8,
      ...shortWaits,
    },
  };
}

function entryOf(site: Site): Record<string, string> {
  return {
    name: site.name,
    slotSecretId: site.slotSecretId,
    adminSecretId: site.adminSecretId,
    sitesRoot: site.sitesRoot,
    namespace: site.namespace,
    healthUrl: site.healthUrl,
  };
}

/** One account in a namespace of the fleet's own, with the rotation's Role in the namespace of each site. */
async function fleetKubeconfig(lab: Lab, prefix: string, sites: Site[], first: Site): Promise<string> {
  const client = adminClient(lab);
  const [account, namespace] = ['fleet-sa', `fleet-${prefix}`];
  try {
    await createNamespace(client, namespace);
    const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
    await client.create(accounts, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: account } });
    for (const site of sites)
      await client.create(`/apis/rbac.authorization.k8s.io/v1/namespaces/${site.namespace}/rolebindings`, {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: 'fleet-binding' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'credential-rotation-role' },
        subjects: [{ kind: 'ServiceAccount', name: account, namespace }],
      });
    const { status } = await client.create<{ status: { token: string } }>(`${accounts}/${account}/token`, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: 86_400 },
    });
    const config = JSON.parse(readFileSync(first.environment['KUBECONFIG'] ?? '', 'utf8')) as {
      users: { user: { token: string } }[];
    };
    for (const { user } of config.users) user.token = status.token;
    return JSON.stringify(config);
  } finally {
    client.close();
  }
}
