import { chownSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { imageUser } from '../../../image/layout';
import { exampleSettings } from '../../../infra/kubernetes/example';
import { role, roleBinding } from '../../../infra/kubernetes/role';
import { serviceAccount } from '../../../infra/kubernetes/serviceAccount';
import type { RotationSettings } from '../../../infra/kubernetes/settings';
import type { Lab, Site } from '../../../lab';
import type { KubernetesClient } from '../../../lab/kubernetes-client';
import { kubeconfig } from '../../../lab/servers/kubeconfig';
import { shortWaitsEnvironment } from '../../../lab/shortWaits';
import { makeBucket, makeKey, s3Backend } from './backends';

/** The name of the image of the rotation in the lab. */
export const rotationImageName = 'credential-rotation:lab';

const rbac = 'apis/rbac.authorization.k8s.io/v1';

/** Settings of the manifests of infra/ for a site: state in the lab's S3 under a KMS key. Makes bucket and key. */
export async function settingsFor(
  lab: Lab,
  site: Site,
  changes: Partial<RotationSettings> = {},
): Promise<RotationSettings> {
  const bucket = `state-of-${site.name}`;
  await makeBucket(lab, bucket);
  const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '' } = site.environment;
  return {
    ...exampleSettings,
    // The lab itself has made objects with the names of the example.
    name: 'rotation',
    namespace: site.namespace,
    deployment: site.deployment,
    kubernetesSecret: site.kubernetesSecret,
    stack: site.name,
    image: rotationImageName,
    slotSecretId: site.slotSecretId,
    adminSecretId: site.adminSecretId,
    backendUrl: `s3://${bucket}?${s3Backend(lab)}`,
    secretsProvider: `awskms://${await makeKey(lab)}?region=us-east-1`,
    healthUrl: site.healthUrl,
    databaseCa: { configMap: 'database-ca', key: 'ca.pem' },
    limits: { rolloutSeconds: 60, healthSeconds: 8, idleSeconds: 60 },
    environment: {
      AWS_ENDPOINT_URL: lab.aws.endpoint,
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_ACCESS_KEY_ID,
      AWS_SECRET_ACCESS_KEY,
      ...shortWaitsEnvironment,
    },
    ...changes,
  };
}

/** Makes the rotation's account, Role and binding as infra/ renders them. */
export async function createAccess(client: KubernetesClient, settings: RotationSettings): Promise<void> {
  const { namespace } = settings;
  await client.create(`/api/v1/namespaces/${namespace}/serviceaccounts`, serviceAccount(settings));
  await client.create(`/${rbac}/namespaces/${namespace}/roles`, role(settings));
  await client.create(`/${rbac}/namespaces/${namespace}/rolebindings`, roleBinding(settings));
}

/** A kubeconfig with a token of an account of a site's namespace, through the lab's recording proxy; gives the file. */
export async function kubeconfigOf(
  lab: Lab,
  site: Site,
  client: KubernetesClient,
  account: string,
): Promise<string> {
  const resource = `/api/v1/namespaces/${site.namespace}/serviceaccounts/${account}/token`;
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
  const { status } = await client.create<{ status: { token: string } }>(resource, request);
  const { clusters } = JSON.parse(readFileSync(site.environment['KUBECONFIG'] ?? '', 'utf8')) as {
    clusters: { cluster: { server: string } }[];
  };
  const file = path.join(site.folder, `kubeconfig-${account}`);
  const server = clusters[0]?.cluster.server ?? '';
  const { namespace } = site;
  const text = kubeconfig({ server, caFile: lab.database.caFile, token: status.token, namespace });
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

/**
 * Makes all that the rotation's pods need in a site's namespace: access, the database's CA, the claim on its sites
 * folder, whose files get the pod's user, and two Services whose variables look like settings.
 */
export async function preparePods(
  lab: Lab,
  site: Site,
  client: KubernetesClient,
  settings: RotationSettings,
): Promise<void> {
  const core = `/api/v1/namespaces/${site.namespace}`;
  await createAccess(client, settings);
  const data = { 'ca.pem': readFileSync(lab.database.caFile, 'utf8') };
  await client.create(`${core}/configmaps`, { metadata: { name: 'database-ca' }, data });
  for (const name of ['openemr', 'credential-rotation', 'pulumi'])
    await client.create(`${core}/services`, { metadata: { name }, spec: { ports: [{ port: 80 }] } });
  lab.setClaim(site.namespace, settings.sitesClaim, site.sitesRoot);
  giveFiles(site.sitesRoot);
}

/** Gives all files of a site to the user that the pods run as. */
export function giveFiles(folder: string): void {
  chownSync(folder, imageUser, imageUser);
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    chownSync(path.join(folder, name), imageUser, imageUser);
}
