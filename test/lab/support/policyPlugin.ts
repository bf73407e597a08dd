import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * The launcher that an engine without language host starts policy packs by (`pulumi-analyzer-policy-nodejs` on PATH,
 * sdk/go/common/resource/plugin/analyzer_plugin.go). Pulumi's own does the same; npm's @pulumi/pulumi lacks it.
 * @returns the folder to put on PATH
 */
export async function policyLauncher(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, 'pulumi-analyzer-policy-nodejs');
  const program = require.resolve('@pulumi/pulumi/cmd/run-policy-pack');
  await writeFile(file, `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
  await chmod(file, 0o755);
  return folder;
}
