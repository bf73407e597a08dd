import { isIP } from 'node:net';
import { parseAge } from '../../src/rotation/age';
import { isSiteName } from '../../src/openemr/file/siteName';
import { isSchedule } from './schedule';

/** How the text of an input is checked. */
export interface Check {
  test: (text: string) => boolean;
  /** What must be given, as the end of "give …". */
  expected: string;
  /** What decides, where that is a regular expression. */
  pattern?: RegExp;
}

const like = (pattern: RegExp, expected: string): Check => ({
  test: (text) => pattern.test(text),
  expected,
  pattern,
});

const account = String.raw`\d{12}`;
const arn = (service: string, rest: string): RegExp =>
  new RegExp(`^arn:aws[a-z-]*:${service}:[a-z0-9-]*:${account}:${rest}$`);

/** All checks of texts, by what they are for. */
export const checks = {
  line: like(/^[^\r\n\0]{1,2048}$/, 'one line of text'),
  region: like(/^[a-z]{2}(-[a-z]+)+-\d$/, 'an AWS region, such as us-east-1'),
  prefix: like(
    /^[a-z]([-a-z0-9]{0,40}[a-z0-9])?$/,
    'at most 42 lower-case letters, digits and dashes, beginning with a letter',
  ),
  label: like(
    /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
    'a Kubernetes name (lower-case letters, digits and dashes, at most 63)',
  ),
  objectName: like(
    /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/,
    'a Kubernetes name (lower-case letters, digits, dashes and dots)',
  ),
  dataKey: like(/^[-._a-zA-Z0-9]{1,253}$/, 'a key of a Secret or ConfigMap'),
  site: { test: isSiteName, expected: 'the name of one folder below sites/' },
  stack: like(/^[A-Za-z0-9_.-]{1,100}$/, 'a Pulumi stack name (letters, digits, dots, dashes, underscores)'),
  image: like(
    /^(?!.*:latest$)[a-z0-9][-a-z0-9._:/]*(:[\w.-]+|@sha256:[0-9a-f]{64})$/,
    'an image with a tag other than latest, or with a digest',
  ),
  secretName: like(/^[A-Za-z0-9/_+=.@-]{1,512}$/, 'a name of a Secrets Manager secret'),
  secretArn: like(
    arn('secretsmanager', 'secret:[^*?]+-[A-Za-z0-9]{6}'),
    'the whole ARN of a secret, with the six characters at its end',
  ),
  secretId: like(/^[A-Za-z0-9/_+=.@:!-]{1,2048}$/, 'an ARN or a name of a secret'),
  keyArn: like(arn('kms', 'key/[A-Za-z0-9-]+'), 'the ARN of a KMS key (…:key/…, not of an alias)'),
  roleArn: like(arn('iam', String.raw`role/[\w+=,.@/-]+`), 'the ARN of an IAM role'),
  // The condition key `aws:PrincipalArn` is the role's, also for who has assumed it.
  principalArn: like(
    arn('iam', String.raw`(role|user)/[\w+=,.@/-]+`),
    'the ARN of one IAM role or user itself (…:role/NAME, not …:assumed-role/NAME/SESSION), without a wildcard',
  ),
  oidcProvider: like(
    arn('iam', String.raw`oidc-provider/[\w.-]+(/[\w./-]+)?`),
    "the ARN of the cluster's IAM OIDC provider",
  ),
  topicArn: like(arn('sns', '[A-Za-z0-9_.-]+'), 'the ARN of an SNS topic'),
  cluster: like(/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/, 'the name of an EKS cluster'),
  bucket: like(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'the name of an S3 bucket'),
  folder: like(
    /^$|^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/,
    'a folder in the bucket, without slashes at its ends',
  ),
  roleName: like(/^[\w+=,.@-]{1,64}$/, 'a name of an IAM role (at most 64 characters)'),
  fileSystem: like(/^fs-[0-9a-f]{8,40}$/, 'the id of an EFS file system (fs-…)'),
  accessPoint: like(/^fsap-[0-9a-f]{8,40}$/, 'the id of an EFS access point (fsap-…)'),
  absolutePath: like(/^\/[^\r\n\0]{0,99}$/, 'an absolute path in the file system'),
  logGroup: like(/^[\w./#-]{1,512}$/, 'the name of a CloudWatch log group'),
  schedule: {
    test: isSchedule,
    expected:
      'a cron schedule of five fields that Kubernetes takes, such as H 3 * * * or 17 3 * * *; the time zone is an input of its own',
  },
  timeZone: { test: isTimeZone, expected: 'an IANA time zone, such as Europe/Berlin' },
  age: { test: isAge, expected: 'an age such as 30d, 12h or 90m' },
  url: {
    test: (text) => /^https?:\/\//.test(text) && URL.canParse(text),
    expected: 'an http(s) URL',
  },
  httpsOrS3: {
    test: (text) => /^(https|s3):\/\/[^\s@?]+$/.test(text) && text.length <= 200 && URL.canParse(text),
    expected: 'an https:// or s3:// address of at most 200 characters, without user and query',
  },
  backend: like(
    /^s3:\/\/[a-z0-9.-]+(\/[^?\s]*)?(\?\S*)?$/,
    'an s3:// address; a folder in the pod would be gone with the pod',
  ),
  secretsProvider: like(
    /^(passphrase|awskms:\/\/\S+\?(\S*&)?region=[a-z0-9-]+(&\S*)?)$/,
    'awskms://…?region=…, or passphrase',
  ),
  cpu: like(/^(?!0+(\.0+)?m?$)(\d+(\.\d{1,3})?|\d+m)$/, 'CPUs, such as 250m or 1.5'),
  memory: like(/^[1-9]\d*(\.\d+)?(Ki|Mi|Gi|k|M|G)$/, 'an amount of memory with its unit, such as 512Mi'),
  cidr: { test: isCidr, expected: 'an address range, such as 10.0.0.0/16 or fd12:3456:789a::/48' },
  nodeLabel: like(
    /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/,
    'a name of a label or taint, such as karpenter.sh/nodepool',
  ),
  nodeValue: like(/^([A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?)?$/, 'a value of a label (at most 63 characters)'),
  variable: like(/^[A-Z_][A-Z0-9_]*$/, 'a name of an environment variable in capitals'),
} as const satisfies Record<string, Check>;

/** Node.js takes any case, and offsets; Kubernetes takes the names as they are. */
function isTimeZone(text: string): boolean {
  if (!/^[A-Z][\w+-]*(\/[A-Z][\w+-]*)*$/.test(text)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

function isAge(text: string): boolean {
  try {
    return parseAge(text) > 0;
  } catch {
    return false;
  }
}

function isCidr(text: string): boolean {
  const [, address = '', bits = ''] = /^([\d.]+|[\da-f:]+)\/(\d{1,3})$/.exec(text) ?? [];
  const version = isIP(address);
  return version !== 0 && Number(bits) <= (version === 4 ? 32 : 128);
}
