import type { RotationSettings } from './settings';
import { metadataOf, objectNames } from './settings';

/**
 * The identity of the rotation's pods. With IRSA it names the IAM role; with Pod Identity the association in AWS names
 * this account. Its token is mounted by the pods that ask for it, and by no other.
 */
export function serviceAccount<Text>(settings: RotationSettings<Text>) {
  const { roleArn } = settings;
  const annotations =
    roleArn === undefined
      ? {}
      : {
          annotations: {
            'eks.amazonaws.com/role-arn': roleArn,
            'eks.amazonaws.com/sts-regional-endpoints': 'true',
          },
        };
  return {
    apiVersion: 'v1' as const,
    kind: 'ServiceAccount' as const,
    metadata: { ...metadataOf(settings, objectNames(settings).serviceAccount), ...annotations },
    automountServiceAccountToken: false,
  };
}
