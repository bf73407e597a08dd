import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * Puts a command into a folder that stands on PATH, which is made: it starts a compiled program by this Node.js.
 * @param variables on top of those that the command is started with
 */
export async function putLauncher(
  folder: string,
  name: string,
  program: string,
  variables: Record<string, string> = {},
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const set = Object.entries(variables).map(([variable, value]) => `${variable}='${value}' `);
  const text = `#!/bin/sh\n${set.join('')}exec '${process.execPath}' '${program}' "$@"\n`;
  await writeFile(path.join(folder, name), text, { mode: 0o755 });
}
