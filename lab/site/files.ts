import { execFile } from 'node:child_process';
import { chmod, mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { tools } from '../package';
import { installDatabaseAuthority } from '../servers/certificates';
import type { PageSwitches, SqlConfValues } from '../types';

const run = promisify(execFile);

/**
 * Makes a site's folder below the root with sqlconf.php and the database's authority; gives the file. All of it is root's,
 * as behind openemr-on-eks's access point, and has the modes that each start of a pod gives it again.
 */
export async function makeSitesFolder(site: string, values: SqlConfValues, caFile: string): Promise<string> {
  await mkdir(site, { recursive: true });
  await installDatabaseAuthority(caFile, site);
  const file = path.join(site, 'sqlconf.php');
  await writeFile(file, sqlconf(values), { mode: 0o400 });
  for (const folder of ['documents/certificates', 'documents', '.'])
    await chmod(path.join(site, folder), 0o500);
  return file;
}

/** A file as OpenEMR's installer writes it. */
function sqlconf({ host, port, login, pass, dbase }: SqlConfValues): string {
  const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  return `<?php
//  OpenEMR
//  MySQL Config

global $disable_utf8_flag;
$disable_utf8_flag = false;

$host\t= ${quote(host)};
$port\t= ${quote(port)};
$login\t= ${quote(login)};
$pass\t= ${quote(pass)};
$dbase\t= ${quote(dbase)};
$db_encoding\t= 'utf8mb4';

$sqlconf = array();
global $sqlconf;
$sqlconf["host"]= $host;
$sqlconf["port"] = $port;
$sqlconf["login"] = $login;
$sqlconf["pass"] = $pass;
$sqlconf["dbase"] = $dbase;
$sqlconf["db_encoding"] = $db_encoding;

//////////////////////////
//////////////////////////
//////////////////////////
//////DO NOT TOUCH THIS///
$config = 1; /////////////
//////////////////////////
//////////////////////////
//////////////////////////
?>
`;
}

const EVALUATE =
  'include $argv[1]; echo json_encode(array_map("strval", array_intersect_key($sqlconf, array_flip(["host", "port", "login", "pass", "dbase"]))));';

/** What PHP itself makes of the file. Throws when PHP cannot run it. */
export async function evaluateSqlconf(file: string): Promise<SqlConfValues> {
  const { stdout } = await run(tools().php, ['-d', 'display_errors=stderr', '-r', EVALUATE, '--', file]);
  return JSON.parse(stdout.slice(stdout.indexOf('{'))) as SqlConfValues;
}

/** The login in a file of the lab's or OpenEMR's own layout, by a quick look; undefined where it has another. */
export function readLogin(text: string): { user: string; password: string } | undefined {
  const value = (name: string): string | undefined => {
    const quoted = new RegExp(String.raw`^\s*\$${name}\s*=\s*'((?:[^'\\]|\\.)*)'\s*;`, 'ms').exec(text)?.[1];
    // Within single quotes PHP knows two escapes: of the quote and of the backslash.
    return quoted?.replace(/\\(['\\])/g, '$1');
  };
  const [user, password] = [value('login'), value('pass')];
  return user === undefined || password === undefined ? undefined : { user, password };
}

/** Says what the pages do otherwise, in a folder that pods look into; a page reads either the old file or the new one. */
export async function writePageSwitches(folder: string, switches: PageSwitches): Promise<void> {
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, 'pages.json');
  await writeFile(`${file}.new`, JSON.stringify(switches));
  await rename(`${file}.new`, file);
}
