import { findAdminCredentials } from '../world/adminCredentials';
import type { Session } from '../world/database';
import { openSession } from '../world/database';
import { Kubernetes } from '../world/kubernetes';
import { SecretsManager } from '../world/secretsManager';
import type { OpenWorld, RunRequest } from './run';

/** Opens the clients of one run, and the admin's session. @throws Failure when no admin login works */
export async function openWorld({ settings, keepSecret }: RunRequest): Promise<OpenWorld> {
  const { context } = settings;
  const secrets = new SecretsManager(context.region);
  const credentials = await findAdminCredentials(secrets, context.adminSecretId, context.trust);
  keepSecret(credentials.login.password);
  const session = await openSession(credentials.login, context.trust);
  return { secrets, kubernetes: new Kubernetes(context.kubernetes), credentials, session };
}

/** A new admin session; the password may have changed in step 11 of this run. */
export async function openAdminSession(
  { settings, keepSecret }: RunRequest,
  secrets: SecretsManager,
): Promise<Session> {
  const { adminSecretId, trust } = settings.context;
  const { login } = await findAdminCredentials(secrets, adminSecretId, trust);
  keepSecret(login.password);
  return openSession(login, trust);
}
