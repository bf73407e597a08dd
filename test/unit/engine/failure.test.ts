import { expect } from 'chai';
import type { FailureCode, Outcome } from '../../../src/base/failure';
import { Failure } from '../../../src/base/failure';
import { engineFailure, isPlanViolation, shortReason, StateIsClosed } from '../../../src/engine/failure';

const where = { stack: 'prod', backendUrl: 's3://state' };
const urn =
  'urn:pulumi:prod::openemr-credential-rotation::pulumi-nodejs:dynamic/credential-rotation:Sqlconf::sqlconf';

/** A role whose trust policy does not name the service account. */
const trustPolicy =
  'StatusCode: 403, RequestID: x, api error AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity';

/** Texts as the engine 3.250.0 writes them, what they mean, a part of the sentence, and the code where others are near. */
const texts: [text: string, outcome: Outcome, says: string, code?: FailureCode][] = [
  [
    `resource ${urn} violates plan: properties changed: ++[password]`,
    'drift',
    'make a new plan with --dry-run --plan',
  ],
  ['resource violates plan: properties changed: ++[x]', 'drift', 'The saved plan does not allow'],
  ['create is not allowed by the plan: no steps were expected for this resource', 'drift', 'The saved plan'],
  ['update is not allowed by the plan: this resource is constrained to create', 'drift', 'The saved plan'],
  [`expected resource operations for ${urn} but none were seen`, 'drift', 'The saved plan'],
  [`no plan for resource ${urn}`, 'drift', 'The saved plan'],
  [
    'getting secrets manager: passphrase must be set with PULUMI_CONFIG_PASSPHRASE',
    'configuration',
    'none is given',
  ],
  ['incorrect passphrase', 'configuration', 'does not open the state'],
  ['failed to load checkpoint: unexpected end of JSON input', 'configuration', 'is damaged'],
  [
    'could not create stack: the stack is currently locked by 1 lock(s)',
    'locked',
    'A dead run left its lock',
  ],
  ['the stack is currently locked by 1 lock(s)', 'locked', 'Another update holds the state'],
  ['could not create stack: user: unknown userid 65532', 'configuration', '65532 is not in /etc/passwd'],
  ['error: user: Current requires cgo or $USER set in environment', 'configuration', 'not in /etc/passwd'],
  ["no resource plugin 'pulumi-resource-aws' found", 'configuration', 'A Pulumi plugin is missing'],
  ['unable to open bucket s3://state: NoSuchBucket', 'configuration', 'cannot be opened'],
  ['operation error S3: GetObject, AccessDenied', 'permission', 'Access to the state'],
  ['dial tcp 10.0.0.1:443: i/o timeout', 'before-switch', 'does not answer'],
  ['operation error KMS: Decrypt, AccessDeniedException', 'permission', 'cannot be used'],
  ['operation error KMS: Decrypt, dial tcp: i/o timeout', 'before-switch', 'The key service'],
  ['something new', 'unexpected', '(something new)'],
  [`updating ${urn}: new`, 'unexpected', '(updating sqlconf: new)'],
  [
    "unknown secrets provider type 'garbage' (supported values: default,passphrase)",
    'configuration',
    'CREDENTIAL_ROTATION_SECRETS_PROVIDER',
  ],
  [
    'could not create secrets manager for new stack: open keeper awskms://x?foo=bar: unknown query parameter "foo"',
    'configuration',
    'is not the URL of a key',
  ],
  [
    'could not create secrets manager for new stack: secrets (code=Unknown): operation error KMS: Encrypt, failed to resolve service endpoint, endpoint rule error, Invalid Configuration: Missing Region',
    'configuration',
    'is not the URL of a key',
  ],
  [
    'could not create secrets manager for new stack: missing google credentials: unable to find gcp credentials',
    'configuration',
    'has a login for it',
  ],
  [
    'PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions',
    'configuration',
    'requires a login',
  ],
  [
    'unable to open bucket s3://: s3blob.OpenBucket: bucketName is required',
    'configuration',
    'check PULUMI_BACKEND_URL',
  ],
  // State in S3: as gocloud.dev/blob and the Go SDK say it, in front of what the engine was about to do.
  [
    s3(
      'StatusCode: 301',
      'PermanentRedirect: The bucket you are attempting to access must be addressed using',
    ),
    'configuration',
    'is not in the region where it is requested',
  ],
  [
    s3('StatusCode: 400', "AuthorizationHeaderMalformed: the region 'us-east-1' is wrong"),
    'configuration',
    'region=',
  ],
  [
    s3('StatusCode: 400', 'IllegalLocationConstraintException: x'),
    'configuration',
    'is not in the region where it is requested',
  ],
  [s3('StatusCode: 400', 'ExpiredToken: The provided token has expired.'), 'permission', 'expired'],
  [s3('StatusCode: 403', 'RequestTimeTooSkewed: The difference'), 'configuration', 'clock'],
  [s3('StatusCode: 403', 'InvalidAccessKeyId: The AWS Access Key Id'), 'permission', 'access key'],
  [s3('StatusCode: 403', 'SignatureDoesNotMatch: The request signature'), 'permission', 'access key'],
  [s3('StatusCode: 403', 'AccessDenied: Access Denied'), 'permission', 'is refused'],
  [
    s3(
      'StatusCode: 403',
      'AccessDenied: User is not authorized to perform: kms:GenerateDataKey',
      'PutObject',
    ),
    'permission',
    'KMS key',
  ],
  [s3('StatusCode: 400', 'KMS.DisabledException: key is disabled', 'PutObject'), 'permission', 'KMS key'],
  [
    s3('StatusCode: 400', 'InvalidRequest: Bucket requires server side encryption', 'PutObject'),
    'configuration',
    'does not take an object as the engine writes it',
  ],
  [
    s3(
      'StatusCode: 400',
      'InvalidRequest: Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters',
      'PutObject',
    ),
    'configuration',
    'has Object Lock with default retention',
  ],
  [
    s3(
      'StatusCode: 403',
      'AccessDenied: User: u is not authorized to perform: s3:PutObject on resource: "r" with an explicit deny in a service control policy',
      'PutObject',
    ),
    'permission',
    'A policy denies s3:PutObject on the state of stack prod in s3://state (explicit deny in a service control policy)',
  ],
  [
    s3('StatusCode: 403', 'AccessDenied: with an explicit deny', 'GetObject'),
    'permission',
    'denies GetObject',
  ],
  // HEAD has no body: only the status is left. It is not a damaged state, which may be moved away.
  [s3('StatusCode: 400', 'BadRequest: Bad Request', 'HeadObject'), 'permission', 'gives no reason'],
  [
    'read ".pulumi/meta.yaml": operation error S3: GetObject, resolve auth scheme: resolve endpoint: endpoint rule error, Invalid region: region was not a valid DNS name',
    'configuration',
    'without a region',
  ],
  [
    'unable to open bucket s3://b?colour=red: open bucket s3://b: unknown query parameter "colour"',
    'configuration',
    'check PULUMI_BACKEND_URL',
  ],
  [s3('StatusCode: 400', 'KMS.ThrottlingException: slow', 'GetObject'), 'before-switch', 'does not answer'],
  [kms('InvalidSignatureException: Signature expired: a is now earlier than b'), 'configuration', 'clock'],
  [kms('InvalidSignatureException: does not match'), 'permission', 'does not accept the credentials'],
  [kms('UnrecognizedClientException: invalid'), 'permission', 'does not accept the credentials'],
  [kms('ExpiredTokenException: expired'), 'permission', 'expired'],
  [kms('NotFoundException: Alias x is not found'), 'configuration', 'does not exist'],
  [kms('ThrottlingException: Rate exceeded'), 'before-switch', 'The key service'],
  [
    'failed to save snapshot: An IO error occurred while writing the new snapshot file: write /s.json: no space left on device',
    'before-switch',
    'is full',
  ],
  [
    proxied('proxyconnect tcp: dial tcp 127.0.0.1:9: connect: connection refused'),
    'before-switch',
    'takes no',
  ],
  [proxied('Proxy Authentication Required'), 'configuration', 'requires a login (HTTP 407)'],
  [proxied('Forbidden'), 'configuration', 'refuses b.s3.amazonaws.com (Forbidden)'],
  [proxied('Bad Gateway'), 'before-switch', 'does not reach b.s3.amazonaws.com (Bad Gateway)'],
  [
    s3('StatusCode: 403', 'AccessDenied: Object is WORM protected', 'DeleteObject'),
    'permission',
    'Object Lock',
  ],
  [s3('StatusCode: 404', 'NoSuchBucket: The specified bucket'), 'configuration', 'no such bucket'],
  [s3('StatusCode: 503', 'SlowDown: Please reduce'), 'before-switch', 'does not answer'],
  [
    'failed to load checkpoint: blob (key "x") (code=Unknown): get identity: get credentials: failed to refresh cached credentials, no EC2 IMDS role found',
    'permission',
    'No AWS credentials',
  ],
  // Credentials that cannot be had: S3 and KMS were not asked yet, and the status is that of somebody else.
  [
    lacking('operation error S3: GetObject, get identity', webIdentity(trustPolicy)),
    'permission',
    'STS does not give this process its role',
    'aws-role-refused',
  ],
  [
    'operation error S3: ListObjectsV2, get identity: get credentials: failed to refresh cached credentials, no EC2 IMDS role found, operation error ec2imds: GetMetadata, exceeded maximum number of attempts, 3, request send failed, Get "http://169.254.169.254/latest/meta-data/iam/security-credentials/": dial tcp 169.254.169.254:80: connect: no route to host',
    'permission',
    'No AWS credentials',
    'aws-credentials-missing',
  ],
  [
    'constructing secrets manager of type "cloud": secrets (code=InvalidArgument): operation error KMS: Decrypt, failed to sign request: failed to retrieve credentials: failed to refresh cached credentials, no EC2 IMDS role found, operation error ec2imds: GetMetadata, canceled, context deadline exceeded',
    'permission',
    'No AWS credentials',
    'aws-credentials-missing',
  ],
  [
    lacking('operation error KMS: Encrypt, get identity', webIdentity(trustPolicy)),
    'permission',
    'STS does not give this process its role',
    'aws-role-refused',
  ],
  [
    lacking(
      'operation error S3: GetObject, get identity',
      webIdentity('StatusCode: 400, RequestID: x, api error ExpiredTokenException: Token expired'),
    ),
    'permission',
    'expired',
    'aws-credentials-expired',
  ],
  [
    lacking(
      'operation error S3: GetObject, get identity',
      'the SSO session has expired or is invalid: access token is expired',
    ),
    'permission',
    'expired',
    'aws-credentials-expired',
  ],
  [
    lacking(
      'operation error S3: GetObject, get identity',
      'operation error STS: AssumeRole, https response error StatusCode: 403, RequestID: x, api error InvalidClientTokenId: The security token included in the request is invalid.',
    ),
    'permission',
    'does not accept the credentials',
    'aws-credentials-invalid',
  ],
  [
    lacking(
      'operation error S3: GetObject, get identity',
      webIdentity(
        'StatusCode: 0, RequestID: , request send failed, Post "https://sts.us-east-1.amazonaws.com/": dial tcp: i/o timeout',
      ),
    ),
    'before-switch',
    'does not answer; check the network path',
    'aws-unreachable',
  ],
  [
    'unable to open bucket s3://state: open bucket s3://state: failed to get shared config profile, prod',
    'permission',
    'No AWS credentials',
    'aws-credentials-missing',
  ],
  [
    lacking(
      'operation error S3: GetObject, get identity',
      'failed to load credentials, : Unauthorized Exception! EKS does not have permissions to assume the associated role., fault: client',
    ),
    'permission',
    'STS does not give this process its role',
    'aws-role-refused',
  ],
];

