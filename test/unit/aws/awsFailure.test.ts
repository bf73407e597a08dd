import { expect } from 'chai';
import type { Outcome } from '../../../src/base/failure';
import { awsFailure, awsFailureFromText } from '../../../src/aws/awsFailure';

const call = { action: 'PutSecretValue', secretId: 'team/slots', region: 'us-east-1' };

/** Codes as AWS and the SDK give them, with the text that decides where one code means several things. */
const cases: [string, string, Outcome, RegExp][] = [
  ['ThrottlingException', 'Rate exceeded', 'before-switch', /throttles/],
  ['TooManyRequestsException', '', 'before-switch', /throttles/],
  ['LimitExceededException', 'Maximum number of versions', 'before-switch', /quota.*wait a day/],
  ['TimeoutError', '', 'before-switch', /in time.*VPC endpoint/],
  ['AbortError', '', 'before-switch', /in time/],
  ['ExpiredTokenException', 'The security token is expired', 'permission', /expired.*renew/],
  ['InvalidSignatureException', 'Signature expired: 1 is now earlier than 2', 'configuration', /clock/],
  ['InvalidSignatureException', 'Signature not yet current', 'configuration', /clock/],
  ['RequestTimeTooSkewed', '', 'configuration', /clock/],
  [
    'InvalidSignatureException',
    'The request signature we calculated does not match',
    'permission',
    /access key/,
  ],
  ['UnrecognizedClientException', 'The security token is invalid', 'permission', /access key/],
  ['CredentialsProviderError', 'Could not load credentials', 'permission', /No AWS credentials/],
  [
    'AccessDeniedException',
    'User: arn:aws:sts::111122223333:assumed-role/rotation/run is not authorized to perform: secretsmanager:PutSecretValue on resource: arn:x',
    'permission',
    /allow secretsmanager:PutSecretValue/,
  ],
  ['AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity', 'permission', /trust policy/],
  [
    'AccessDenied',
    'User: arn:aws:sts::111122223333:assumed-role/node/i-1 is not authorized to perform: sts:AssumeRole on resource: arn:x',
    'permission',
    /trust policy/,
  ],
  [
    'InvalidIdentityToken',
    'No OpenIDConnect provider found in your account for https://oidc.eks',
    'permission',
    /OIDC provider/,
  ],
  [
    'AccessDeniedException',
    'Access to KMS is not allowed',
    'permission',
    /kms:Decrypt and kms:GenerateDataKey/,
  ],
  ['DecryptionFailure', '', 'permission', /enable that key/],
  ['EncryptionFailure', '', 'permission', /enable that key/],
  ['KMSInvalidStateException', '', 'permission', /enable that key/],
  ['InvalidRequestException', 'because it was marked for deletion.', 'configuration', /restore it/],
  ['InvalidParameterException', 'Operation not permitted on a replica secret.', 'configuration', /replica/],
  ['InvalidParameterException', 'Staging label is attached to', 'before-switch', /changed by someone else/],
  ['ResourceNotFoundException', '', 'configuration', /does not exist in us-east-1/],
  ['InternalServiceError', 'wombat', 'before-switch', /failed at PutSecretValue.*InternalServiceError/],
  ['ECONNREFUSED', '', 'before-switch', /ECONNREFUSED.*run again/],
  ['', '', 'before-switch', /no answer/],
];

