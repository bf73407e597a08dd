import { Key } from '@pulumi/aws/kms/key';
import type { Output } from '@pulumi/pulumi';
import { output } from '@pulumi/pulumi';
import type { CheckedAws, Text } from '../inputs/inputs';
import { keptChildOf, type Scope } from './scope';

/**
 * A KMS key: the one that is there, or a new one with yearly rotation. A new one has AWS's own key policy:
 * IAM says who may use it, and the rotation's role policy does so.
 * @returns its ARN
 */
export function keyFor(
  scope: Scope,
  part: string,
  adopt: Text | undefined,
  description: string,
): Output<string> {
  if (adopt !== undefined) return output(adopt);
  const { region, aws } = scope.inputs;
  const key = new Key(
    `${scope.name}-${part}`,
    { description, enableKeyRotation: true, deletionWindowInDays: 30, region, tags: aws?.tags ?? {} },
    keptChildOf(scope),
  );
  return key.arn;
}

/** The KMS keys of the two secrets; one that is undefined is under `aws/secretsmanager`. */
export interface SecretKeys {
  slot: Output<string> | undefined;
  admin: Output<string> | undefined;
}

/** Each secret's own key, or the one that those without share: adopted, made once, or Amazon's. */
export function secretKeysFor(scope: Scope, { slotSecret, adminSecret, secretsKey }: CheckedAws): SecretKeys {
  const isShared = slotSecret.key === undefined || adminSecret.key === undefined;
  const shared =
    isShared && !secretsKey.awsManaged
      ? keyFor(scope, 'secrets', secretsKey.adopt, "Encrypts OpenEMR's database secrets")
      : undefined;
  const keyOf = (own: Text | undefined): Output<string> | undefined =>
    own === undefined ? shared : output(own);
  return { slot: keyOf(slotSecret.key), admin: keyOf(adminSecret.key) };
}
