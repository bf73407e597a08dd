import type { Meaning } from './meaning';
import { both, noAnswer } from './meaning';

const s3 = (reason: RegExp): RegExp => both(/operation error S3: /, reason);
/** S3, which keeps the state, or KMS, whose key seals it: one login serves both. */
const aws = (reason: RegExp): RegExp => both(/operation error (S3|KMS): /, reason);
/**
 * The Go SDK has nothing to sign a request with: whatever status or fault is in the text besides, neither S3 nor KMS gave
 * it. The words are those of aws/credential_cache.go, feature/ec2/imds and config/shared_config.go in github.com/aws/aws-sdk-go-v2.
 */
const unsigned = both(
  /blob \(|operation error (S3|KMS): |unable to open bucket/,
  /get credentials|failed to retrieve credentials|refresh cached credentials|no EC2 IMDS role|failed to get shared config profile/,
);
/** What the engine says of the state's own key: it reads it through KMS, or another cloud's service. */
const throughKey = /secrets manager of type "cloud"|operation error KMS/;

/**
 * What S3 and KMS answered where the state is, whatever the engine was about to do with it: it calls a state that it
 * could not fetch a checkpoint that failed to load. Codes: docs.aws.amazon.com/AmazonS3, "Error responses";
 * docs.aws.amazon.com/kms/latest/APIReference, "Common errors".
 */
export const awsMeanings: Meaning[] = [
  ...loginMeanings(),
  ...bucketMeanings(),
  {
    says: both(throughKey, noAnswer),
    code: 'state-unreachable',
    isClosed: true,
    sentence: (state) => `The key service of ${state} does not answer; run again when it does.`,
  },
  {
    says: both(throughKey, /NotFoundException|InvalidArnException/),
    code: 'state-key-unusable',
    isClosed: true,
    sentence: (state) =>
      `The key of ${state} does not exist in that account and region; correct CREDENTIAL_ROTATION_SECRETS_PROVIDER, or, of a state that is there, bring its key back.`,
  },
  {
    says: throughKey,
    code: 'state-key-refused',
    isClosed: true,
    sentence: (state) =>
      `The key of ${state} cannot be used; allow kms:Decrypt and kms:Encrypt on it for this role, and see that it is enabled.`,
  },
];

/** Who asks, and when. */
function loginMeanings(): Meaning[] {
  return [
    {
      says: aws(/ExpiredToken|TokenRefreshRequired|SSO session has expired|SSO token is expired/),
      code: 'aws-credentials-expired',
      sentence: (state) => `The AWS credentials for ${state} expired; renew them and run again.`,
    },
    {
      says: aws(/RequestTimeTooSkewed|RequestExpired|RequestInTheFuture|Signature (expired|not yet current)/),
      code: 'aws-clock-wrong',
      sentence: (state) =>
        `AWS refuses the time of a request for ${state}: this machine's clock is wrong; set it by NTP and run again.`,
    },
    {
      says: aws(
        /InvalidAccessKeyId|SignatureDoesNotMatch|InvalidSignature|IncompleteSignature|InvalidToken|InvalidClientTokenId|UnrecognizedClient/,
      ),
      code: 'aws-credentials-invalid',
      sentence: (state) =>
        `AWS does not accept the credentials for ${state}; correct the access key, or the role, and run again.`,
    },
    ...credentialMeanings(),
  ];
}

/** Who was to give the credentials, and did not. */
function credentialMeanings(): Meaning[] {
  return [
    {
      says: both(unsigned, both(/operation error STS: /, noAnswer)),
      code: 'aws-unreachable',
      sentence: (state) =>
        `STS, which gives this process its role for ${state}, does not answer; check the network path to it (VPC endpoint, NAT) and run again.`,
    },
    {
      // The second is what the agent of EKS Pod Identity says (github.com/aws/eks-pod-identity-agent).
      says: both(unsigned, /operation error STS: |permissions to assume the associated role/),
      code: 'aws-role-refused',
      sentence: (state) =>
        `STS does not give this process its role, so that ${state} was not asked for; correct the role's trust policy, its OIDC provider, or the role that AWS_ROLE_ARN names, and run again.`,
    },
    {
      says: unsigned,
      code: 'aws-credentials-missing',
      sentence: (state) =>
        `No AWS credentials are found for ${state}; give this process a role, or set its AWS variables.`,
    },
  ];
}

/** The bucket, its key and its policies. */
function bucketMeanings(): Meaning[] {
  return [
    {
      says: s3(/PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraint|StatusCode: 301/),
      code: 'state-not-openable',
      sentence: (state) =>
        `The bucket of ${state} is not in the region where it is requested; set region= of PULUMI_BACKEND_URL to its region.`,
    },
    {
      says: s3(/Invalid region|Missing Region|invalid input region|invalid host label/i),
      code: 'state-not-openable',
      sentence: (state) =>
        `The bucket of ${state} is requested without a region, or with an invalid one; set region= of PULUMI_BACKEND_URL to its region.`,
    },
    {
      says: s3(noAnswer),
      code: 'state-unreachable',
      sentence: (state) =>
        `The backend of ${state} does not answer; check the network and run again when it does.`,
    },
    {
      says: s3(/(AccessDenied|Forbidden)[^]*\bkms:|KMS\.\w+|kms:GenerateDataKey/),
      code: 'state-key-refused',
      sentence: (state) =>
        `The KMS key of the bucket of ${state} cannot be used; allow kms:GenerateDataKey and kms:Decrypt on it for this role, and see that it is enabled.`,
    },
    ...refusedWrites(),
    {
      says: s3(/NoSuchBucket/),
      code: 'state-not-openable',
      sentence: (state) => `${state} cannot be opened: there is no such bucket; check PULUMI_BACKEND_URL.`,
    },
    {
      says: s3(/AccessDenied|StatusCode: 403|Forbidden/),
      code: 'state-permission-missing',
      sentence: (state) =>
        `Access to ${state} is refused; allow s3:ListBucket on its bucket, and s3:GetObject, s3:PutObject and s3:DeleteObject on what is in it, for this role.`,
    },
    {
      // An answer to HEAD has no body: of what else says 400 only the status is left.
      says: s3(/Head\w+, [^]*StatusCode: 400/),
      code: 'state-permission-missing',
      sentence: (state) =>
        `S3 refuses a request for ${state} and gives no reason; most often the AWS credentials expired: renew them, see that region= of PULUMI_BACKEND_URL is the bucket's, and run again.`,
    },
    {
      says: s3(/InvalidRequest|InvalidArgument|encrypt/i),
      code: 'state-not-openable',
      sentence: (state) =>
        `The bucket of ${state} does not take an object as the engine writes it; its policy must not ask for encryption headers: set its default encryption instead.`,
    },
  ];
}

/** What a bucket that is kept too well refuses. */
function refusedWrites(): Meaning[] {
  return [
    {
      says: s3(/InvalidRequest: [^]*(Content-MD5|Object Lock)/),
      code: 'state-not-openable',
      sentence: (state) =>
        `The bucket of ${state} has Object Lock with default retention, and takes no object as the engine writes it; use a bucket without (versioning keeps each state, too).`,
    },
    {
      says: s3(/explicit deny/),
      code: 'state-permission-missing',
      sentence: (state, _where, text) =>
        `A policy denies ${actionIn(text)} on ${state} (${denyIn(text)}); take this role out of what it denies. If the policy asks for encryption headers, which the engine does not send, set the bucket's default encryption instead.`,
    },
    {
      says: s3(/WORM|ObjectLock|Object Lock|(Delete\w+)[^]*AccessDenied/i),
      code: 'state-permission-missing',
      sentence: (state) =>
        `The bucket of ${state} lets nothing be removed (Object Lock, or s3:DeleteObject is denied), and the engine has to remove its own lock; allow s3:DeleteObject, and use no Object Lock with default retention there.`,
    },
  ];
}

/** As in `s3:PutObject`. */
function actionIn(text: string): string {
  const [, operation = 'access'] = /operation error S3: (\w+)/.exec(text) ?? [];
  return /not authorized to perform: (s3:\w+)/.exec(text)?.[1] ?? operation;
}

/** As in `explicit deny in a resource-based policy`, or a service control policy, or that of a VPC endpoint. */
function denyIn(text: string): string {
  return /explicit deny(?: in an? [\w -]{1,40}?policy)?/.exec(text)?.[0] ?? 'explicit deny';
}
