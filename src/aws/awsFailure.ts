import type { FailureCode } from '../base/failure';
import { Failure } from '../base/failure';

/** One call of Secrets Manager, as its failure names it. */
export interface AwsCall {
  /** As in `PutSecretValue`. */
  action: string;
  secretId: string;
  region: string;
}

/** What a refusal means. `codes` are the service's; `detail`, if given, must also be found in its text. */
interface Meaning {
  codes: RegExp;
  detail?: RegExp;
  code: FailureCode;
  say: (call: AwsCall, code: string) => string;
}

/**
 * First match wins. The codes are those of the API reference (docs.aws.amazon.com/secretsmanager: CommonErrors and the
 * errors of each action), and the SDK's own. The service's text is only looked at: it may quote names of roles.
 */
const meanings: Meaning[] = [
  {
    codes: /Throttl|TooManyRequests|RequestLimitExceeded|BandwidthLimit|SlowDown/,
    code: 'aws-throttled',
    say: ({ action, secretId, region }, code) =>
      `Secrets Manager in ${region} throttles ${action} on ${secretId}, also after several tries (${code}); run again when there are fewer requests.`,
  },
  {
    codes: /^(AbortError|TimeoutError|ETIMEDOUT)/,
    code: 'aws-unreachable',
    say: ({ action, secretId, region }, code) =>
      `Secrets Manager in ${region} does not answer ${action} on ${secretId} in time (${code}); check the network path to it (VPC endpoint, NAT) and run again.`,
  },
  {
    codes: /^LimitExceeded/,
    code: 'secret-quota',
    say: ({ action, secretId }, code) =>
      `${secretId} is at a quota of Secrets Manager (${action}: ${code}), of versions within 24 hours or of labels; ` +
      'wait a day, or remove labels that nobody uses, and run again.',
  },
  {
    // STS, when the credentials of a service account or of a role are fetched: the same code as a refusal of the call itself.
    codes: /^(AccessDenied|InvalidIdentityToken|IDPRejectedClaim)/,
    // Each refusal names its caller by an ARN of STS (arn:aws:sts::…:assumed-role/…): only what was to be done tells them apart.
    detail: /perform:? sts:|OpenIDConnect|web identity/i,
    code: 'aws-role-refused',
    say: ({ action, secretId }, code) =>
      `STS does not give this process its role, so that ${action} on ${secretId} was not asked for (${code}); correct the role's trust policy, its OIDC provider, or the role that AWS_ROLE_ARN names, and run again.`,
  },
  {
    codes: /^(ExpiredToken|TokenRefreshRequired)/,
    code: 'aws-credentials-expired',
    say: ({ action, secretId }, code) =>
      `The AWS credentials expired before ${action} on ${secretId} (${code}); renew them and run again.`,
  },
  {
    codes: /^(RequestTimeTooSkewed|RequestInTheFuture|RequestExpired)/,
    code: 'aws-clock-wrong',
    say: clockSentence,
  },
  {
    codes: /^(InvalidSignature|SignatureDoesNotMatch)/,
    detail: /expired|not yet current|skew/i,
    code: 'aws-clock-wrong',
    say: clockSentence,
  },
  {
    codes: /^(CredentialsProviderError|MissingAuthenticationToken)/,
    code: 'aws-credentials-missing',
    say: ({ action, secretId }, code) =>
      `No AWS credentials are found for ${action} on ${secretId} (${code}); give this process a role, or set its AWS variables.`,
  },
  {
    codes:
      /^(UnrecognizedClient|InvalidClientTokenId|InvalidAccessKeyId|InvalidSignature|SignatureDoesNot|IncompleteSig)/,
    code: 'aws-credentials-invalid',
    say: ({ action, secretId }, code) =>
      `AWS does not accept the credentials at ${action} on ${secretId} (${code}); correct the access key, or the role, and run again.`,
  },
  {
    codes: /^AccessDenied/,
    detail: /\bkms\b/i,
    code: 'kms-key-unusable',
    say: ({ action, secretId }, code) =>
      `The KMS key of ${secretId} is closed to this role (${action}: ${code}); allow kms:Decrypt and kms:GenerateDataKey on it.`,
  },
  {
    codes: /^AccessDenied/,
    code: 'aws-permission-missing',
    say: ({ action, secretId }, code) =>
      `Secrets Manager refuses ${action} on ${secretId} (${code}); allow secretsmanager:${action} on it and its KMS key for this role.`,
  },
  {
    codes: /^(DecryptionFailure|EncryptionFailure|KMS|DisabledException)/,
    code: 'kms-key-unusable',
    say: ({ action, secretId }, code) =>
      `Secrets Manager cannot use the KMS key of ${secretId} (${action}: ${code}); enable that key, cancel its deletion, and run again.`,
  },
  {
    codes: /^InvalidRequest/,
    detail: /marked (for )?delet|scheduled for deletion|was deleted/i,
    code: 'secret-not-found',
    say: ({ secretId, region }) =>
      `Secret ${secretId} in ${region} is scheduled for deletion; restore it (aws secretsmanager restore-secret) and run again.`,
  },
  {
    codes: /^Invalid(Request|Parameter)/,
    detail: /replica/i,
    code: 'secret-in-other-region',
    say: ({ secretId, region }) =>
      `Secret ${secretId} in ${region} is a replica, which cannot be changed there; set AWS_REGION to the region of its primary.`,
  },
  {
    codes: /^Invalid(Request|Parameter)/,
    code: 'aws-request-refused',
    say: ({ action, secretId }, code) =>
      `Secrets Manager refused ${action} on ${secretId} (${code}): it was changed by someone else meanwhile; look at its versions and run again.`,
  },
  {
    codes: /^ResourceNotFound/,
    code: 'secret-not-found',
    say: ({ secretId, region }) =>
      `Secret ${secretId} does not exist in ${region}, or has no current value; check its id and AWS_REGION.`,
  },
];

