import { randomBytes } from 'node:crypto';
import * as pulumi from '@pulumi/pulumi';
import { observe } from '../inspect/observe';
import { planRotation } from '../rotation/planRotation';
import type { RequestKind } from '../rotation/rotationPlan';
import { planId } from '../rotation/rotationPlan';
import type { Settings } from '../settings/settings';
import { findAdminCredentials } from '../mysql/adminCredentials';
import { Kubernetes } from '../kubernetes/kubernetes';
import { SecretsManager } from '../aws/secretsManager';
import { rotationProgram } from '../steps/program';

/** The request of a raw preview; a `-c` value would be saved into the stack file. */
export const requestVariable = 'CREDENTIAL_ROTATION_REQUEST';

/**
 * The program as the raw Pulumi CLI runs it: observe, plan, and the same resources. Without a request it previews a
 * sync, which shows where the database's users differ from the slot secret.
 * @throws RunError for an update: only the command has the lock and the rollback
 */
export async function rawProgram(
  { program: settings }: Settings,
  request: string | undefined,
): Promise<Record<string, unknown>> {
  if (!pulumi.runtime.isDryRun()) {
    throw new pulumi.RunError(
      'pulumi up is refused here: it has no lock and no rollback. Run credential-rotation instead; pulumi preview works.',
    );
  }
  const kind: RequestKind = request === undefined || request === '' ? 'sync' : toKind(request);
  const { context } = settings;
  const secrets = new SecretsManager(context.region);
  const credentials = await findAdminCredentials(secrets, context.adminSecretId, context.trust);
  const observation = await observe(
    context,
    { secrets, kubernetes: new Kubernetes(context.kubernetes) },
    credentials,
  );
  const now = new Date();
  const result = planRotation(observation, { kind, id: planId(now, randomBytes(3).toString('hex')), now });
  if (result.kind === 'refused') throw new pulumi.RunError(result.problems.join(' '));
  return rotationProgram(result.planned, settings);
}

function toKind(request: string): RequestKind {
  if (request === 'rotate' || request === 'sync') return request;
  throw new pulumi.RunError(`${requestVariable} must be rotate or sync.`);
}
