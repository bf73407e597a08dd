import type { V1Container, V1HTTPGetAction, V1PodSpec } from '@kubernetes/client-node';

/** How a pod's page is asked at the pod itself. */
export interface PodPage {
  /** With the scheme of the pod's port; its host is the health URL's, so that the application answers as it does there. */
  url: string;
  port: number;
}

/** OpenEMR's own page for a readiness probe. */
const readyz = '/meta/health/readyz';
const usualPorts = { https: [443, 8443], http: [80, 8080] } as const;

/**
 * Where a pod's page is: path and host of the health URL, or else of the readiness probe; port and scheme of the probe,
 * or else of the containers' ports. The second place, where there is one, is the health URL's own port if the containers
 * have it: a NetworkPolicy of the rotation may let through that alone. The host is put in for what is known only when the pod runs. Pure.
 * @param address stands for the host where neither names one
 */
export function podPages(
  spec: V1PodSpec,
  address: string,
  { healthUrl, main }: { healthUrl?: string | undefined; main: readonly string[] },
): [PodPage, ...PodPage[]] {
  const containers = [...spec.containers].sort(
    (one, other) => Number(main.includes(other.name)) - Number(main.includes(one.name)),
  );
  const probe = containers.map(probeOf).find((each) => each !== undefined);
  const given = healthUrl === undefined ? undefined : new URL(healthUrl);
  const place = (probe && probedPort(probe, containers)) ?? listedPort(containers, given);
  const second = given && ownPort(given, containers);
  const probeHost = probe?.httpHeaders?.find(({ name }) => name.toLowerCase() === 'host')?.value;
  const host = given?.host ?? probeHost ?? (address.includes(':') ? `[${address}]` : address);
  const path = given === undefined ? (probe?.path ?? readyz) : `${given.pathname}${given.search}`;
  const at = ({ scheme, port }: Place): PodPage => ({
    url: `${scheme}://${host}${path.startsWith('/') ? path : `/${path}`}`,
    port,
  });
  return second === undefined || second.port === place.port ? [at(place)] : [at(place), at(second)];
}

interface Place {
  scheme: 'http' | 'https';
  port: number;
}

function probeOf({ readinessProbe, startupProbe, livenessProbe }: V1Container): V1HTTPGetAction | undefined {
  return [readinessProbe, startupProbe, livenessProbe]
    .map((probe) => probe?.httpGet)
    .find((action) => action !== undefined);
}

/** The health URL's own port, where a container says that it has it. */
function ownPort(given: URL, containers: readonly V1Container[]): Place | undefined {
  const scheme = given.protocol === 'http:' ? 'http' : 'https';
  const port = given.port === '' ? usualPorts[scheme][0] : Number(given.port);
  return portsOf(containers).some(({ containerPort }) => containerPort === port)
    ? { scheme, port }
    : undefined;
}

function probedPort(
  { port, scheme }: V1HTTPGetAction,
  containers: readonly V1Container[],
): Place | undefined {
  const named = portsOf(containers).find(({ name }) => name === String(port));
  const found = named?.containerPort ?? Number(port);
  if (!Number.isInteger(found)) return undefined;
  return { scheme: scheme?.toUpperCase() === 'HTTPS' ? 'https' : 'http', port: found };
}

function listedPort(containers: readonly V1Container[], given: URL | undefined): Place {
  const wanted = given?.protocol === 'http:' ? 'http' : 'https';
  const ports = portsOf(containers);
  const of = (scheme: Place['scheme']): Place[] =>
    ports
      .filter(
        ({ name, containerPort }) =>
          name === scheme || (usualPorts[scheme] as readonly number[]).includes(containerPort),
      )
      .map(({ containerPort: port }) => ({ scheme, port }));
  const other = wanted === 'http' ? 'https' : 'http';
  const [first] = ports;
  const any: Place | undefined = first && { scheme: wanted, port: first.containerPort };
  return of(wanted)[0] ?? of(other)[0] ?? any ?? { scheme: wanted, port: usualPorts[wanted][0] };
}

function portsOf(containers: readonly V1Container[]): { name?: string; containerPort: number }[] {
  return containers.flatMap(({ ports = [] }) => ports.filter(({ protocol = 'TCP' }) => protocol === 'TCP'));
}

/** The containers of OpenEMR itself: those that see its file, and else the first. */
export function mainContainers(spec: V1PodSpec, files: readonly { container: string }[]): string[] {
  const regular = spec.containers.map(({ name }) => name);
  const found = regular.filter((name) => files.some(({ container }) => container === name));
  return found.length > 0 ? found : regular.slice(0, 1);
}
