import {
  chmodSync,
  chownSync,
  closeSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

/** The time of each file of the tree, in seconds since 1970: the same inputs give the same layer. */
const fileTime = 0;

/** How files come into the tree. */
export interface Copying {
  /**
   * Take a hard link instead of a copy where the file already belongs to root and has the mode that it is to have. For
   * a tree that nobody changes, on the machine of its inputs: it then costs no disk and no time.
   */
  link: boolean;
}

/**
 * Puts a file into the tree: root's, readable for all, writable for nobody else. What a link names may not be in the
 * tree, so it is followed.
 */
export function copyFile(from: string, to: string, { link }: Copying): void {
  const { mode, uid } = statSync(from);
  const wanted = (mode & 0o100) === 0 ? 0o644 : 0o755;
  mkdirSync(path.dirname(to), { recursive: true });
  if (link && uid === 0 && (mode & 0o7777) === wanted && linked(from, to)) return;
  copyFileSync(from, to);
  chownSync(to, 0, 0);
  chmodSync(to, wanted);
  utimesSync(to, fileTime, fileTime);
}

/** False where the file is on another disk. */
function linked(from: string, to: string): boolean {
  try {
    linkSync(realpathSync(from), to);
    return true;
  } catch {
    return false;
  }
}

/** Puts the files below a folder into the tree, those that `wanted` takes; it is asked for folders, too. */
export function copyFolder(
  from: string,
  to: string,
  copying: Copying,
  wanted: (file: string) => boolean = () => true,
): void {
  for (const name of readdirSync(from)) {
    const file = path.join(from, name);
    if (!wanted(file)) continue;
    if (statSync(file).isDirectory()) copyFolder(file, path.join(to, name), copying, wanted);
    else copyFile(file, path.join(to, name), copying);
  }
}

/** Whether a file is a program that a shell would run. */
export function isOfShell(file: string): boolean {
  const stat = statSync(file);
  if (!stat.isFile() || (stat.mode & 0o111) === 0) return false;
  const handle = openSync(file, 'r');
  try {
    const start = Buffer.alloc(64);
    const [line = ''] = start.toString('latin1', 0, readSync(handle, start)).split('\n');
    return /^#!.*\b(?:sh|bash|dash)\b/.test(line);
  } finally {
    closeSync(handle);
  }
}

/** Gives all folders of the tree to root, readable for all, and the time of the files. */
export function settleFolders(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) settleFolders(path.join(folder, entry.name));
  chownSync(folder, 0, 0);
  chmodSync(folder, 0o755);
  utimesSync(folder, fileTime, fileTime);
}

/** Writes a file of the tree, root's. */
export function writeFile(file: string, text: string, mode = 0o644): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, mode);
  chownSync(file, 0, 0);
  utimesSync(file, fileTime, fileTime);
}
