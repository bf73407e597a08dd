import { Failure } from '../base/failure';
import { kubernetesSecretKeys } from '../rotation/observation';
import type { NamedAccount } from '../rotation/otherSites';
import { otherUsesOf } from '../rotation/otherSites';
import type { DatabaseLogin } from '../rotation/slot';
import type { AdminCredentials, AdminSession } from '../mysql/adminCredentials';
import { openAdmin } from '../mysql/adminCredentials';
import { ownAccount } from '../mysql/accounts';
import { kubernetesOf, secretsManager } from '../target/clients';
import type { WorldContext } from '../target/context';
import type { Session } from '../mysql/database';
import { DatabaseFailure } from '../mysql/databaseErrors';
import { effect } from '../base/effect';
import { thisRun } from '../base/thisRun';
import { readOtherSites } from '../openemr/otherSites';
import { isReadOnly } from '../mysql/server';
import { openSqlconf } from '../openemr/openSqlconf';

/** The admin session of the resources: one, shared by all of them, so that a login is tried once. */
let shared: { key: string; opened: Promise<AdminSession> } | undefined;

/** An action on the admin session. */
export type AdminAction<T> = (session: Session, credentials: AdminCredentials) => Promise<T>;

/** Runs an action on the admin session; a session that failed is not used again. */
export async function asAdmin<T>(context: WorldContext, action: AdminAction<T>): Promise<T> {
  const key = `${context.region} ${context.adminSecretId}`;
  if (shared?.key !== key) shared = { key, opened: openAdminSession(context) };
  const current = shared;
  try {
    const { session, credentials } = await current.opened;
    return await action(session, credentials);
  } catch (error) {
    if (shared === current) shared = undefined;
    await current.opened.then(({ session }) => session.close()).catch(() => undefined);
    throw error;
  }
}

function openAdminSession({ adminSecretId, trust, region }: WorldContext): Promise<AdminSession> {
  return openAdmin(secretsManager({ region }), adminSecretId, trust);
}

/** Like {@link asAdmin}, after the check that this run still holds its lock; for writes that cannot check it themselves. */
export async function asWriter<T>(context: WorldContext, action: AdminAction<T>): Promise<T> {
  return asAdmin(context, async (session, credentials) => {
    await assertHeld();
    return action(session, credentials);
  });
}

/**
 * One write under its name, directly after the check that this run still holds its lock: what was checked before other
 * work may be no longer so.
 * @throws Failure `locked` when it does not, and nothing is written
 */
export async function guardedEffect<T>(name: string, write: () => Promise<T>): Promise<T> {
  return effect(name, async () => {
    await assertHeld();
    return write();
  });
}

/**
 * Checks that this run still holds its lock, and its Lease where it has one. Where no run has begun (the raw CLI, which
 * is refused an update) there is nothing to check.
 * @throws Failure `locked`
 */
export async function assertHeld(): Promise<void> {
  await thisRun()?.guard();
}

/** Something alive that names an account: a file, or the Secret that starting pods read. */
export interface LiveUse {
  where: string;
  password: string;
  /** True for the Kubernetes Secret. */
  inSecret?: true;
  /** True for the file of another site; its password is empty where it could not be read. */
  ofOtherSite?: true;
}

/** Where an account is named now: in the file, in that of any other site, or in the Secret. */
export async function liveUses(context: WorldContext, account: NamedAccount): Promise<LiveUse[]> {
  const { username } = account;
  const kubernetes = kubernetesOf(context);
  const [file, data] = await Promise.all([openSqlconf(context), kubernetes.secretData()]);
  const others = otherUsesOf(await readOtherSites(context, file), account);
  const uses: LiveUse[] = [];
  if (file.login.username === username) uses.push({ where: file.path, password: file.login.password });
  if (data[kubernetesSecretKeys.username] === username) {
    const { namespace, secret } = context.kubernetes;
    uses.push({
      where: `Secret ${namespace}/${secret}`,
      password: data[kubernetesSecretKeys.password] ?? '',
      inSecret: true,
    });
  }
  // A password that could not be read is not the one to set.
  const otherUses = others.map(({ path, why, password = '' }) => ({
    where: `another site, ${path} (${why})`,
    password,
    ofOtherSite: true as const,
  }));
  return [...uses, ...otherUses];
}

/**
 * Checks from inside a session that it is the account it should be, on a server that takes writes.
 * @throws Failure `before-switch` naming what is wrong.
 */
export async function proveSession(session: Session, login: DatabaseLogin): Promise<void> {
  const account = await ownAccount(session);
  if (account.username !== login.username) {
    throw new Failure(
      'account-shadowed',
      `The login of ${login.username} at ${login.host}:${login.port} is served as ${account.username}@${account.host}; remove the anonymous or wildcard user that shadows it.`,
    );
  }
  if (await isReadOnly(session)) {
    // A writer that fails over says so for a moment; a reader endpoint was refused by the preflight.
    throw new DatabaseFailure(
      'database-read-only',
      `${login.host}:${login.port} is read-only (a reader endpoint?); set host to the writer endpoint.`,
      { passes: true },
    );
  }
}
