import path from 'node:path';
import { Failure } from '../base/failure';
import { errorCode } from '../base/errors';
import { npmEngineFile, npmEngineFolder } from '../sdk/npmEngine';

/** Name of a folder that holds bin/pulumi, where the engine is not on PATH. */
export const engineVariable = 'CREDENTIAL_ROTATION_ENGINE_ROOT';

/**
 * The engine's program: of the folder that the variable names, else of npm's package `pulumi` where it is installed
 * beside this one, else on PATH. What a project has installed for itself goes before what the machine has.
 * @param from the folder whose own and upper `node_modules` are looked at
 * @throws Failure `configuration` when npm's package cannot say where its engine is, or cannot fetch it
 */
export async function engineFile(
  environment: NodeJS.ProcessEnv = process.env,
  from: string = __dirname,
): Promise<string> {
  const root = environment[engineVariable] ?? '';
  if (root !== '') return path.join(root, 'bin', 'pulumi');
  const npm = npmEngineFolder(from);
  if (npm === undefined) return 'pulumi';
  try {
    return await npmEngineFile(npm);
  } catch (error) {
    throw new Failure(
      'engine-missing',
      `npm's package pulumi in ${npm} cannot give the engine (${reasonOf(error)}); check the way to get.pulumi.com, or set ${engineVariable} to the folder that holds bin/pulumi.`,
      { cause: error },
    );
  }
}

/** Why npm's package failed, in one line: its own last words, or the code of what could not be started. */
function reasonOf(error: unknown): string {
  const said = error instanceof Error && !('code' in error) ? error.message : errorCode(error);
  return said.slice(0, 200);
}
