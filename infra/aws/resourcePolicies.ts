import type { PolicyDocument, Statement } from './policyDocument';
import { policyDocument } from './policyDocument';

/** Refuses whatever does not come by TLS 1.2 or newer. What is denied may be named by a wildcard. */
function tlsOnly(action: string, resources: string[]): Statement[] {
  const everyone = {
    Effect: 'Deny' as const,
    Principal: '*' as const,
    Action: [action],
    Resource: resources,
  };
  return [
    { Sid: 'OnlyTls', ...everyone, Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
    { Sid: 'OnlyNewTls', ...everyone, Condition: { NumericLessThan: { 's3:TlsVersion': '1.2' } } },
  ];
}

/** Policy of the state bucket: TLS only. Who may do what there is said by IAM alone. */
export function bucketPolicy(bucketArn: string): PolicyDocument {
  return policyDocument(tlsOnly('s3:*', [bucketArn, `${bucketArn}/*`]));
}

/**
 * Policy of a secret: TLS only; and where readers are named, nobody else reads or writes its value, whatever IAM says.
 * Who may change this policy itself is left to IAM, so nobody is locked out for good.
 */
export function secretPolicy(secretArn: string, readers: readonly string[]): PolicyDocument {
  const everyone = { Effect: 'Deny' as const, Principal: '*' as const, Resource: [secretArn] };
  const [onlyTls] = tlsOnly('secretsmanager:*', [secretArn]);
  return policyDocument([
    ...(onlyTls ? [onlyTls] : []),
    ...(readers.length === 0
      ? []
      : [
          {
            Sid: 'OnlyThese',
            ...everyone,
            Action: [
              'secretsmanager:GetSecretValue',
              'secretsmanager:PutSecretValue',
              // It takes a value, too; a replica in another region has no policy of its own.
              'secretsmanager:UpdateSecret',
              'secretsmanager:ReplicateSecretToRegions',
              'secretsmanager:UpdateSecretVersionStage',
            ],
            Condition: { ArnNotEquals: { 'aws:PrincipalArn': [...readers] } },
          },
        ]),
  ]);
}
