import type { KubernetesObject } from '../kubernetes-client';

/** A Service, as far as its variables go. */
export interface Service extends KubernetesObject {
  spec: { clusterIP?: string; ports?: { name?: string; port: number; protocol?: string }[] };
}

/**
 * The variables that a kubelet makes of Services, in the way of Docker's links: for a Service `openemr` they are
 * OPENEMR_SERVICE_HOST, OPENEMR_SERVICE_PORT, OPENEMR_PORT, OPENEMR_PORT_80_TCP…
 * (https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables). Headless Services have none.
 */
export function serviceVariables(services: readonly Service[]): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const { metadata, spec } of services) {
    const { clusterIP: host = '', ports = [] } = spec;
    const [first] = ports;
    if (host === '' || host === 'None' || first === undefined) continue;
    const prefix = variableName(metadata.name);
    variables[`${prefix}_SERVICE_HOST`] = host;
    variables[`${prefix}_SERVICE_PORT`] = String(first.port);
    variables[`${prefix}_PORT`] = `${(first.protocol ?? 'TCP').toLowerCase()}://${host}:${first.port}`;
    for (const { name, port, protocol = 'TCP' } of ports) {
      if (name !== undefined) variables[`${prefix}_SERVICE_PORT_${variableName(name)}`] = String(port);
      const each = `${prefix}_PORT_${port}_${protocol}`;
      variables[each] = `${protocol.toLowerCase()}://${host}:${port}`;
      variables[`${each}_PROTO`] = protocol.toLowerCase();
      variables[`${each}_PORT`] = String(port);
      variables[`${each}_ADDR`] = host;
    }
  }
  return variables;
}

function variableName(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
}

/** The Service `kubernetes`, which every pod knows, as it would be if this were the address of the API server. */
export function apiServerService(server: string): Service {
  const { hostname, port } = new URL(server);
  return {
    metadata: { name: 'kubernetes' },
    spec: { clusterIP: hostname, ports: [{ name: 'https', port: Number(port), protocol: 'TCP' }] },
  };
}
