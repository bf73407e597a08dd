import path from 'node:path';

/** Name of a folder that holds bin/pulumi, where the engine is not on PATH. */
export const engineVariable = 'CREDENTIAL_ROTATION_ENGINE_ROOT';

/** The engine's program. */
export function engineFile(environment: NodeJS.ProcessEnv = process.env): string {
  const root = environment[engineVariable] ?? '';
  return root === '' ? 'pulumi' : path.join(root, 'bin', 'pulumi');
}