/** Whether a failure of these says that the secret's KMS key is closed, or cannot be used. */
export function isKeyFailure({ code }: Failure): boolean {
  return code === 'kms-key-unusable';
}

function clockSentence({ action, secretId }: AwsCall, code: string): string {
  return `AWS refuses the time of ${action} on ${secretId} (${code}): this machine's clock is wrong; set it by NTP and run again.`;
}

/**
 * The failure that an answer of Secrets Manager means: one sentence with what, where and what to do.
 * @param code the service's error code, or the SDK's; empty when there was no answer
 * @param detail the service's text; it is not shown
 */
export function awsFailure(call: AwsCall, code: string, detail: string, cause: unknown): Failure {
  const meaning = meanings.find(
    (each) => each.codes.test(code) && (each.detail === undefined || each.detail.test(detail)),
  );
  if (meaning) return new Failure(meaning.code, meaning.say(call, code), { cause });
  return new Failure(
    'aws-unreachable',
    `Secrets Manager in ${call.region} failed at ${call.action} on ${call.secretId} (${code || 'no answer'}); run again when it answers.`,
    { cause },
  );
}

/** What the Go SDK says between the operation and the reason; the number of tries only after more than one. */
const response =
  /^(?:exceeded maximum number of attempts, \d+, )?https response error StatusCode: (\d+), RequestID: [^,]*, (.*)$/s;

/**
 * The same out of the text of Pulumi's aws plugin, which says it in the words of the Go SDK (aws-sdk-go-v2: the
 * operation, the status, then what went wrong); undefined when the text is not about Secrets Manager or the credentials.
 */
export function awsFailureFromText(text: string, region: string, cause: unknown): Failure | undefined {
  const secretId = /Secrets Manager Secret(?: Version)? \(([^)|]+)/.exec(text)?.[1];
  const stored = /\) create: (?:timeout|couldn't find|empty result)/.test(text);
  if (secretId !== undefined && stored)
    return new Failure(
      'aws-unreachable',
      `The version that was just stored in ${secretId} cannot be read in ${region}; run again when Secrets Manager shows it.`,
      { cause },
    );
  const operation = /operation error (Secrets Manager|STS): (\w+), (.*)/s.exec(text);
  if (operation === null) return withoutCredentials(text, region, cause);
  const [, service, action = '', rest = ''] = operation;
  if (secretId === undefined && service !== 'STS') return undefined;
  const call: AwsCall = { action, secretId: secretId ?? 'AWS', region };
  const { code, detail } = reasonIn(rest);
  return awsFailure(call, code, detail, cause);
}

/** The SDK's own code for what the Go SDK says in words. */
function reasonIn(rest: string): { code: string; detail: string } {
  // The reason of credentials that could not be had may be an operation of its own.
  const [, status = '0', reason = rest] = response.exec(rest) ?? [];
  const inner = /get credentials: .*?operation error .*?(api error .*)$/s.exec(reason)?.[1];
  const [, code, detail = ''] = /^(?:api error )?(\w+): (.*)$/s.exec(inner ?? reason) ?? [];
  if (/^(get identity|failed to sign)/.test(reason) && inner === undefined)
    return { code: 'CredentialsProviderError', detail: reason };
  if (/^(request send failed|canceled|request canceled)/.test(reason))
    return { code: 'TimeoutError', detail: reason };
  return { code: code ?? `HTTP ${status}`, detail };
}

function withoutCredentials(text: string, region: string, cause: unknown): Failure | undefined {
  if (!/no valid credential sources|failed to refresh cached credentials/i.test(text)) return undefined;
  const call: AwsCall = { action: 'the aws plugin', secretId: 'Secrets Manager', region };
  return awsFailure(call, 'CredentialsProviderError', '', cause);
}
