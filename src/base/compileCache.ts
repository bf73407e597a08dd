import { homedir } from 'node:os';
import path from 'node:path';

/**
 * Where Node.js keeps compiled code between runs: a folder of this user alone, never the shared temporary folder.
 * If it cannot be written, Node.js goes on without it.
 */
export function compileCacheFolder(environment: NodeJS.ProcessEnv): string {
  const given = environment['NODE_COMPILE_CACHE'] ?? '';
  if (given !== '') return given;
  const cache = environment['XDG_CACHE_HOME'] ?? '';
  return path.join(
    cache === '' ? path.join(homedir(), '.cache') : cache,
    'openemr-credential-rotation',
    'node',
  );
}
