import { Failure } from '../../base/failure';
import { parseAdminDocument } from '../../rotation/secretDocument';
import type { DatabaseLogin } from '../../rotation/slot';
import type { AdminCredentials } from '../../mysql/adminCredentials';
import { accountsNamed, ownAccount } from '../../mysql/accounts';
import { secretsManager } from '../../target/clients';
import type { WorldContext } from '../../target/context';
import { tryLogin } from '../../mysql/database';
import { isPasswordRefusal } from '../../mysql/databaseErrors';
import { discardOldPassword, hasSecondPassword, setRetaining } from '../../mysql/dualPassword';
import { adminAccount } from './account';
import { adminWrite } from './lock';
import type { SecretsManager } from '../../aws/secretsManager';
import { asAdmin } from '../adminSession';

/** What the work on the admin secret reads and writes: a test stands two runs on one. */
export interface AdminWorld {
  secretId: string;
  secrets: Pick<SecretsManager, 'describe' | 'read' | 'put' | 'moveStage'>;
  /** The login that opened this run's session, and what this run knew then of the versions. */
  found(): Promise<Pick<AdminCredentials, 'stage' | 'version' | 'known'>>;
  /** Whether the database accepts the login of a version. */
  logsIn(text: string): Promise<boolean>;
  /** Whether the database may have the password of a version that names another user: it takes it, or that cannot be told. */
  mayHave(text: string): Promise<boolean>;
  /** One write, directly after the check that this run still holds every lock. */
  write<T>(name: string, action: () => Promise<T>): Promise<T>;
  /** Checks that nobody else keeps the admin's login, and waits for that. @throws Failure when it does not come */
  assertUnused?(login: DatabaseLogin): Promise<void>;
  /** Sets the password that a stored version holds. `check` is made directly before. */
  setPassword(login: DatabaseLogin, check: () => Promise<void>): Promise<void>;
  /** Whether the database accepts two passwords of the admin user. */
  hasTwo(): Promise<boolean>;
  discardOld(): Promise<void>;
}

/** The real one. */
export function adminWorldOf(context: WorldContext): AdminWorld {
  return {
    secretId: context.adminSecretId,
    secrets: secretsManager(context),
    found: () => asAdmin(context, async (_, { stage, version, known }) => ({ stage, version, known })),
    async logsIn(text) {
      const document = parseAdminDocument(text);
      if (!document.ok) return false;
      return (await tryLogin({ ...document.value.login, dbname: '' }, context.trust)) === 'works';
    },
    mayHave: (text) => mayHave(context, text),
    write: (name, action) => adminWrite(context, name, action),
    async setPassword(login, check) {
      const account = await adminAccount(context, login);
      let refusal: unknown;
      await adminWrite(context, 'database: ALTER USER of the admin', async (session) => {
        await check();
        // The session is kept after a refusal by the password policy: the lock lives on it.
        await setRetaining(session, account, login.password).catch((error: unknown) => {
          if (!isPasswordRefusal(error)) throw error;
          refusal = error;
        });
      });
      if (refusal !== undefined) throw refusal as Error;
    },
    hasTwo: () => asAdmin(context, async (session) => hasSecondPassword(session, await ownAccount(session))),
    discardOld: () =>
      adminWrite(context, 'database: discard the old password of the admin', async (session) =>
        discardOldPassword(session, await ownAccount(session)),
      ),
  };
}

/** A refusal tells of the password only at the server of the session, and of an account that may log in. */
async function mayHave(context: WorldContext, text: string): Promise<boolean> {
  const document = parseAdminDocument(text);
  if (!document.ok) return false;
  const { login } = document.value;
  const barred = await asAdmin(context, async (session, { login: { host, port } }) => {
    if (login.host.toLowerCase() !== host.toLowerCase() || login.port !== port) return true;
    const accounts = await accountsNamed(session, login.username);
    return accounts.length === 0 ? undefined : accounts.some(({ locked, expired }) => locked || expired);
  });
  if (barred !== false) return barred === true;
  try {
    return (await tryLogin({ ...login, dbname: '' }, context.trust)) === 'works';
  } catch (error) {
    // No answer, or no try left.
    if (error instanceof Failure) return true;
    throw error;
  }
}
