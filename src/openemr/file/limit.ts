import { SqlconfFileError } from './errors';

/** A mount whose server is away holds a call in the kernel, for ever by default, and Node.js cannot take it back. */
let limitSeconds = 15;
/** Calls that have not come back in time, and have not since. */
const hanging = new Set<Promise<unknown>>();

/** Sets how long the file system may take for one piece of work; in seconds. For the start of the process. */
export function limitFileAccess(seconds: number): void {
  limitSeconds = seconds;
}

/** Whether a call hangs in the kernel now, which would hold the end of this process, too. */
export function hasHangingFileAccess(): boolean {
  return hanging.size > 0;
}

/**
 * Does a piece of work on files, and gives up after the limit. What comes back later must not write any more: the work
 * calls the function that it is given before each step that counts, which throws then.
 * @throws SqlconfFileError `hangs`
 */
export async function withinLimit<T>(
  path: string,
  work: (assertWaitedFor: () => void) => Promise<T>,
): Promise<T> {
  const error = hangs(path);
  // Each call that hangs holds one of the few threads that Node.js has for files: no further one beside it.
  if (hanging.size > 0 && !(await settles(Promise.all(hanging)))) throw error;
  let given = false;
  const working = work(() => {
    if (given) throw error;
  });
  if (await settles(working)) return working;
  given = true;
  hanging.add(working);
  const over = (): void => void hanging.delete(working);
  working.then(over, over);
  throw error;
}

function settles(promise: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), limitSeconds * 1000);
    const settled = (): void => {
      clearTimeout(timer);
      resolve(true);
    };
    promise.then(settled, settled);
  });
}

function hangs(path: string): SqlconfFileError {
  const message = `The file system of ${path} has not answered for ${limitSeconds} s, as a mount whose server is away; see that the volume can be reached, and run again.`;
  return new SqlconfFileError('hangs', path, message);
}
