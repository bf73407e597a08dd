import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { z } from 'zod';
import { tellNotice } from '../base/notices';

/** npm's package of the engine, as far as it is used: it answers the engine's file, and calls `install` first if there is none. */
interface EngineOfNpm {
  resolve(options: { install: () => Promise<void> }): Promise<string>;
}

/**
 * The package `pulumi` of npm that is installed beside a folder or above it; undefined when there is none.
 * @returns its folder
 */
export function npmEngineFolder(from: string): string | undefined {
  for (let folder = from; ; folder = path.dirname(folder)) {
    const found = path.join(folder, 'node_modules', 'pulumi');
    if (existsSync(path.join(found, 'package.json'))) return found;
    if (folder === path.dirname(folder)) return undefined;
  }
}

/**
 * The engine's program that npm's package `pulumi` brings. The package's own command is a Node.js script around it that
 * does not pass signals on: an interrupt would end the script and leave the engine running, so it is asked only to fetch
 * what is not there yet, as it does at its first use.
 * @throws Error when the package keeps its engine in another way, or cannot fetch it
 */
export async function npmEngineFile(folder: string): Promise<string> {
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')));
  const file = path.join(folder, 'lib', 'resolve.js');
  const loaded: unknown = existsSync(file) ? createRequire(__filename)(file) : undefined;
  if (!isEngineOfNpm(loaded))
    throw new Error(`version ${version} keeps its engine in a way that is not known here`);
  return loaded.resolve({
    install: async () => {
      tellNotice(`Pulumi's engine ${version} is not there yet; npm's package pulumi fetches it, once`);
      await fetchByItsCommand(folder);
    },
  });
}

/** The package's own command fetches the engine before it does anything else. Its stdout may not become ours. */
function fetchByItsCommand(folder: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const command = spawn(process.execPath, [path.join(folder, 'run.js'), 'version'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    command.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    command.on('error', reject);
    command.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(said.trim().split('\n').at(-1) ?? `exit ${String(code)}`));
    });
  });
}

function isEngineOfNpm(loaded: unknown): loaded is EngineOfNpm {
  return (
    typeof loaded === 'object' &&
    loaded !== null &&
    'resolve' in loaded &&
    typeof loaded.resolve === 'function'
  );
}
