import { sleep } from '../../base/errors';
import { Failure } from '../../base/failure';
import type { Kubernetes } from '../../kubernetes/kubernetes';
import type { Session } from '../../mysql/database';
import { sampledPollMs } from '../../mysql/idleness';
import type { LoginLook } from '../../mysql/logins';
import { lookAtLogins, isUnchanged } from '../../mysql/logins';
import { clientsBetween, strangersAmong } from '../10-renewal/otherClients';
import { openemrPods } from '../10-renewal/otherUsers';

/** How often it is looked where the server counts logins, in ms: a session that stays is seen at the first look. */
const pollMs = 500;

/** The two through which it is seen who is let in. */
export interface Doors {
  session: Session;
  kubernetes: Kubernetes;
}

/** Somebody who is let in to an account. */
export interface Strangers {
  /** Hosts, or what the server says instead of them. */
  from: string[];
  /** False where OpenEMR's pods could not be listed: it may be one of them. */
  podsAreKnown: boolean;
}

/** How long it is looked, in ms: 0 is one look at the sessions. */
export interface LookTimes {
  counted: number;
  /** Where the server counts no logins, and a short one is easily missed. */
  sampled: number;
}

/**
 * From where somebody is let in to an account whose password, as OpenEMR has it, is refused. OpenEMR's own pods may keep
 * a session from before; anybody else has the password that works, and would be locked out by another one: a second
 * OpenEMR, mostly, from which this one was copied.
 * @returns undefined when nobody was seen
 */
export async function strangersLetIn(
  { session, kubernetes }: Doors,
  username: string,
  times: LookTimes,
): Promise<Strangers | undefined> {
  const [row] = await session.query("SELECT SUBSTRING_INDEX(USER(), '@', -1) AS host");
  const first = await lookAtLogins(session, username);
  const forMs = first.counted === undefined ? times.sampled : times.counted;
  let pods: ReturnType<typeof openemrPods> | undefined;
  for (const end = performance.now() + forMs; ;) {
    const later = forMs === 0 ? first : await lookAtLogins(session, username);
    const { hosts } = clientsBetween(whereLetIn(first), whereLetIn(later), String(row?.['host']));
    if (hosts.length > 0) {
      const known = await (pods ??= openemrPods(kubernetes));
      const { strangers } = strangersAmong(hosts, known ?? []);
      if (strangers.length > 0) return { from: strangers, podsAreKnown: known !== undefined };
    }
    if (grewWithoutHost(first, later))
      return { from: ['a client that the server does not name'], podsAreKnown: true };
    const left = end - performance.now();
    if (left <= 0) return undefined;
    await sleep(Math.min(left, later.counted === undefined ? sampledPollMs : pollMs));
  }
}

/** A look without its counts where they do not show who was let in: OpenEMR's own tries are refused all the time. */
function whereLetIn(look: LoginLook): LoginLook {
  if (look.counted?.mayBeRefused !== true) return look;
  const { sessions, asked, answered, loggingIn = new Set() } = look;
  return { sessions, loggingIn, asked, answered };
}

/** Where the server counts logins, but not by host. */
function grewWithoutHost(first: LoginLook, later: LoginLook): boolean {
  return later.counted?.byHost.has('') === true && !isUnchanged(first, later);
}

/** Why a repair does not set a password. */
export function strangersProblem(
  username: string,
  { from, podsAreKnown }: Strangers,
  consequence: string,
): Failure {
  const who = podsAreKnown
    ? "which is no address of OpenEMR's pods"
    : "which may be one of OpenEMR's pods (no right to list pods; infra/kubernetes/role-optional.yaml grants it)";
  return new Failure(
    'login-in-use',
    `${username} is in use from ${from.join(', ')}, ${who}, with a password that works; ${consequence}. ` +
      'If that is OpenEMR itself, behind a proxy or NAT, restart its pods, or KILL a session that they left. ' +
      'If it is another OpenEMR, give this one database users of its own: in sqlconf.php, the Kubernetes Secret and the slot secret. ' +
      'Otherwise stop it, or write the password that works into sqlconf.php and the Kubernetes Secret. Then run again.',
  );
}
