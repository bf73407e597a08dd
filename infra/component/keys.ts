import { Key } from '@pulumi/aws/kms/key';
import type { Output } from '@pulumi/pulumi';
import { output } from '@pulumi/pulumi';
import type { Text } from '../inputs/inputs';
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
