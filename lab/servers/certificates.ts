import { execFile } from 'node:child_process';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The files of the lab's certificate authority and of the one certificate that its servers show. */
export interface Certificates {
  /** The authority's certificate, PEM: what clients are to trust. */
  caFile: string;
  /** Of `127.0.0.1`, `localhost` and the node's addresses, signed by the authority; the API server shows it to the kubelet too. */
  serverCertificate: string;
  serverKey: string;
  /** Signs and checks tokens of service accounts. */
  serviceAccountKey: string;
}

const configuration = (addresses: readonly string[]): string => `[req]
distinguished_name = name
x509_extensions = ca
prompt = no
[name]
CN = OpenEMR lab authority
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = CA:FALSE
keyUsage = digitalSignature
extendedKeyUsage = serverAuth, clientAuth
subjectAltName = ${['127.0.0.1', ...addresses].map((one) => `IP:${one}`).join(', ')}, DNS:localhost, DNS:kubernetes.default.svc
authorityKeyIdentifier = keyid
`;

/** Makes an authority and a server certificate, of further addresses too, in `folder` with the OpenSSL command. Throws when that fails. */
export async function makeCertificates(
  openssl: string,
  folder: string,
  addresses: readonly string[] = [],
): Promise<Certificates> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = (name: string): string => path.join(folder, name);
  const config = file('openssl.cnf');
  await writeFile(config, configuration(addresses));
  const key = async (name: string, kind: readonly string[]): Promise<void> => {
    await run(openssl, ['genpkey', '-algorithm', ...kind, '-out', file(name)]);
  };
  const curve = ['EC', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  // MySQL 8.0.12 offers no cipher with ECDSA, and Kubernetes reads a public key only out of a private RSA key.
  const rsa = ['RSA', '-pkeyopt', 'rsa_keygen_bits:2048'];
  await Promise.all([key('ca.key', curve), key('server.key', rsa), key('service-account.key', rsa)]);
  const self = ['req', '-x509', '-new', '-config', config, '-sha256', '-days', '30'];
  await run(openssl, [...self, '-key', file('ca.key'), '-out', file('ca.pem')]);
  const subject = ['req', '-new', '-config', config, '-subj', '/CN=localhost'];
  await run(openssl, [...subject, '-key', file('server.key'), '-out', file('server.csr')]);
  const sign = ['x509', '-req', '-in', file('server.csr'), '-CA', file('ca.pem'), '-CAkey', file('ca.key')];
  const extensions = [
    '-CAcreateserial',
    '-days',
    '30',
    '-sha256',
    '-extfile',
    config,
    '-extensions',
    'server',
  ];
  await run(openssl, [...sign, ...extensions, '-out', file('server.pem')]);
  return {
    caFile: file('ca.pem'),
    serverCertificate: file('server.pem'),
    serverKey: file('server.key'),
    serviceAccountKey: file('service-account.key'),
  };
}

/** Puts the authority where OpenEMR looks for it: `<site>/documents/certificates/mysql-ca`. */
export async function installDatabaseAuthority(caFile: string, siteFolder: string): Promise<void> {
  const folder = path.join(siteFolder, 'documents', 'certificates');
  await mkdir(folder, { recursive: true });
  await copyFile(caFile, path.join(folder, 'mysql-ca'));
}
