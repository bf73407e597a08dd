import { lookup } from 'node:dns/promises';
import { errorCode, sleep } from './errors';

const lookupLimitMs = 3000;

/** Addresses of a host; none where nothing is known of it, even when a name server that was silent is asked again. Never throws. */
export async function addressesOf(host: string, tries = 2): Promise<string[]> {
  const found = lookup(host, { all: true }).then(
    (answers) => answers.map(({ address }) => address),
    (error: unknown) => (errorCode(error) === 'ENOTFOUND' ? [] : undefined),
  );
  const addresses = await Promise.race([found, sleep(lookupLimitMs).then(() => undefined)]);
  return addresses ?? (tries > 1 ? addressesOf(host, tries - 1) : []);
}
