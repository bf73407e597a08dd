import { readdir, readFile, unlink } from 'node:fs/promises';
import path from 'node:path';

/**
 * Mends what a killed engine can leave in a `file://` backend: the engine writes each file by a rename, but the
 * metadata beside it (`*.attrs`, gocloud.dev/blob/fileblob) in place, and cannot read a state whose metadata is cut
 * off ("failed to load checkpoint: EOF"). Missing metadata is fine, so broken ones are removed. Other backends have none.
 */
export async function mendFileBackend(backendUrl: string): Promise<void> {
  if (!backendUrl.startsWith('file://')) return;
  const folder = path.join(backendUrl.slice('file://'.length).split('?')[0] ?? '', '.pulumi');
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const files = names.filter((name) => name.endsWith('.attrs')).map((name) => path.join(folder, name));
  await Promise.all(
    files.map(async (file) => {
      if (!(await isJson(file))) await unlink(file).catch(() => undefined);
    }),
  );
}

async function isJson(file: string): Promise<boolean> {
  try {
    JSON.parse(await readFile(file, 'utf8'));
    return true;
  } catch {
    return false;
  }
}
