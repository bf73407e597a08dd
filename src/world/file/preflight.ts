import { constants } from 'node:fs';
import { access, lstat, readFile, statfs } from 'node:fs/promises';
import path from 'node:path';
import { Failure } from '../../failure';
import { fileError } from './errors';
import type { SqlconfFile } from './read';

/** Far more than the new file takes, in bytes. */
const neededSpace = 64 * 1024;

/**
 * Finds out without a write whether `writeSqlconf` could replace the file.
 * @returns the problem, or undefined
 */
export async function checkWritable(file: SqlconfFile): Promise<Failure | undefined> {
  const folder = path.dirname(file.path);
  try {
    await access(folder, constants.W_OK | constants.X_OK);
    const [folderStats, fileStats] = await Promise.all([lstat(folder), lstat(file.path)]);
    if (folderStats.dev !== fileStats.dev || (await isMountPoint(file.path))) {
      return new Failure(
        'configuration',
        `${file.path} is a mount of its own, so that it cannot be replaced; mount its folder instead.`,
      );
    }
    const { bavail, bsize } = await statfs(folder);
    if (bavail * bsize < neededSpace)
      return new Failure('configuration', `The file system of ${folder} is full; free some space.`);
    return stickyProblem(file, folderStats.mode, folderStats.uid) ?? ownerProblem(file);
  } catch (error) {
    return fileError(error, 'replace files in', folder);
  }
}

/** In a folder like /tmp only the owner of a file, or of the folder, may replace it. */
function stickyProblem(file: SqlconfFile, folderMode: number, folderUid: number): Failure | undefined {
  const me = process.geteuid?.() ?? 0;
  if ((folderMode & 0o1000) === 0 || me === 0 || me === file.uid || me === folderUid) return undefined;
  return new Failure(
    'permission',
    `${path.dirname(file.path)} has the sticky bit, so that only user ${file.uid} may replace ${file.path}; run as that user.`,
  );
}

/**
 * An ordinary user cannot give a file away. If it could read the file without a right of its own, the share maps
 * users (as an EFS access point does) and the new file gets the right owner from the server.
 */
function ownerProblem(file: SqlconfFile): Failure | undefined {
  const me = process.geteuid?.() ?? 0;
  if (me === 0 || me === file.uid || (file.mode & 0o004) !== 0) return undefined;
  const groups = [process.getegid?.(), ...(process.getgroups?.() ?? [])];
  if ((file.mode & 0o040) === 0 || !groups.includes(file.gid)) return undefined;
  return new Failure(
    'permission',
    `${file.path} belongs to user ${file.uid} and only its owner or group may read it; run as that user or as root.`,
  );
}

/** A single file that is mounted (a subPath in Kubernetes) has the device of its folder, but no rename can replace it. */
async function isMountPoint(file: string): Promise<boolean> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  const escaped = file.replace(
    /[ \t\n\\]/g,
    (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`,
  );
  return mounts.split('\n').some((line) => line.split(' ')[4] === escaped);
}
