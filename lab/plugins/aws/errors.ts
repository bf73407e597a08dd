interface ServiceProblem {
  name: string;
  message: string;
  $metadata?: { httpStatusCode?: number; requestId?: string; attempts?: number };
}

/** The errors that the API's model names (docs.aws.amazon.com/secretsmanager); the Go SDK calls others "api error". */
const MODELLED =
  /^(DecryptionFailure|EncryptionFailure|InternalServiceError|(InvalidNextToken|InvalidParameter|InvalidRequest|LimitExceeded|MalformedPolicyDocument|PreconditionNotMet|PublicPolicy|ResourceExists|ResourceNotFound)Exception)$/;

/** What the Go SDK says after the operation: how often it tried, the status, and the reason. */
export function reasonOf(problem: unknown): string {
  const { name, message, $metadata } = problem as ServiceProblem;
  const tries = $metadata?.attempts ?? 1;
  const times = tries > 1 ? `exceeded maximum number of attempts, ${tries}, ` : '';
  const status = $metadata?.httpStatusCode ?? 0;
  const request = $metadata?.requestId ?? '';
  return `${times}https response error StatusCode: ${status}, RequestID: ${request}, ${words(name, message, status)}`;
}

function words(name: string, message: string, status: number): string {
  if (name === 'AbortError') return 'canceled, context canceled';
  if (status > 0) return `${MODELLED.test(name) ? '' : 'api error '}${name}: ${message}`;
  const how = /ECONNREFUSED/.test(message) ? 'dial tcp: connect: connection refused' : 'EOF';
  return `request send failed, Post "${process.env['AWS_ENDPOINT_URL'] ?? 'https://secretsmanager.amazonaws.com'}/": ${how}`;
}

/** An error in the words that the real plugin uses: what was tried, the operation, status, request, and the reason. */
export function failure(doing: string, operation: string, problem: unknown): Error {
  const text = `operation error Secrets Manager: ${operation}, ${reasonOf(problem)}`;
  return new Error(`1 error occurred:\n\t* ${doing}: ${text}\n\n`, { cause: problem });
}

/** Whether the secret or the version is not there any more: unknown, deleted, or scheduled for deletion. */
export function isGone(problem: unknown): boolean {
  const { name, message } = problem as ServiceProblem;
  if (name === 'ResourceNotFoundException') return true;
  return name === 'InvalidRequestException' && /because it was (deleted|marked for deletion)/.test(message);
}
