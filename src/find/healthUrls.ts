import type { V1Ingress, V1Service, V1ServicePort } from '@kubernetes/client-node';

/** An address at which OpenEMR's health page may be. */
export interface HealthAddress {
  url: string;
  from: string;
  /** Only a pod of the cluster finds this name. */
  inCluster: boolean;
}

/** The page that proves most: it looks at the database (src/Health/HealthChecker.php of OpenEMR). */
const page = '/meta/health/readyz';

/**
 * The addresses of OpenEMR's health page: of the Services that choose its pods, as the cluster names them and by their
 * load balancers, and of the Ingresses before them; those with TLS first.
 * @param labels of the pods
 */
export function healthAddresses(
  labels: Readonly<Record<string, string>>,
  services: readonly V1Service[],
  ingresses: readonly V1Ingress[],
): HealthAddress[] {
  const chosen = services.filter(({ spec }) => chooses(spec?.selector, labels));
  const names = chosen.map(({ metadata }) => metadata?.name ?? '');
  const found = [...ingresses.flatMap((each) => ofIngress(each, names)), ...chosen.flatMap(ofService)];
  const rank = ({ url }: HealthAddress): number => (url.startsWith('https:') ? 0 : 1);
  return [...found].sort((one, other) => rank(one) - rank(other));
}

function chooses(
  selector: Readonly<Record<string, string>> | undefined,
  labels: Readonly<Record<string, string>>,
): boolean {
  const wanted = Object.entries(selector ?? {});
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}

function ofService({ metadata, spec, status }: V1Service): HealthAddress[] {
  const { name = '', namespace = '' } = metadata ?? {};
  const port = bestPort(spec?.ports ?? []);
  if (port === undefined) return [];
  const from = `Service ${namespace}/${name}`;
  const inside = urlOf(`${name}.${namespace}.svc.cluster.local`, port);
  const balancers = (status?.loadBalancer?.ingress ?? [])
    .map(({ hostname, ip }) => hostname ?? ip ?? '')
    .filter((host) => host !== '');
  return [
    ...balancers.map((host) => ({
      url: urlOf(host, port),
      from: `load balancer of ${from}`,
      inCluster: false,
    })),
    { url: inside, from, inCluster: true },
  ];
}

/** HTTPS where there is one, else HTTP, else nothing that could be asked. */
function bestPort(ports: readonly V1ServicePort[]): { port: number; secure: boolean } | undefined {
  const isSecure = ({ name = '', port, appProtocol = '' }: V1ServicePort): boolean =>
    port === 443 || port === 8443 || /^https/i.test(name) || appProtocol === 'https';
  const isPlain = ({ name = '', port, appProtocol = '' }: V1ServicePort): boolean =>
    port === 80 || port === 8080 || /^http/i.test(name) || appProtocol === 'http';
  const tcp = ports.filter(({ protocol = 'TCP' }) => protocol === 'TCP');
  const secure = tcp.find(isSecure);
  if (secure) return { port: secure.port, secure: true };
  const plain = tcp.find(isPlain);
  return plain && { port: plain.port, secure: false };
}

function urlOf(host: string, { port, secure }: { port: number; secure: boolean }): string {
  const usual = port === (secure ? 443 : 80);
  const name = host.includes(':') ? `[${host}]` : host;
  return `${secure ? 'https' : 'http'}://${name}${usual ? '' : `:${port}`}${page}`;
}

function ofIngress({ metadata, spec, status }: V1Ingress, services: readonly string[]): HealthAddress[] {
  const rules = (spec?.rules ?? []).filter(({ http }) =>
    (http?.paths ?? []).some(
      ({ backend, path = '/' }) => services.includes(backend.service?.name ?? '') && page.startsWith(path),
    ),
  );
  const isDefault = services.includes(spec?.defaultBackend?.service?.name ?? '');
  if (rules.length === 0 && !isDefault) return [];
  const named = rules.map(({ host = '' }) => host).filter((host) => host !== '' && !host.startsWith('*'));
  const balancers = (status?.loadBalancer?.ingress ?? []).map(({ hostname, ip }) => hostname ?? ip ?? '');
  const hosts = named.length > 0 ? named : balancers.filter((host) => host !== '');
  const secure = isSecureIngress(metadata?.annotations ?? {}, spec?.tls ?? []);
  const from = `Ingress ${metadata?.namespace}/${metadata?.name}`;
  return [...new Set(hosts)].map((host) => ({
    url: urlOf(host, { port: secure ? 443 : 80, secure }),
    from,
    inCluster: false,
  }));
}

/** The AWS Load Balancer Controller says it by annotations (kubernetes-sigs.github.io: Ingress annotations). */
function isSecureIngress(annotations: Readonly<Record<string, string>>, tls: readonly unknown[]): boolean {
  const alb = 'alb.ingress.kubernetes.io';
  return (
    tls.length > 0 ||
    (annotations[`${alb}/certificate-arn`] ?? '') !== '' ||
    /"HTTPS"/i.test(annotations[`${alb}/listen-ports`] ?? '')
  );
}
