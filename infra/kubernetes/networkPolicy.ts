import type { Egress, RotationSettings } from './settings';
import { labelsOf, metadataOf, objectNames } from './settings';

/** A range of IPv4 does not hold an address of IPv6, nor the other way round. */
const anywhere = ['0.0.0.0/0', '::/0'];
/** Where EKS Pod Identity's agent on the node gives out credentials, by plain HTTP. */
const podIdentityAgent = ['169.254.170.23/32', 'fd00:ec2::23/128'];

const tcp = (port: number): { protocol: string; port: number } => ({ protocol: 'TCP', port });

/**
 * The pods take no connection, and make only those of a rotation: names, the database, AWS and webhooks by HTTPS, the
 * API server, Pod Identity's agent, and OpenEMR's health page in the own namespace.
 */
export function networkPolicy(settings: RotationSettings<unknown>) {
  const { network, healthUrl, monitoring, optionalRights } = settings;
  const asksPods = healthUrl !== undefined || optionalRights.canary === true;
  return {
    apiVersion: 'networking.k8s.io/v1' as const,
    kind: 'NetworkPolicy' as const,
    metadata: metadataOf(settings, objectNames(settings).networkPolicy),
    spec: {
      podSelector: { matchLabels: labelsOf(settings) },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [],
      egress: [
        {
          // Who answers for names may be a pod, the node (NodeLocal DNSCache), or outside (EKS Auto Mode).
          to: [{ namespaceSelector: {} }, ...blocks(anywhere)],
          ports: [{ protocol: 'UDP', port: 53 }, tcp(53)],
        },
        { to: blocks(network.databaseCidrs), ports: [tcp(network.databasePort)] },
        { to: blocks(anywhere), ports: httpsPorts(network.apiServerPort).map(tcp) },
        { to: blocks(podIdentityAgent), ports: [tcp(80)] },
        ...(asksPods ? [{ to: [{ podSelector: {} }], ports: [tcp(network.healthPort)] }] : []),
        ...(monitoring === undefined ? [] : [further(monitoring.pushgateway)]),
        ...network.more.map(further),
      ],
    },
  };
}

const blocks = (cidrs: readonly string[]) => cidrs.map((cidr) => ({ ipBlock: { cidr } }));

function httpsPorts(apiServerPort: number): number[] {
  return [...new Set([443, apiServerPort])];
}

function further({ port, protocol = 'TCP', cidr, namespace }: Egress) {
  const to =
    cidr === undefined
      ? { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace ?? '' } } }
      : { ipBlock: { cidr } };
  return { to: [to], ports: [{ protocol, port }] };
}
