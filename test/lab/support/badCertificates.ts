import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Lab } from '../../../lab';
import { tools } from '../../../lab/package';

const run = promisify(execFile);

/** A certificate and its key, PEM. */
export interface Identity {
  cert: string;
  key: string;
}

/** What is wrong with a certificate. */
export type BadCertificate = 'expired' | 'otherHost' | 'localhost' | 'selfSigned';

/** Certificates that no client may take for the lab's database, and one that it should. */
export async function badCertificates(lab: Lab): Promise<Record<BadCertificate | 'good', Identity>> {
  const folder = mkdtempSync(path.join(lab.folder, 'bad-'));
  const own = path.dirname(lab.database.caFile);
  const key = path.join(own, 'server.key');
  const ask = ['req', '-new', '-key', key, '-subj', '/CN=database'];
  const make = async (name: string, names: string, args: string[]): Promise<Identity> => {
    const [extensions, out] = [path.join(folder, `${name}.cnf`), path.join(folder, `${name}.pem`)];
    const request = path.join(folder, `${name}.csr`);
    writeFileSync(extensions, `subjectAltName=${names}\n`);
    await run(tools().openssl, [...ask, '-out', request]);
    await run(tools().openssl, [
      'x509',
      '-req',
      '-in',
      request,
      '-extfile',
      extensions,
      '-out',
      out,
      ...args,
    ]);
    return { cert: readFileSync(out, 'utf8'), key: readFileSync(key, 'utf8') };
  };
  const signed = ['-CA', lab.database.caFile, '-CAkey', path.join(own, 'ca.key'), '-CAcreateserial'];
  const here = 'IP:127.0.0.1';
  return {
    good: await make('good', here, [...signed, '-days', '2']),
    expired: await make('expired', here, [...signed, '-days', '-1']),
    otherHost: await make('other-host', 'DNS:another.example', [...signed, '-days', '2']),
    localhost: await make('localhost', 'DNS:localhost', [...signed, '-days', '2']),
    selfSigned: await make('self-signed', here, ['-signkey', key, '-days', '2']),
  };
}
