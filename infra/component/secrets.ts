import { Secret } from '@pulumi/aws/secretsmanager/secret';
import { SecretPolicy } from '@pulumi/aws/secretsmanager/secretPolicy';
import { SecretVersion } from '@pulumi/aws/secretsmanager/secretVersion';
import type { Input, Output } from '@pulumi/pulumi';
import { all, jsonStringify, output, secret as secretOutput } from '@pulumi/pulumi';
import { rotatedByTag } from '../aws/securityHub';
import { secretPolicy } from '../aws/resourcePolicies';
import type { CheckedAws } from '../inputs/inputs';
import type { SecretKeys } from './keys';
import { childOf, keptChildOf, type Scope } from './scope';

/**
 * The label of the first version. It is never AWSCURRENT: Secrets Manager gives that to a secret's first version by
 * itself, and a version that Pulumi makes anew some day must not take it from the password that is in use.
 */
export const initialLabel = 'CREDENTIAL_ROTATION_INITIAL';

/** ARNs of both secrets. */
export interface Secrets {
  slot: Output<string>;
  admin: Output<string>;
}

/** Makes or adopts both secrets. One that is adopted is left as it is. */
export function secretsFor(scope: Scope, aws: CheckedAws, keys: SecretKeys): Secrets {
  const { slotSecret, adminSecret } = aws;
  // Both slots are empty: the first run makes the users, moves OpenEMR to A, and writes the document.
  const slots = JSON.stringify({ active_slot: 'A', A: {}, B: {} });
  const login = adminSecret.login && {
    ...adminSecret.login,
    port: String(adminSecret.login.port),
    password: secretOutput(adminSecret.login.password),
  };
  return {
    slot: slotSecret.adopt
      ? output(slotSecret.adopt)
      : make(scope, 'slots', slotSecret.name, keys.slot, slots),
    admin: adminSecret.adopt
      ? output(adminSecret.adopt)
      : make(scope, 'admin', adminSecret.name, keys.admin, jsonStringify(login)),
  };
}

function make(
  scope: Scope,
  part: 'slots' | 'admin',
  name: string,
  keyArn: Output<string> | undefined,
  initial: Input<string>,
): Output<string> {
  const { region, aws } = scope.inputs;
  const description = `OpenEMR's database ${part === 'slots' ? 'slots' : 'admin'}; changed by the credential rotation`;
  const made = new Secret(
    `${scope.name}-${part}`,
    {
      name,
      description,
      recoveryWindowInDays: 30,
      region,
      tags: { ...rotatedByTag, ...aws?.tags },
      ...(keyArn ? { kmsKeyId: keyArn } : {}),
    },
    keptChildOf(scope),
  );
  const version = new SecretVersion(
    `${scope.name}-${part}`,
    { secretId: made.arn, secretString: secretOutput(initial), versionStages: [initialLabel], region },
    // From the first rotation on the value is the rotation's alone.
    childOf(scope, { ignoreChanges: ['secretString', 'versionStages'], retainOnDelete: true }),
  );
  // The ARN is of use only when there is a version to read.
  return all([made.arn, version.versionId]).apply(([arn]) => arn);
}

/** The resource policies of the secrets that were made here. */
export function policiesFor(scope: Scope, aws: CheckedAws, secrets: Secrets, roleArn: Output<string>): void {
  const { region } = scope.inputs;
  const parts = [
    { part: 'slots', arn: secrets.slot, adopted: aws.slotSecret.adopt },
    { part: 'admin', arn: secrets.admin, adopted: aws.adminSecret.adopt },
  ];
  for (const { part, arn } of parts.filter(({ adopted }) => adopted === undefined)) {
    const policy = all([arn, roleArn]).apply(([secretArn, role]) =>
      JSON.stringify(secretPolicy(secretArn, aws.secretReaders ? [role, ...aws.secretReaders] : [])),
    );
    new SecretPolicy(
      `${scope.name}-${part}`,
      { secretArn: arn, policy, blockPublicPolicy: true, region },
      childOf(scope),
    );
  }
}