describe('what an answer of Secrets Manager means', () => {
  for (const [code, text, outcome, message] of cases) {
    it(`${code || 'none'} (${text}) is ${outcome}`, () => {
      const failure = awsFailure(call, code, text, undefined);
      expect(failure.outcome).to.equal(outcome);
      expect(failure.message)
        .to.match(message)
        .and.to.include('team/slots')
        .and.to.match(/^[^\n]+\.$/);
      if (text.length > 5) expect(failure.message, 'the service’s text').not.to.include(text);
    });
  }

  /** As pulumi-aws 7 says it, through the Go SDK: errors that the model knows, and those that it does not. */
  const arn = 'arn:aws:secretsmanager:us-east-1:1:secret:team/slots-abcdef';
  const texts: [string, Outcome, RegExp][] = [
    [
      `putting Secrets Manager Secret (${arn}) value: operation error Secrets Manager: PutSecretValue, https response error StatusCode: 400, RequestID: 7, LimitExceededException: too many`,
      'before-switch',
      /slots-abcdef is at a quota/,
    ],
    [
      `putting Secrets Manager Secret (${arn}) value: operation error Secrets Manager: PutSecretValue, https response error StatusCode: 400, RequestID: 7, api error AccessDeniedException: User: x is not authorized`,
      'permission',
      /refuses PutSecretValue on \S+slots-abcdef/,
    ],
    [
      `reading Secrets Manager Secret Version (${arn}|v-1): operation error Secrets Manager: GetSecretValue, https response error StatusCode: 400, RequestID: , api error AccessDeniedException: Access to KMS is not allowed`,
      'permission',
      /KMS key of \S+slots-abcdef is closed/,
    ],
    [
      `putting Secrets Manager Secret (${arn}) value: operation error Secrets Manager: PutSecretValue, exceeded maximum number of attempts, 6, https response error StatusCode: 0, RequestID: , request send failed, Post "https://secretsmanager.us-east-1.amazonaws.com/": EOF`,
      'before-switch',
      /us-east-1 does not answer PutSecretValue on \S+slots-abcdef in time/,
    ],
    [
      `putting Secrets Manager Secret (${arn}) value: operation error Secrets Manager: PutSecretValue, https response error StatusCode: 0, RequestID: , request send failed, Post "https://secretsmanager.us-east-1.amazonaws.com/": dial tcp 10.0.0.1:443: i/o timeout`,
      'before-switch',
      /does not answer/,
    ],
    [
      `putting Secrets Manager Secret (${arn}) value: operation error Secrets Manager: PutSecretValue, https response error StatusCode: 0, RequestID: , canceled, context canceled`,
      'before-switch',
      /does not answer/,
    ],
    [
      `waiting for Secrets Manager Secret Version (${arn}|v-1) create: operation error Secrets Manager: GetSecretValue, exceeded maximum number of attempts, 6, https response error StatusCode: 400, RequestID: 7, api error ThrottlingException: Rate exceeded`,
      'before-switch',
      /throttles GetSecretValue on \S+slots-abcdef/,
    ],
    [
      `waiting for Secrets Manager Secret Version (${arn}|v-1) create: timeout while waiting for state to become 'success' (timeout: 2m0s)`,
      'before-switch',
      /version that was just stored in \S+slots-abcdef cannot be read.*run again/,
    ],
    [
      `waiting for Secrets Manager Secret Version (${arn}|v-1) create: couldn't find resource`,
      'before-switch',
      /cannot be read/,
    ],
    [
      `putting Secrets Manager Secret (${arn}) value: operation error Secrets Manager: PutSecretValue, exceeded maximum number of attempts, 6, https response error StatusCode: 500, RequestID: 7, InternalServiceError: try again`,
      'before-switch',
      /failed at PutSecretValue.*InternalServiceError/,
    ],
    [
      `putting Secrets Manager Secret (${arn}) value: operation error Secrets Manager: PutSecretValue, https response error StatusCode: 503, RequestID: , deserialization failed, failed to decode response body, invalid character '<' looking for beginning of value`,
      'before-switch',
      /failed at PutSecretValue.*503/,
    ],
    [
      `putting Secrets Manager Secret (${arn}) value: operation error Secrets Manager: PutSecretValue, get identity: get credentials: failed to refresh cached credentials, no EC2 IMDS role found, operation error ec2imds: GetMetadata, request canceled`,
      'permission',
      /No AWS credentials are found for PutSecretValue/,
    ],
    [
      `putting Secrets Manager Secret (${arn}) value: operation error Secrets Manager: PutSecretValue, get identity: get credentials: failed to refresh cached credentials, operation error STS: AssumeRoleWithWebIdentity, https response error StatusCode: 400, RequestID: 7, api error ExpiredTokenException: token expired`,
      'permission',
      /expired before PutSecretValue/,
    ],
    [
      'unable to validate AWS credentials. Details: validating provider credentials: retrieving caller identity from STS: operation error STS: GetCallerIdentity, https response error StatusCode: 403, RequestID: 7, api error InvalidClientTokenId: The security token included in the request is invalid',
      'permission',
      /AWS does not accept the credentials at GetCallerIdentity/,
    ],
    [
      'unable to validate AWS credentials. Details: validating provider credentials: retrieving caller identity from STS: operation error STS: GetCallerIdentity, exceeded maximum number of attempts, 6, https response error StatusCode: 0, RequestID: , request send failed, Post "https://sts.us-east-1.amazonaws.com/": EOF',
      'before-switch',
      /does not answer GetCallerIdentity/,
    ],
    [
      'No valid credential sources found. Details: failed to refresh cached credentials, no EC2 IMDS role found',
      'permission',
      /No AWS credentials are found/,
    ],
  ];
  for (const [text, outcome, message] of texts) {
    it(`is found in the aws plugin's text: ${text.slice(0, 40)}…`, () => {
      const failure = awsFailureFromText(text, 'us-east-1', undefined);
      expect(failure).to.include({ outcome });
      expect(failure?.message).to.match(message);
    });
  }

  it('is not found in other texts', () => {
    for (const text of ['', 'update failed', 'operation error S3: PutObject, RequestID: , AccessDenied: x'])
      expect(awsFailureFromText(text, 'us-east-1', undefined)).to.equal(undefined);
  });
});
