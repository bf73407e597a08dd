import { openAdmin } from '../mysql/adminCredentials';
import { kubernetesOf, secretsManager } from '../target/clients';
import type { Session } from '../mysql/database';
import type { OpenWorld, RunRequest } from './request';

/** Opens the clients of one run, and the admin's session. @throws Failure when no admin login works */
export async function openWorld({ settings }: Pick<RunRequest, 'settings'>): Promise<OpenWorld> {
  const { context } = settings;
  const secrets = secretsManager(context);
  const describing = secrets.describe(context.slotSecretId);
  // That no admin login works is told before that the slot secret cannot be seen.
  describing.catch(() => undefined);
  const { credentials, session } = await openAdmin(secrets, context.adminSecretId, context.trust);
  try {
    const { arn: slotSecretArn } = await describing;
    return { secrets, kubernetes: kubernetesOf(context), credentials, session, slotSecretArn };
  } catch (error) {
    await session.close();
    throw error;
  }
}

/** A new admin session; the password may have changed in step 11 of this run. What was refused before is not tried first. */
export async function openAdminSession(
  { settings }: Pick<RunRequest, 'settings'>,
  { secrets, credentials: before }: Pick<OpenWorld, 'secrets' | 'credentials'>,
): Promise<Session> {
  const { adminSecretId, trust } = settings.context;
  return (await openAdmin(secrets, adminSecretId, trust, before.known)).session;
}
