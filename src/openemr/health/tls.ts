import { BlockList, isIP } from 'node:net';
import { readFile } from 'node:fs/promises';
import type { TLSSocket } from 'node:tls';
import { connect } from 'node:tls';
import { proxyFor } from '../../base/proxy/fromEnvironment';
import { openTunnel } from '../../base/proxy/tunnel';

/**
 * Addresses that no public authority certifies: those of machines, pods and Services (RFC 1918, 6598, 4193, 3927, 4291).
 */
const ownAddresses = new BlockList();
for (const [net, prefix] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
] as const)
  ownAddresses.addSubnet(net, prefix, 'ipv4');
for (const [net, prefix] of [
  ['::1', 128],
  ['fc00::', 7],
  ['fe80::', 10],
] as const)
  ownAddresses.addSubnet(net, prefix, 'ipv6');

/** True for a name or address that only means something inside the cluster, so that no public certificate can be there. */
export function isInCluster(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const family = isIP(bare);
  if (family !== 0) return ownAddresses.check(bare, family === 6 ? 'ipv6' : 'ipv4');
  return /\.svc(\.cluster\.local)?$/.test(bare) || (!bare.includes('.') && bare !== 'localhost');
}

/** A connection, and whose certificate was let pass. */
export interface Trusted {
  socket: TLSSocket;
  /** Subject of a self-signed certificate that was let pass; undefined where it was verified. */
  selfSigned: string | undefined;
}

/** Why a certificate is not trusted. */
export class Untrusted extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}

/**
 * Opens TLS to the health page, verified against the CA file, or else the system's authorities.
 *
 * OpenEMR's image makes its certificate at each start of a container (`/CN=localhost`, self-signed, its key in the
 * container alone), so each pod has another one, and after the restart all are new: to pin the one that was seen would
 * fail each rotation. So without a CA file a self-signed certificate is let pass inside the cluster, and only there; after
 * the switch it may have another subject, and where it was verified before it must be so again. The page gets
 * nothing secret, and the database's login is proved apart.
 * @param before what was let pass before the switch: null when nothing was, undefined when that is not known
 * @param at one pod that is asked directly. Its certificate is that of its image, also where the URL's name leads to a
 * load balancer, whose authority the CA file then has
 * @throws Untrusted when the certificate is not, before anything is sent
 */
export async function openTls(
  url: URL,
  caFile: string | undefined,
  {
    before,
    signal,
    at,
  }: {
    before: string | null | undefined;
    signal: AbortSignal;
    at?: { address: string; port: number } | undefined;
  },
): Promise<Trusted> {
  const ca = caFile === undefined ? undefined : await readFile(caFile, 'utf8');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port || 443);
  const proxy = at === undefined ? proxyFor(url) : undefined;
  const tunnel =
    proxy && (await openTunnel(proxy, `${host.includes(':') ? `[${host}]` : host}:${port}`, signal));
  const socket = connect({
    ...(tunnel ? { socket: tunnel } : at ? { host: at.address, port: at.port } : { host, port }),
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === undefined ? {} : { ca }),
    // What is wrong is looked at right below, before anything is sent.
    rejectUnauthorized: false,
  });
  const aborted = (): void => void socket.destroy(new Error('aborted'));
  signal.addEventListener('abort', aborted, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve);
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('closed')));
    });
    if (socket.authorized) return { socket, selfSigned: undefined };
    const { authorizationError } = socket as { authorizationError?: unknown };
    const code =
      authorizationError instanceof Error ? authorizationError.message : String(authorizationError);
    const { subject } = socket.getPeerCertificate();
    const name = Object.entries(subject ?? {})
      .map((pair) => pair.join('='))
      .join(', ')
      .slice(0, 200);
    const ownPage = at === undefined ? isInCluster(host) : isInCluster(at.address);
    const knowsOwn = ca !== undefined && (at === undefined || isInCluster(host));
    const may = ownPage && !knowsOwn && code === 'DEPTH_ZERO_SELF_SIGNED_CERT';
    // Whoever makes such a certificate chooses its subject, and an image may put the pod's name into it: only the kind is compared.
    if (may && before !== null) return { socket, selfSigned: name };
    throw new Untrusted(code);
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', aborted);
  }
}
