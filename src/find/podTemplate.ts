import type { V1Container, V1EnvVar, V1PodSpec } from '@kubernetes/client-node';
import { kubernetesSecretKeys } from '../rotation/observation';
import type { Seen } from './seen';

/** Where OpenEMR's image has its sites/. */
const sitesPath = '/var/www/localhost/htdocs/openemr/sites';
/** The variables of the MySQL login, as OpenEMR's image and charts of it name them. */
const loginVariables = /^MYSQL_(USER|PASS|PASSWORD|HOST|DATABASE)$/;

/** What is wrong with a pod's login, as far as its template says. */
export interface LoginSource {
  /** The Secrets that the login comes from, each with the variables that name it. */
  secrets: Seen[];
  /** Keys that are not those that a rotation writes, each with its variable. */
  otherKeys: string[];
  /** Variables of the login that are plain text. */
  plain: string[];
}

function containersOf(spec: V1PodSpec | undefined): V1Container[] {
  return [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
}

function variablesOf(spec: V1PodSpec | undefined): V1EnvVar[] {
  return containersOf(spec).flatMap(({ env = [] }) => env);
}

/** Which Secret gives OpenEMR its MySQL user and password. */
export function loginSource(spec: V1PodSpec | undefined): LoginSource {
  const variables = variablesOf(spec).filter(({ name }) => loginVariables.test(name));
  const keys: Record<string, string> = {
    MYSQL_USER: kubernetesSecretKeys.username,
    MYSQL_PASS: kubernetesSecretKeys.password,
    MYSQL_PASSWORD: kubernetesSecretKeys.password,
    MYSQL_HOST: kubernetesSecretKeys.host,
    MYSQL_DATABASE: kubernetesSecretKeys.dbname,
  };
  const secrets: Seen[] = [];
  const otherKeys: string[] = [];
  const plain: string[] = [];
  for (const { name, value, valueFrom } of variables) {
    const reference = valueFrom?.secretKeyRef;
    const isLogin = !/HOST|DATABASE/.test(name);
    if (reference?.name !== undefined) {
      if (isLogin) secrets.push({ value: reference.name, from: name });
      if (reference.key !== keys[name])
        otherKeys.push(`${name} is the key ${reference.key}, not ${keys[name]}`);
    } else if (value !== undefined && isLogin) plain.push(name);
  }
  if (secrets.length === 0) secrets.push(...wholeSecrets(spec));
  return { secrets: joined(secrets), otherKeys, plain };
}

/** Secrets whose keys all become variables, and whose name speaks of the database. */
function wholeSecrets(spec: V1PodSpec | undefined): Seen[] {
  return containersOf(spec)
    .flatMap(({ envFrom = [] }) => envFrom)
    .map(({ secretRef }) => secretRef?.name ?? '')
    .filter((name) => /db|database|mysql|credential/i.test(name))
    .map((value) => ({ value, from: 'envFrom' }));
}

function joined(secrets: readonly Seen[]): Seen[] {
  const names = [...new Set(secrets.map(({ value }) => value))];
  return names.map((value) => ({
    value,
    from: [...new Set(secrets.filter((each) => each.value === value).map(({ from }) => from))].join(', '),
  }));
}

/** Where MYSQL_HOST comes from. */
export function databaseHost(
  spec: V1PodSpec | undefined,
): { value: string } | { secret: string; key: string } | undefined {
  for (const { name, value, valueFrom } of variablesOf(spec)) {
    if (name !== 'MYSQL_HOST') continue;
    const reference = valueFrom?.secretKeyRef;
    if (reference?.name !== undefined) return { secret: reference.name, key: reference.key };
    if (value !== undefined) return { value };
  }
  return undefined;
}

/** The claim that holds sites/, and where the container has it. */
export function sitesClaim(
  spec: V1PodSpec | undefined,
): { claim: string; path: string; subPath?: string } | undefined {
  const mounts = containersOf(spec).flatMap(({ volumeMounts = [] }) => volumeMounts);
  const exact = mounts.find(({ mountPath }) => mountPath.replace(/\/+$/, '') === sitesPath);
  const mount = exact ?? mounts.find(({ mountPath }) => /\/sites\/?$/.test(mountPath));
  const volume = spec?.volumes?.find(({ name }) => name === mount?.name);
  const claim = volume?.persistentVolumeClaim?.claimName;
  if (mount === undefined || claim === undefined) return undefined;
  const { mountPath, subPath } = mount;
  return { claim, path: mountPath, ...(subPath === undefined ? {} : { subPath }) };
}
