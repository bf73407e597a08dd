import { readCopies } from './file/sqlconfFile';
import type { OpenSqlconf } from './openSqlconf';

/**
 * What is odd about the site's login file and stops no rotation; each one sentence with what to do.
 * @param users the accounts of the rotation: another file that names one keeps a login that will soon be refused
 */
export async function sqlconfWarnings(
  { path, file, remarks }: Pick<OpenSqlconf, 'path' | 'file' | 'remarks'>,
  users: readonly string[],
): Promise<string[]> {
  const copies = await readCopies(file).catch(() => []);
  return [
    ...remarks.map((remark) => `${path}: ${remark}`),
    ...copies.flatMap((copy) => {
      const user = users.find((each) => names(copy.text, each));
      return user === undefined ? [] : [`${copy.path} names the account ${user}; ${adviceFor(copy.path)}`];
    }),
  ];
}

function names(text: string, user: string): boolean {
  const plain = user.replace(/[^\w]/g, '\\$&');
  return user !== '' && new RegExp(`(?<![\\w.-])${plain}(?![\\w.-])`).test(text);
}

function adviceFor(path: string): string {
  return path.endsWith('secure_sqlconf.php')
    ? 'OpenEMR up to 8.0 logs in by it, and a rotation does not change it: give it an account of its own, or remove it.'
    : 'it is a copy that OpenEMR does not read, and a web server may show it: remove it.';
}
