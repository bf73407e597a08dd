import { hostname, userInfo } from 'node:os';

/** Who runs the command, for the history: user@host. In a pod the host is the pod's name. */
export function whoRuns(): string {
  return `${userName()}@${hostname()}`;
}

/** A container's user often has no name in its image. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
