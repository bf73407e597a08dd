import { randomBytes } from 'node:crypto';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { errorCode } from './errors';

/** Why a folder cannot be synced where its file system knows no such thing, or this process may not read it. */
const cannotSync = ['EINVAL', 'ENOTSUP', 'EISDIR', 'EPERM', 'EACCES'];

/** A write takes seconds, also on a slow share. */
const leftoverMs = 600_000;

/**
 * Replaces a file at once: a reader sees the old text or the new one, also after a power cut, and of a failure nothing
 * is left. Only a regular file is replaced: another name may be a device. (`sqlconf.php` has a writer of its own, which
 * keeps owner, ACLs and labels: src/openemr/file/write.ts.)
 * @param mode what the file has, whatever the umask says
 * @throws what the file system says; EISDIR where something is that is no regular file
 */
export async function writeFileAtomic(file: string, text: string, mode: number): Promise<void> {
  const target = path.resolve(file);
  const there = await stat(target).catch(() => undefined);
  if (there && !there.isFile()) throw Object.assign(new Error('not a regular file'), { code: 'EISDIR' });
  const folder = path.dirname(target);
  // A dot in front and another ending: no collector and no listing takes it for the file.
  const beside = path.join(folder, `.${path.basename(target)}.${randomBytes(4).toString('hex')}`);
  try {
    const handle = await open(beside, 'wx', mode);
    try {
      await handle.writeFile(text);
      await handle.chmod(mode);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, target);
  } catch (error) {
    await rm(beside, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncFolder(folder);
  await removeLeftovers(target);
}

/** What a process that was killed left beside the file. What is younger may be another's, which is at work. */
async function removeLeftovers(target: string): Promise<void> {
  const [folder, begin] = [path.dirname(target), `.${path.basename(target)}.`];
  const names = await readdir(folder).catch(() => []);
  const ours = names.filter(
    (name) => name.startsWith(begin) && /^[0-9a-f]{8}$/.test(name.slice(begin.length)),
  );
  for (const file of ours.map((name) => path.join(folder, name))) {
    const found = await stat(file).catch(() => undefined);
    if (found && Date.now() - found.mtimeMs > leftoverMs)
      await rm(file, { force: true }).catch(() => undefined);
  }
}

/** Without it a power cut may leave the old name. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    await handle.sync().finally(() => handle.close());
  } catch (error) {
    if (!cannotSync.includes(errorCode(error))) throw error;
  }
}
