import { spawn } from 'node:child_process';
import type { FileHandle } from 'node:fs/promises';
import { Failure } from '../../base/failure';
import { SqlconfFileError } from './errors';
import { openPlainFile } from './read';
import type { SqlconfFile } from './read';

/*
 * Node.js has no calls for ACLs and extended attributes; the cp of GNU coreutils copies both, and its ls shows an ACL by a
 * "+" behind the mode. Files are given as descriptors, so that nobody can put another file in their place meanwhile.
 * EFS has neither (docs.aws.amazon.com/efs/latest/ug/nfs4-unsupported-features.html): nothing is found and nothing changes.
 */
const [oldFile, newFile] = ['/proc/self/fd/3', '/proc/self/fd/4'];
const limitMs = 5000;
const cure = 'install GNU coreutils where this command runs, or remove the ACL (setfacl -b)';

/**
 * Puts ACL and extended attributes of a file on the one that is written to take its place: an ACL certainly, attributes as
 * far as the system allows. A default ACL of the folder must not add readers either. For a new file that is still ours.
 * @throws SqlconfFileError `owner` when an ACL cannot be carried over
 */
export async function keepAttributes(from: SqlconfFile, to: FileHandle): Promise<void> {
  const old = await openPlainFile(from.path);
  try {
    const files = [old.fd, to.fd];
    const before = await aclsOf(files);
    const copy = (what: string): Promise<string | undefined> =>
      runTool('cp', ['--attributes-only', `--preserve=${what}`, '--', oldFile, newFile], files);
    // An attribute that only the system may set must not cost the ACL.
    const copied = (await copy('mode,xattr')) ?? (await copy('mode'));
    if (!before.includes(true)) return;
    const [wanted, got] = await aclsOf(files);
    if (copied === undefined || wanted !== got)
      throw new SqlconfFileError(
        'owner',
        from.path,
        `The ACL of ${from.path} cannot be put on its new version, so that the file was left as it is; ${cure}.`,
      );
  } finally {
    await old.close();
  }
}

/** Finds out without a write whether the file has an ACL that {@link keepAttributes} could not carry over. */
export async function aclProblem({ path }: SqlconfFile): Promise<Failure | undefined> {
  const old = await openPlainFile(path);
  try {
    const [hasAcl] = await aclsOf([old.fd]);
    if (hasAcl !== true || (await runTool('cp', ['--version'], []))?.includes('GNU coreutils') === true)
      return undefined;
    return new Failure(
      'sqlconf-unsuited',
      `${path} has an ACL, which its new version would not have; ${cure}.`,
    );
  } finally {
    await old.close();
  }
}

/** Whether each of the files has an ACL; none is said to have one where `ls` does not tell. */
async function aclsOf(files: readonly number[]): Promise<boolean[]> {
  const listed = await runTool('ls', ['-lL', ...[oldFile, newFile].slice(0, files.length)], files);
  const modes = (listed ?? '').split('\n').filter((line) => line.startsWith('-'));
  return files.map((_, index) => /^\S{10}\+/.test(modes[index] ?? ''));
}

/** What a tool prints; undefined when it is not there, fails, or takes too long. The files are its descriptors from 3 on. */
function runTool(tool: string, args: string[], files: readonly number[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(tool, args, {
      env: { PATH: process.env['PATH'], LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore', ...files],
      timeout: limitMs,
      killSignal: 'SIGKILL',
    });
    let text = '';
    child.stdout?.on('data', (data: Buffer) => (text += data.toString('latin1')));
    child.on('error', () => resolve(undefined));
    child.on('close', (code) => resolve(code === 0 ? text : undefined));
  });
}
