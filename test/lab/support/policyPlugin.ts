import { putLauncher } from './launcher';

/**
 * The launcher that an engine without language host starts policy packs by (`pulumi-analyzer-policy-nodejs` on PATH,
 * sdk/go/common/resource/plugin/analyzer_plugin.go). Pulumi's own does the same; npm's @pulumi/pulumi lacks it.
 * @returns the folder to put on PATH
 */
export async function policyLauncher(folder: string): Promise<string> {
  const program = require.resolve('@pulumi/pulumi/cmd/run-policy-pack');
  await putLauncher(folder, 'pulumi-analyzer-policy-nodejs', program);
  return folder;
}
