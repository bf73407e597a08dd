import { constants } from 'node:fs';
import { access, lstat, readFile, statfs } from 'node:fs/promises';
import path from 'node:path';
import { Failure } from '../../base/failure';
import { errorCode } from '../../base/errors';
import { aclProblem } from './attributes';
import { deniedError } from './denied';
import { SqlconfFileError } from './errors';
import { isLeftOpen, openingProblem } from './folder';
import { withinLimit } from './limit';
import { isInGroup, may, octal, whoAmI } from './process';
import type { SqlconfFile } from './read';

/** Far more than the new file takes, in bytes. */
const neededSpace = 64 * 1024;

/** `f_type` of NFS, where the server decides who may do what (statfs(2)). */
const nfs = 0x6969;

/**
 * Finds out without a write whether `writeSqlconf` could replace the file.
 * @returns the problem, or undefined
 */
export function checkWritable(file: SqlconfFile): Promise<Failure | undefined> {
  return withinLimit(file.path, () => findProblem(file)).catch((error: unknown) =>
    deniedError(error, 'replace files in', path.dirname(file.path)),
  );
}

async function findProblem(file: SqlconfFile): Promise<Failure | undefined> {
  const folder = path.dirname(file.path);
  try {
    const [folderStats, fileStats, mounts] = await Promise.all([
      lstat(folder),
      lstat(file.path),
      readMounts(),
    ]);
    if (folderStats.dev !== fileStats.dev || mounts.some(({ at }) => at === file.path)) {
      return new Failure(
        'sqlconf-unsuited',
        `${file.path} is a mount of its own, so that it cannot be replaced; mount its folder instead.`,
      );
    }
    // A folder that nobody may write to hides that its mount is read-only: asked first.
    if (isReadOnly(folder, mounts)) throw Object.assign(new Error(), { code: 'EROFS' });
    const notOpen = await openingProblem(folder, folderStats, file);
    if (notOpen !== undefined) return notOpen;
    const { bavail, bsize, type } = await statfs(folder);
    if (bavail * bsize < neededSpace)
      return new Failure('sites-volume-full', `The file system of ${folder} is full; free some space.`);
    return (
      (await immutableProblem(file)) ??
      (await aclProblem(file)) ??
      stickyProblem(file, folderStats.mode, folderStats.uid) ??
      ownerProblem(file, type === nfs)
    );
  } catch (error) {
    return deniedError(error, 'replace files in', folder);
  }
}

/** Who is denied the write by the mode is told EACCES, root nothing; by the flag everybody is told EPERM. */
async function immutableProblem(file: SqlconfFile): Promise<Failure | undefined> {
  const code = await access(file.path, constants.W_OK).then(() => '', errorCode);
  if (code !== 'EPERM') return undefined;
  const message = `${file.path} has the immutable flag, so that it cannot be replaced; take it away (chattr -i).`;
  return new SqlconfFileError('permission', file.path, message);
}

/** In a folder like /tmp only the owner of a file, or of the folder, may replace it. */
function stickyProblem(file: SqlconfFile, folderMode: number, folderUid: number): Failure | undefined {
  const me = process.geteuid?.() ?? 0;
  if ((folderMode & 0o1000) === 0 || isLeftOpen(folderMode)) return undefined;
  if (may('FOWNER') || me === file.uid || me === folderUid) return undefined;
  return new Failure(
    'sqlconf-permission-missing',
    `${path.dirname(file.path)} has the sticky bit, so that only user ${file.uid} may replace ${file.path}; run as that user.`,
  );
}

/**
 * Without CHOWN nobody can give a file away. If this process could read the file without a right of its own, the share
 * maps users (as an EFS access point does) and the new file gets the right owner from the server.
 */
function ownerProblem(file: SqlconfFile, onServer: boolean): Failure | undefined {
  const me = process.geteuid?.() ?? 0;
  if (may('CHOWN') || me === file.uid || (file.mode & 0o004) !== 0) return undefined;
  const byGroup = (file.mode & 0o040) !== 0 && isInGroup(file.gid);
  const byCapability = !onServer && (may('DAC_OVERRIDE') || may('DAC_READ_SEARCH'));
  if (!byGroup && !byCapability) return undefined;
  return new Failure(
    'sqlconf-permission-missing',
    `${file.path} (mode ${octal(file.mode)}) belongs to user ${file.uid} and only its owner or group may read it, and this process, ${whoAmI()}, cannot give its new version to them; run as that user or as root.`,
  );
}

/** A mount as this process sees it. */
interface Mount {
  at: string;
  readOnly: boolean;
}

/** Where the system says (Linux). A single file that is mounted (a subPath in Kubernetes) has the device of its folder. */
async function readMounts(): Promise<Mount[]> {
  const text = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  return text.split('\n').map((line) => {
    const [, , , , at = '', options = ''] = line.split(' ');
    const plain = at.replace(/\\([0-7]{3})/g, (_, digits: string) =>
      String.fromCharCode(Number.parseInt(digits, 8)),
    );
    return { at: plain, readOnly: options.split(',').includes('ro') };
  });
}

function isReadOnly(folder: string, mounts: Mount[]): boolean {
  const around = mounts.filter(({ at }) => at !== '' && `${folder}/`.startsWith(at === '/' ? at : `${at}/`));
  // Of several mounts on one place the last is seen.
  return (
    around.reduce<Mount | undefined>(
      (best, each) => (best && best.at.length > each.at.length ? best : each),
      undefined,
    )?.readOnly ?? false
  );
}
