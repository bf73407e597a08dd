import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { withinLimit } from '../openemr/file/limit';
import type { Seen } from './seen';

/** Where the manifests of both rotations mount it, and OpenEMR's image has it. */
const usual = ['/mnt/openemr-sites', '/var/www/localhost/htdocs/openemr/sites'];
/** Where OpenEMR keeps the authority of its database, once TLS is on. */
const certificate = path.join('documents', 'certificates', 'mysql-ca');

/** A folder of this machine that is OpenEMR's sites/. */
export interface SitesFolder extends Seen {
  /** Folders in it with a sqlconf.php. */
  sites: string[];
}

/** The folders here that look like OpenEMR's sites/: the usual ones, and every NFS mount. */
export async function sitesFolders(mountTable = '/proc/self/mounts'): Promise<SitesFolder[]> {
  const mounts = await nfsMounts(mountTable);
  const folders = [...new Set([...usual, ...mounts])];
  const found: SitesFolder[] = [];
  for (const folder of folders) {
    const sites = await sitesIn(folder);
    if (sites.length === 0) continue;
    const from = mounts.includes(folder) ? 'NFS mount with sqlconf.php' : 'folder with sqlconf.php';
    found.push({ value: folder, from, sites });
  }
  return found;
}

/** The sites below a folder; none where it cannot be read. */
export async function sitesIn(folder: string): Promise<string[]> {
  try {
    return await withinLimit(folder, async () => {
      const entries = await readdir(folder, { withFileTypes: true });
      const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
      const withFile = folders.map(async (name) => {
        const file = await stat(path.join(folder, name, 'sqlconf.php')).catch(() => undefined);
        return file?.isFile() === true ? name : undefined;
      });
      return (await Promise.all(withFile)).filter((name) => name !== undefined);
    });
  } catch {
    return [];
  }
}

/** The authority of the database that OpenEMR itself trusts, for a database that is not of RDS. */
export async function databaseCaFile(sitesRoot: string, site: string): Promise<string | undefined> {
  const file = path.join(sitesRoot, site, certificate);
  try {
    const text = await withinLimit(file, () => readFile(file, 'utf8'));
    return text.includes('-----BEGIN CERTIFICATE-----') ? file : undefined;
  } catch {
    return undefined;
  }
}

/** The folders of the NFS mounts; the table writes a blank as \040 (proc(5)). */
async function nfsMounts(mountTable: string): Promise<string[]> {
  const table = await readFile(mountTable, 'utf8').catch(() => '');
  return table.split('\n').flatMap((line) => {
    const [, folder = '', type = ''] = line.split(' ');
    return /^nfs4?$/.test(type) ? [folder.replaceAll('\\040', ' ')] : [];
  });
}
