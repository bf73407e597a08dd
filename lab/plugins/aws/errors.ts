interface ServiceProblem {
  name: string;
  message: string;
  $metadata?: { httpStatusCode?: number; requestId?: string };
}

/** An error in the words that the real plugin uses: what was tried, the operation, status, request, and the reason. */
export function failure(doing: string, operation: string, problem: unknown): Error {
  const { name, message, $metadata } = problem as ServiceProblem;
  const status = $metadata?.httpStatusCode ?? 0;
  const request = $metadata?.requestId ?? '';
  return new Error(
    `1 error occurred:\n\t* ${doing}: operation error Secrets Manager: ${operation}, ` +
      `https response error StatusCode: ${status}, RequestID: ${request}, ${name}: ${message}\n\n`,
    { cause: problem },
  );
}

/** Whether the secret or the version is not there any more: unknown, deleted, or scheduled for deletion. */
export function isGone(problem: unknown): boolean {
  const { name, message } = problem as ServiceProblem;
  if (name === 'ResourceNotFoundException') return true;
  return name === 'InvalidRequestException' && /because it was (deleted|marked for deletion)/.test(message);
}
