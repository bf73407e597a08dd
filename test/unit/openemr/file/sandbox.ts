import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { SqlconfFileError } from '../../../../src/openemr/file/sqlconfFile';
import type { SqlconfFileProblem } from '../../../../src/openemr/file/sqlconfFile';

/** A sites folder of its own on the real file system. */
export interface Sandbox {
  root: string;
  folder: string;
  file: string;
  /** The names in the site's folder. */
  names(): Promise<string[]>;
  remove(): Promise<void>;
}

export const content = "<?php $pass = 'canary-password';\n";

export async function makeSandbox(): Promise<Sandbox> {
  const root = await mkdtemp(path.join(os.tmpdir(), 'sqlconf-'));
  const folder = path.join(root, 'default');
  const file = path.join(folder, 'sqlconf.php');
  await mkdir(folder);
  await writeFile(file, content, { mode: 0o644 });
  return {
    root,
    folder,
    file,
    names: async () => (await readdir(folder)).sort(),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

/** The expected failure of an action: of this kind, and without content of the file. */
export async function refusal(action: Promise<unknown>, kind: SqlconfFileProblem): Promise<SqlconfFileError> {
  const error: unknown = await action.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof SqlconfFileError)) throw new Error(`expected ${kind}, got ${String(error)}`);
  if (error.kind !== kind) throw new Error(`expected ${kind}, got ${error.kind}: ${error.message}`);
  if (JSON.stringify([error, error.message]).includes('canary'))
    throw new Error('the error holds content of the file');
  return error;
}

export const isRoot = process.geteuid?.() === 0;
