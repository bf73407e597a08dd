import { errorCode, sleep } from '../../base/errors';

/** Codes that libuv has no name for and gives as "Unknown system error -116" (errno(3), Linux). */
const unnamed: Record<number, string> = { [-116]: 'ESTALE', [-122]: 'EDQUOT' };

/** The `code` of an error of the file system, by its number where Node.js knows no name. */
export function fileErrorCode(error: unknown): string {
  const number = typeof error === 'object' && error !== null && 'errno' in error ? error.errno : undefined;
  return (typeof number === 'number' ? unnamed[number] : undefined) ?? errorCode(error);
}

/** Enough for a server that replaces the file now and then, and far below the limit of a hanging mount. */
const tries = 5;
/** Before the first repetition, in ms; one more of it before each further one. */
const pause = 50;

/**
 * Does something by path again when a handle of a network share is stale: another client replaced the file while it was
 * being opened, and the name has a new one.
 */
export async function retryStale<T>(action: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await action();
    } catch (error) {
      if (fileErrorCode(error) !== 'ESTALE' || attempt === tries) throw error;
      await sleep(attempt * pause);
    }
  }
}
