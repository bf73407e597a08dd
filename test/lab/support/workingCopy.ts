import { spawn } from 'node:child_process';
import { cpSync, readdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { packageRoot, tools } from '../../../lab/package';
import type { ShellCommand } from '../../unit/docs/shell';
import type { Run } from './command';
import { languageLauncher } from './language/launcher';

/** What is in no fresh clone, and too big to copy. */
const notCopied = ['.git', '.lab', 'node_modules', 'dist'];

/**
 * A copy of the repository's files, for commands that write into it: stack files, manifests, what is compiled. Its
 * packages are those of the repository, as `npm ci` would put them there.
 * @param built whether it has what `npm run build` makes already
 */
export function workingCopy(folder: string, built: boolean): string {
  const root = packageRoot();
  for (const name of readdirSync(root).filter((each) => !notCopied.includes(each)))
    cpSync(path.join(root, name), path.join(folder, name), { recursive: true });
  if (built) cpSync(path.join(root, 'dist'), path.join(folder, 'dist'), { recursive: true });
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  return folder;
}

/** The PATH of somebody who has the engine with its language host, Node.js and npm. */
export async function pathWithPulumi(folder: string): Promise<string> {
  const launcher = await languageLauncher(folder);
  const engine = path.join(tools().pulumi, 'bin');
  return [launcher, engine, path.dirname(process.execPath), process.env['PATH']].join(path.delimiter);
}

/** Runs a command of a document as it stands there, in a working copy; `input` is what somebody types. */
export async function runDocumented(
  { environment, words: [program = '', ...args] }: ShellCommand,
  { cwd, env, input = '' }: { cwd: string; env: Record<string, string | undefined>; input?: string },
): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env: { ...env, ...environment } });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
    child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
    child.stdin.end(input);
  });
}
