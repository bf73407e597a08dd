/** The addresses of a node and of what it reaches: networks that are set aside for benchmarks (RFC 2544), so no real one is hidden. */
export interface NodeAddresses {
  /** Name of the link on the machine's side. */
  link: string;
  /** The machine as the node and its pods see it: where the lab's servers listen. */
  host: string;
  node: string;
  /** All pods, and the bridge's own address among them. */
  pods: string;
  podGateway: string;
  services: string;
  /** The Service `kubernetes`: the first address of the Services. */
  apiServer: string;
}

/** How many nodes a machine can hold at once. */
export const NODES = 250;

/** The addresses of the node with this number, from 1 to NODES. */
export function nodeAddresses(number: number): NodeAddresses {
  const net = `198.18.${number}`;
  return {
    link: `openemrlab${number}`,
    host: `${net}.1`,
    node: `${net}.2`,
    pods: `${net}.128/25`,
    podGateway: `${net}.129`,
    services: `198.19.${number}.0/24`,
    apiServer: `198.19.${number}.1`,
  };
}
