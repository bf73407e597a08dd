import path from 'node:path';
import { tools } from '../../../../lab/package';
import { putLauncher } from '../launcher';

/** Puts the plugin that makes all of infra/ into a folder of PATH: the engine takes it before the one in its home. */
export function awsLauncher(folder: string): Promise<void> {
  const program = path.join(__dirname, 'main.js');
  return putLauncher(folder, 'pulumi-resource-aws', program, { LAB_PYTHON: tools().python });
}
