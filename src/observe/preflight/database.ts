import type { Session } from '../../world/database';
import { ownGrants } from '../../world/accounts';

/** Privileges that the admin needs in the database, with the step that uses each. */
const adminPrivileges = [
  ['CREATE USER', 'to change the passwords of other users'],
  ['PROCESS', 'to see whether the old account is idle'],
] as const;

/** What would stop the changes of users in the database; each problem is one sentence with what to do. */
export async function databaseProblems(admin: Session): Promise<string[]> {
  const everywhere = (await ownGrants(admin)).filter((line) => / ON \*\.\* TO /.test(line));
  const privileges = everywhere.flatMap((line) =>
    (line.split(' ON *.*')[0] ?? '').replace('GRANT ', '').split(', '),
  );
  return adminPrivileges
    .filter(([privilege]) => !privileges.includes(privilege) && !privileges.includes('ALL PRIVILEGES'))
    .map(
      ([privilege, why]) => `The admin user lacks ${privilege} on *.* in the database (${why}); grant it.`,
    );
}
