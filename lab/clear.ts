import { existsSync, truncateSync } from 'node:fs';
import { z } from 'zod';
import { KubernetesError } from './kubernetes-client';
import type { KubernetesClient, KubernetesObject } from './kubernetes-client';
import type { DatabaseServer } from './servers/database';
import type { Site } from './types';

/** What a lab holds beyond its sites: what one site, or who made it, may leave to all that come after it. */
export interface Contents {
  /** `user@host`. */
  accounts: string[];
  schemas: string[];
  /** `name=value` of the database server's global variables. */
  variables: string[];
  namespaces: string[];
  /** Of the cluster as a whole, by the end of their addresses. */
  clusterObjects: string[];
}

/** The servers that are looked at. */
export interface ClearedServers {
  database: DatabaseServer;
  kubernetes: { admin: KubernetesClient; auditLogFile: string };
  /** Without the recording proxy. */
  moto: string;
  /** The recording proxies. */
  proxies: { forget(): void }[];
}

/** What of the cluster as a whole a test may make, below `/apis/`. */
const CLUSTER_WIDE = [
  'admissionregistration.k8s.io/v1/mutatingwebhookconfigurations',
  'admissionregistration.k8s.io/v1/validatingwebhookconfigurations',
  'admissionregistration.k8s.io/v1/validatingadmissionpolicies',
  'admissionregistration.k8s.io/v1/validatingadmissionpolicybindings',
  'apiextensions.k8s.io/v1/customresourcedefinitions',
  'rbac.authorization.k8s.io/v1/clusterroles',
  'rbac.authorization.k8s.io/v1/clusterrolebindings',
  'scheduling.k8s.io/v1/priorityclasses',
  'storage.k8s.io/v1/storageclasses',
];

const accountRows = z.array(z.object({ user: z.string(), host: z.string() }));
const schemaRows = z.array(z.object({ name: z.string() }));
const variableRows = z.array(z.object({ Variable_name: z.string(), Value: z.string().nullable() }));

/** Looks at what the servers hold now. */
export async function contentsOf({ database, kubernetes }: ClearedServers): Promise<Contents> {
  const [accounts, schemas, variables, namespaces, ...clusterObjects] = await Promise.all([
    accountsOf(database),
    database.root('SELECT schema_name AS name FROM information_schema.schemata'),
    database.root('SHOW GLOBAL VARIABLES'),
    namesOf(kubernetes.admin, '/api/v1/namespaces'),
    ...CLUSTER_WIDE.map(async (kind) =>
      (await namesOf(kubernetes.admin, `/apis/${kind}`)).map((name) => `${kind}/${name}`),
    ),
  ]);
  return {
    accounts: accounts.map(({ user, host }) => `${user}@${host}`),
    schemas: schemaRows.parse(schemas).map(({ name }) => name),
    variables: variableRows.parse(variables).map((row) => `${row.Variable_name}=${row.Value ?? ''}`),
    namespaces,
    clusterObjects: clusterObjects.flat(),
  };
}

/**
 * Takes away the sites, and what else there is beyond `before`, as far as that is known how to be taken away.
 * @returns what differs from `before` all the same, one text each: with any of these the lab is not as it was
 */
export async function clear(
  servers: ClearedServers,
  sites: Iterable<Site>,
  before: Contents,
): Promise<string[]> {
  const { database, kubernetes, moto, proxies } = servers;
  await Promise.all([...sites].map((site) => site.remove()));
  const now = await contentsOf(servers);
  for (const name of beyond(now.namespaces, before.namespaces))
    await kubernetes.admin.delete(`/api/v1/namespaces/${name}`).catch(unlessGone);
  for (const schema of beyond(now.schemas, before.schemas)) await database.root('DROP DATABASE ??', [schema]);
  for (const { user, host } of await accountsOf(database))
    if (!before.accounts.includes(`${user}@${host}`)) await dropAccount(database, user, host);
  await fetch(`${moto}/moto-api/reset`, { method: 'POST' });
  for (const proxy of proxies) proxy.forget();
  // Both servers append, so what they write next begins the file anew.
  for (const file of [database.generalLogFile, kubernetes.auditLogFile])
    if (existsSync(file)) truncateSync(file);
  return differences(before, await contentsOf(servers));
}

async function accountsOf(database: DatabaseServer): Promise<z.infer<typeof accountRows>> {
  return accountRows.parse(await database.root('SELECT User AS user, Host AS host FROM mysql.user'));
}

/** A role of MariaDB has no host, and is dropped by another statement. */
async function dropAccount(database: DatabaseServer, user: string, host: string): Promise<void> {
  if (host === '') await database.root('DROP ROLE ?', [user]);
  else await database.root('DROP USER ?@?', [user, host]);
}

/** Names of a collection, without those that are on their way out. */
async function namesOf(client: KubernetesClient, path: string): Promise<string[]> {
  const { items } = await client.get<{ items: KubernetesObject[] }>(path);
  return items
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map(({ metadata }) => metadata.name);
}

function unlessGone(error: unknown): void {
  if (!(error instanceof KubernetesError && [404, 409].includes(error.status))) throw error;
}

function beyond(now: readonly string[], before: readonly string[]): string[] {
  return now.filter((each) => !before.includes(each));
}

function differences(before: Contents, now: Contents): string[] {
  const kinds = Object.keys(before) as (keyof Contents)[];
  return kinds.flatMap((kind) => [
    ...beyond(now[kind], before[kind]).map((each) => `+${each}`),
    ...beyond(before[kind], now[kind]).map((each) => `-${each}`),
  ]);
}
