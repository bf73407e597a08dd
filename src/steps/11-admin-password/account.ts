import { Failure } from '../../base/failure';
import type { DatabaseLogin } from '../../rotation/slot';
import type { AccountName } from '../../mysql/accounts';
import { findAccount, ownAccount } from '../../mysql/accounts';
import type { WorldContext } from '../../target/context';
import { asAdmin, liveUses } from '../adminSession';

/**
 * The account of the admin secret, whose password step 11 may change.
 * @throws Failure `admin-user-in-use`, `admin-user-missing` when OpenEMR uses it, or the database does not have it
 */
export async function adminAccount(context: WorldContext, login: DatabaseLogin): Promise<AccountName> {
  const [use] = await liveUses(context, login);
  if (use)
    throw new Failure(
      'admin-user-in-use',
      `${use.where} uses the admin user ${login.username}; its password was not changed. Let ${use.where} name a slot's user, and run again to finish.`,
    );
  return asAdmin(context, async (session) => {
    const own = await ownAccount(session);
    const account = own.username === login.username ? own : await findAccount(session, login.username);
    if (account !== undefined) return account;
    throw new Failure(
      'admin-user-missing',
      `The database user ${login.username} of ${context.adminSecretId} does not exist, so its password was not changed; name in that secret the user that the database has, and run again to finish.`,
    );
  });
}