/** What the Go SDK says of a request that it has no credentials for. */
function lacking(request: string, reason: string): string {
  return `${request}: get credentials: failed to refresh cached credentials, ${reason}`;
}

/** The role of a service account (IRSA). */
function webIdentity(answer: string): string {
  return `failed to retrieve credentials, operation error STS: AssumeRoleWithWebIdentity, https response error ${answer}`;
}

/** A proxy's answer to Go's CONNECT. */
function proxied(reason: string): string {
  return `read ".pulumi/meta.yaml": blob (key ".pulumi/meta.yaml") (code=Unknown): operation error S3: GetObject, https response error StatusCode: 0, RequestID: , HostID: , request send failed, Get "https://b.s3.amazonaws.com/.pulumi/meta.yaml?x-id=GetObject": ${reason}`;
}

/** A failure of the key of the state. */
function kms(reason: string): string {
  return `constructing secrets manager of type "cloud": operation error KMS: Decrypt, https response error StatusCode: 400, RequestID: 7, api error ${reason}`;
}

/** A failure of S3 inside the engine's own words, which alone would mean a damaged state. */
function s3(status: string, reason: string, operation = 'GetObject'): string {
  return (
    `failed to load checkpoint: blob (key ".pulumi/stacks/p/prod.json") (code=Unknown): operation error S3: ${operation}, ` +
    `https response error ${status}, RequestID: 7, HostID: h, api error ${reason}`
  );
}

