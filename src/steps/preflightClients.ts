import type { Kubernetes } from '../kubernetes/kubernetes';
import type { Session } from '../mysql/database';
import type { AdminCredentials } from '../mysql/adminCredentials';
import type { SecretsManager } from '../aws/secretsManager';

/** What a preflight looks at the world through. */
export interface PreflightClients {
  kubernetes: Kubernetes;
  /** The admin's session. */
  session: Session;
  /** The login of that session. */
  credentials: AdminCredentials;
  secrets: SecretsManager;
}
