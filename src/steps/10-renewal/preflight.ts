import { Failure } from '../../base/failure';
import { kubernetesSecretKeys } from '../../rotation/observation';
import type { PlannedRotation } from '../../rotation/rotationPlan';
import type { WorldContext } from '../../target/context';
import type { Session } from '../../mysql/database';
import { openSession } from '../../mysql/database';
import { knowsTwoPasswords, withSecondPassword } from '../../mysql/dualPassword';
import { sampledFactor, sampledPollMs } from '../../mysql/idleness';
import { serverOf } from '../../mysql/server';
import type { OpenReader } from '../../mysql/readers';
import { closeReaders, lookEverywhere, openReaders, unreachedText } from '../../mysql/readers';
import type { PreflightClients } from '../preflightClients';

/** The settings of step 10 that a preflight looks at. */
export interface IdleSettings {
  context: Pick<WorldContext, 'trust'>;
  idleGraceSeconds: number;
  keepOldPassword?: true;
}

/** The admin's session, and its login. */
export type IdleClients = Pick<PreflightClients, 'session'> & {
  credentials: { login: PreflightClients['credentials']['login'] };
  /** Opens a session elsewhere; the database's own by default. */
  open?: OpenReader;
};

/**
 * What the server can do for step 10. Writes nothing.
 * @param problemsOnly true: only what would stop the run is looked for, without a login elsewhere
 */
export async function idleFindings(
  { plan, material }: PlannedRotation,
  clients: IdleClients,
  { idleGraceSeconds, keepOldPassword, context }: IdleSettings,
  problemsOnly = false,
): Promise<{ problems: Failure[]; notices: string[] }> {
  if (plan.renew === null) return { problems: [], notices: [] };
  const {
    session,
    credentials: { login },
  } = clients;
  const open = clients.open ?? ((host) => openSession({ ...login, host }, context.trust));
  const { username } = material.logins[plan.renew];
  const two = await knowsTwoPasswords(session);
  if (keepOldPassword === true && !two)
    return {
      problems: [
        new Failure(
          'dual-password-unsupported',
          'The database keeps no second password of a user, which MySQL does from 8.0.14 on and MariaDB does not; run without --keep-old-password.',
        ),
      ],
      notices: [],
    };
  if (problemsOnly) return { problems: [], notices: [] };
  const readers = await openReaders(session, login.host, open);
  const { whySampled } = await lookEverywhere(session, readers, username).finally(() =>
    closeReaders(readers),
  );
  const unseen = [unreachedText(readers), await otherNodes(session)].filter((text) => text !== undefined);
  const sampled =
    whySampled === undefined
      ? []
      : [sampledNotice(whySampled, idleGraceSeconds, two && keepOldPassword !== true)];
  const kept =
    keepOldPassword === true
      ? [`the old password of ${username} stays valid beside the new one until the next rotation`]
      : [];
  const ending = await endingNotices({ plan, material }, session);
  return {
    problems: [],
    notices: [...sampled, ...unseen, ...kept, ...ending],
  };
}

/** Locks and counts of logins are of one server: what the other nodes of a group do is not seen. */
async function otherNodes(session: Session): Promise<string | undefined> {
  const { group } = await serverOf(session);
  if (group === undefined) return undefined;
  return (
    `the database is a node of ${group === 'Galera' ? 'a Galera cluster' : 'group replication'}: the idle proof does not see who logs in at its other nodes, ` +
    "and the rotation's lock is of this node alone; let OpenEMR and all rotations use one node, and grant the Lease (infra/kubernetes/role-optional.yaml)"
  );
}

/** What the rotation before has kept. Step 4 ends it, but of an account that the Kubernetes Secret names: pods may start with it. */
async function endingNotices({ plan, material }: PlannedRotation, session: Session): Promise<string[]> {
  if (plan.to === 'other' || plan.to === plan.from) return [];
  const named = material.before.kubernetesSecret[kubernetesSecretKeys.username];
  const retained = await withSecondPassword(session, [material.logins[plan.to].username]);
  return retained.map((username) => {
    const found = `the database still takes the password that ${username} had before`;
    return username === named
      ? `${found}, and the Kubernetes Secret names ${username}: it stays valid until a later rotation renews the password of ${username}`
      : `${found}; it ends in step 4, when nobody has logged in as ${username} for the grace period`;
  });
}

function sampledNotice(why: string, graceSeconds: number, retains: boolean): string {
  const seconds = graceSeconds * sampledFactor;
  const missed = retains
    ? `; the old password stays valid beside the new one until nobody has been seen for ${seconds} s more`
    : '';
  return `the idle proof is sampled, since ${why}: it lists the sessions ${sampledPollMs} ms after each answer, for ${seconds} s instead of ${graceSeconds} s, and misses a login that comes and goes in between, and clients that come later${missed}`;
}
