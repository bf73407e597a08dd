import path from 'node:path';
import { withinLimit } from './limit';
import { readPlainFile } from './read';
import type { SqlconfFile } from './read';

/** Files beside `sqlconf.php` that can hold a login: OpenEMR up to 8.0 reads the first, and nobody the others. */
const names = [
  'secure_sqlconf.php',
  'sqlconf.php.backup',
  'sqlconf.php.bak',
  'sqlconf.php.old',
  'sqlconf.php~',
];

/** The text of each such file that is there and can be read. */
export async function readCopies(file: Pick<SqlconfFile, 'path'>): Promise<{ path: string; text: string }[]> {
  const paths = names.map((name) => path.join(path.dirname(file.path), name));
  const found = await withinLimit(file.path, () =>
    Promise.all(paths.map((each) => readPlainFile(each).catch(() => undefined))),
  );
  return found.flatMap((each) => (each ? [{ path: each.path, text: each.bytes.toString('latin1') }] : []));
}
