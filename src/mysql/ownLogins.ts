/**
 * Logins of this process, by user name: what the server counts beyond them is somebody else's. The resources are served
 * from the command's own process, so that nothing of a run logs in elsewhere.
 */
interface OwnLogins {
  /** Logins that are under way: the server may have counted them or not. */
  underWay: number;
  /** Logins that the server let in. */
  done: number;
  /** Session ids at the server; one that has ended may be in the server's list for a moment more. */
  sessions: Set<string>;
}

const byUsername = new Map<string, OwnLogins>();

function of(username: string): OwnLogins {
  const own = byUsername.get(username) ?? { underWay: 0, done: 0, sessions: new Set() };
  byUsername.set(username, own);
  return own;
}

/** A login of this process begins; tell its end by what is returned, where the first word stands. A refused one is counted by no server. */
export function ownLoginBegins(username: string): { letIn(sessionId: number): void; refused(): void } {
  const own = of(username);
  own.underWay += 1;
  let ended = false;
  const end = (): boolean => {
    if (ended) return false;
    ended = true;
    own.underWay -= 1;
    return true;
  };
  return {
    letIn: (sessionId) => {
      if (!end()) return;
      own.done += 1;
      own.sessions.add(String(sessionId));
    },
    refused: () => void end(),
  };
}

/** How often this process has logged in as that user; undefined while it is just doing so. */
export function ownLogins(username: string): number | undefined {
  const { underWay, done } = of(username);
  return underWay > 0 ? undefined : done;
}

/** True for a session of this process. */
export function isOwnSession(username: string, sessionId: string): boolean {
  return of(username).sessions.has(sessionId);
}
