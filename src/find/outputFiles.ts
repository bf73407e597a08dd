import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { Failure } from '../base/failure';
import { errorCode } from '../base/errors';
import { unreadable } from '../base/unreadable';
import type { OutputSource } from './observed';
import { readOutputs } from './outputs';

/** Terraform first asks its backend, in ms. */
const terraformLimitMs = 60_000;

/**
 * The outputs in a file, or of a folder with Terraform code, where `terraform output -json` is run.
 * @throws Failure `configuration` when there is none, or it cannot be read
 */
export async function readOutputSource(path: string): Promise<OutputSource> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    (error: unknown) => {
      throw unreadable(path, error, cure);
    },
  );
  const text = isFolder ? await terraformOutputs(path) : await textOf(path);
  return { source: path, outputs: readOutputs(text, path) };
}

async function textOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    throw unreadable(file, error, cure);
  });
}

/** What to name instead. */
const cure = 'name a file with outputs';

async function terraformOutputs(cwd: string): Promise<string> {
  try {
    const options = { cwd, timeout: terraformLimitMs, maxBuffer: 16 * 1024 * 1024 };
    return (await promisify(execFile)('terraform', ['output', '-json'], options)).stdout;
  } catch (error) {
    const code = errorCode(error);
    throw new Failure(
      'outputs-invalid',
      code === 'ENOENT'
        ? `terraform is not on PATH, so ${cwd} cannot be read; give a file with the output of terraform output -json.`
        : `terraform output -json failed in ${cwd}; see its output there, or give a file with its output.`,
      { cause: error },
    );
  }
}
