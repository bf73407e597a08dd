import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { tools } from '../../../../lab/package';

/** Puts the plugin that makes all of infra/ into a folder of PATH: the engine takes it before the one in its home. */
export async function awsLauncher(folder: string): Promise<void> {
  const program = path.join(__dirname, 'main.js');
  const text = `#!/bin/sh\nLAB_PYTHON='${tools().python}' exec '${process.execPath}' '${program}' "$@"\n`;
  await writeFile(path.join(folder, 'pulumi-resource-aws'), text, { mode: 0o755 });
}
