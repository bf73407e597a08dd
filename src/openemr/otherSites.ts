import { parseSqlconf } from './php/sqlconf';
import type { OtherSite } from '../rotation/otherSites';
import { scrubber } from '../secrecy/scrubber';
import type { WorldContext } from '../target/context';
import type { OtherFile } from './file/sqlconfFile';
import { addressesOf } from '../base/addresses';
import { readOtherFiles } from './file/sqlconfFile';
import type { OpenSqlconf } from './openSqlconf';

/**
 * What the `sqlconf.php` of every other site says. A host that is only another name of the own file's host is given
 * as that, so that hosts can be compared.
 * @throws Failure when the sites folder cannot be listed
 */
export async function readOtherSites(
  { sitesRoot }: Pick<WorldContext, 'sitesRoot'>,
  own: Pick<OpenSqlconf, 'file' | 'login'>,
): Promise<OtherSite[]> {
  const sites = (await readOtherFiles(sitesRoot, own.file)).map(siteOf);
  const hosts = new Set(sites.flatMap((site) => (site.kind === 'login' ? [site.login.host] : [])));
  const { aliases, unknown } = await lookedUp(own.login.host, hosts);
  return sites.map((site): OtherSite => {
    if (site.kind !== 'login') return site;
    const { host } = site.login;
    if (aliases.has(host)) return { ...site, login: { ...site.login, host: own.login.host } };
    return unknown.has(host) ? { ...site, hostIsUnknown: true } : site;
  });
}

function siteOf(file: OtherFile): OtherSite {
  const { path } = file;
  if ('problem' in file) return { path, kind: 'unread', problem: file.problem };
  const parsed = parseSqlconf(file.bytes);
  if (parsed.kind === 'parsed') scrubber.register(parsed.login.password);
  return parsed.kind === 'parsed'
    ? { path, kind: 'login', login: parsed.login }
    : { path, kind: 'text', text: file.bytes.toString('latin1') };
}

/** Those of the hosts that have an address in common with the own host, and those of which that cannot be seen. */
async function lookedUp(
  own: string,
  hosts: ReadonlySet<string>,
): Promise<Record<'aliases' | 'unknown', ReadonlySet<string>>> {
  const others = [...hosts].filter((host) => host.toLowerCase() !== own.toLowerCase());
  if (others.length === 0) return { aliases: new Set(), unknown: new Set() };
  const [mine, ...theirs] = await Promise.all([own, ...others].map((host) => addressesOf(host)));
  const where = (is: (addresses: string[]) => boolean): Set<string> =>
    new Set(others.filter((_, index) => is(theirs[index] ?? [])));
  return {
    aliases: where((addresses) => addresses.some((address) => mine?.includes(address))),
    unknown: where((addresses) => addresses.length === 0 || mine?.length === 0),
  };
}
