import { Failure } from '../base/failure';
import type { PlannedRotation } from '../rotation/rotationPlan';
import { accountsNamed, ownAccount, ownGrants } from '../mysql/accounts';
import type { Slot } from '../rotation/slot';
import type { WorldContext } from '../target/context';
import type { AdminCredentials } from '../mysql/adminCredentials';
import type { Session } from '../mysql/database';
import { isTaken } from '../mysql/database';
import { proxyNotices, proxyProblems } from './10-renewal/rdsProxy';
import { idleRoles } from '../mysql/roles';
import { probeProblem } from '../mysql/accountChange';
import { isReadOnly, readOnlyFailure, serverOf } from '../mysql/server';
import { quoteAccount, quoteIdentifier } from '../mysql/sqlText';
import type { AccountFindings } from './04-users/preflight';
import { accountFindings } from './04-users/preflight';
import { isOfSlotSecret } from './04-users/ours';
import { repairProblems } from './04-users/repair';
import { targetProblems } from './preflightTarget';
import type { PreflightClients } from './preflightClients';

/** Privileges that the admin needs in the database, with the step that uses each. */
const adminPrivileges = [
  ['CREATE USER', 'to change the passwords of other users'],
  ['PROCESS', 'to see whether the old account is idle'],
] as const;

/** What would stop the changes of users in the database, and what they are. */
export async function databaseFindings(
  planned: PlannedRotation,
  context: WorldContext,
  clients: PreflightClients,
  { search: { lookMs } }: { search: { lookMs: number } },
): Promise<AccountFindings> {
  const { session } = clients;
  const target = await targetProblems(context, clients);
  // On another server the accounts would be missing or strange: that tells nothing.
  if (target.length > 0) return { problems: target, differences: [], notices: [] };
  const { grants, ...found } = await accountFindings(planned, session, (slot) =>
    isOurs(planned, context, slot),
  );
  const problems = [
    ...proxyProblems(clients.credentials.login),
    ...(await missingPrivileges(session, grants)),
    ...(await readerProblems(clients)),
    ...(planned.plan.rotateAdmin ? await adminHostProblems(clients) : []),
    ...found.problems,
    ...(await repairProblems(planned, context, { session, kubernetes: clients.kubernetes, lookMs })),
  ];
  return {
    ...found,
    problems,
    notices: [...found.notices, ...proxyNotices(planned.material.before.sqlconf)],
  };
}

/** An account that the planned password lets in gets no other; one that any password of the slot secret lets in is ours. */
async function isOurs({ material }: PlannedRotation, context: WorldContext, slot: Slot): Promise<boolean> {
  const { password, ...account } = material.logins[slot];
  if (password !== undefined && (await isTaken({ ...account, password }, context.trust))) return true;
  return isOfSlotSecret(context, slot, account);
}

/** @param toGive the statements by which the rotation gives rights */
async function missingPrivileges(admin: Session, toGive: readonly string[]): Promise<Failure[]> {
  const grants = await ownGrants(admin);
  const everywhere = grants.filter((line) => / ON \*\.\* TO /.test(line));
  const privileges = everywhere.flatMap((line) =>
    (line.split(' ON *.*')[0] ?? '').replace('GRANT ', '').split(', '),
  );
  const idle = await idleRoles(admin);
  const byRole =
    idle.length === 0
      ? ''
      : ` Where a role has it, run SET DEFAULT ROLE ${idle.map(quoteIdentifier).join(' or ')}.`;
  const probe = probeProblem(grants, (await serverOf(admin)).mariadb);
  const lacking = adminPrivileges
    .filter(([privilege]) => !privileges.includes(privilege) && !privileges.includes('ALL PRIVILEGES'))
    .map(
      ([privilege, why]) =>
        new Failure(
          'admin-permission-missing',
          `The admin user lacks ${privilege} on *.* in the database (${why}); grant it.${byRole}`,
        ),
    );
  const give = notGivable(toGive, grants).map(
    (statement) =>
      new Failure(
        'admin-permission-missing',
        `The admin user may not run ${statement}, since it lacks GRANT OPTION there; grant that, or have somebody run it who may.${byRole}`,
      ),
  );
  return [...lacking, ...give, ...(probe === undefined ? [] : [probe])];
}

/** What GRANT and SHOW GRANTS say that rights are on. */
const placeOf = (text: string): string | undefined =>
  / ON (?:TABLE |PROCEDURE |FUNCTION )?(\S+) TO /.exec(text)?.[1]?.replaceAll('\\', '');

/**
 * The statements that the session's rights do not cover: who gives a right needs GRANT OPTION on the same place, or
 * everywhere (dev.mysql.com/doc/refman/8.4/en/grant.html). A pattern may reach any place. Pure.
 * @param statements GRANT statements; those that give a role have another rule, and are left out
 * @param grants what SHOW GRANTS says of the session
 */
export function notGivable(statements: readonly string[], grants: readonly string[]): string[] {
  const places = grants.filter((line) => / WITH .*GRANT OPTION/.test(line)).map(placeOf);
  if (places.some((place) => place === '*.*' || place?.includes('%') === true)) return [];
  return statements.filter((statement) => {
    const place = placeOf(statement);
    // Whoever may give rights on a schema may give them on what is in it.
    return place !== undefined && !places.includes(place) && !places.includes(`${place.split('.')[0]}.*`);
  });
}

/**
 * Step 11 changes the account that its session is logged in as. With several, the one that a client gets depends on where it
 * comes from: the others would keep a password that no version of the secret has in the end. What only this server's own
 * machine can use is left out.
 */
export async function adminHostProblems({
  session,
  credentials,
}: Pick<PreflightClients, 'session'> & { credentials: Pick<AdminCredentials, 'login'> }): Promise<Failure[]> {
  const { username } = credentials.login;
  const accounts = (await accountsNamed(session, username)).filter(({ host }) => !ownMachine.has(host));
  if (accounts.length < 2) return [];
  const own = await ownAccount(session);
  const hosts = accounts.map(({ host }) => host).join(', ');
  const drops = accounts
    .filter(({ host }) => host !== own.host)
    .map((account) => `DROP USER ${quoteAccount(account)}`)
    .join(', ');
  return [
    new Failure(
      'account-ambiguous',
      `The admin user ${username} exists under several hosts (${hosts}), and a rotation changes the password of one of them: that of ${quoteAccount(own)}, as which it is logged in here. Where nobody else needs the others, drop them: ${drops}.`,
    ),
  ];
}

const ownMachine = new Set(['localhost', '127.0.0.1', '::1']);

async function readerProblems({ session, credentials }: PreflightClients): Promise<Failure[]> {
  if (!(await isReadOnly(session))) return [];
  const { host, port } = credentials.login;
  return [readOnlyFailure(`The database at ${host}:${port}`)];
}