describe('shortReason', () => {
  it('has no name of a resource, no ids of requests, one line, no end', () => {
    const text = `error: 1 error occurred:\n\t* updating ${urn}: blob (key "a") (code=Unknown): operation error S3: PutObject, https response error StatusCode: 400, RequestID: 7, HostID: h, api error X: y.\n\n`;
    expect(shortReason(text)).to.equal(
      'updating sqlconf: operation error S3: PutObject, StatusCode: 400, api error X: y',
    );
  });
});
describe('engineFailure', () => {
  for (const [text, outcome, says, code] of texts)
    it(`${JSON.stringify(text.slice(0, 60))} is ${outcome}`, () => {
      const failure = engineFailure(new Error(`code: 255\nstdout: \nstderr: error: ${text}\n`), where);
      expect(failure.outcome).to.equal(outcome);
      if (code !== undefined) expect(failure.code).to.equal(code);
      expect(failure.message)
        .to.match(/^[A-Z][^\n]*\.$/)
        .and.include(says)
        .and.not.include('urn:');
      expect(isPlanViolation(text)).to.equal(outcome === 'drift');
    });

  it('an engine that a signal ended is not called missing, and no bug: memory is what to look at', () => {
    const failure = engineFailure(new Error('stderr: \nthe engine was ended by SIGKILL'), where);
    expect(failure.outcome).to.equal('before-switch');
    expect(failure.message).to.match(/ended from outside by SIGKILL, perhaps because memory ran out/);
  });

  it('what the engine makes of a violated plan is not shown: it may quote values', () => {
    const text = `resource ${urn} violates plan: properties changed: ~~password[canary]`;
    expect(engineFailure(new Error(text), where).message).not.to.include('canary');
  });

  it('a state that cannot be decrypted is told apart, and a failure stays as it is', () => {
    expect(engineFailure(new Error('incorrect passphrase'), where)).to.be.instanceOf(StateIsClosed);
    const failure = new Failure('old-login-in-use', 'It is held.');
    expect(engineFailure(failure, where)).to.equal(failure);
  });
});
