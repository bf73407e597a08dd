import pRetry from 'p-retry';
import { Failure } from '../base/failure';
import { proxyFailure } from '../base/proxy/failure';

/** The API server did not answer, or answered that it cannot now. */
export class NoAnswer extends Failure {
  /**
   * @param passing true for what passes by itself: a busy server, one that restarts, a broken connection
   */
  constructor(
    message: string,
    readonly passing: boolean,
    options?: { cause?: unknown },
  ) {
    super('kubernetes-unreachable', message, options);
  }
}

/** Asks again, with growing pauses, while there is no answer for a reason that passes by itself. */
export function untilAnswered<T>(
  ask: () => Promise<T>,
  patience: { retries: number; minTimeout: number; factor: number },
): Promise<T> {
  return pRetry(ask, {
    ...patience,
    shouldRetry: ({ error }) => error instanceof NoAnswer && error.passing,
  });
}

/** What an error of the Kubernetes client means for the operator; says what was asked of whom. */
export function answerFailure(
  error: unknown,
  { verb, what, server }: { verb: string; what: string; server: string },
): Failure {
  // There were no credentials to ask with.
  if (error instanceof Failure) return error;
  const status = statusOf(error);
  const options = { cause: error };
  if (status === 404)
    return new Failure(
      'kubernetes-object-missing',
      `${what} does not exist at ${server}; check K8S_NAMESPACE, K8S_DEPLOYMENT_NAME and K8S_SECRET_NAME${
        what.startsWith('Deployment') ? ': a StatefulSet or a DaemonSet is not a Deployment' : ''
      }.`,
      options,
    );
  if (status === 401)
    return new Failure(
      'kubernetes-login-refused',
      `${server} does not accept this identity (401); renew the kubeconfig's credentials.`,
      options,
    );
  if (status === 403)
    return new Failure(
      'kubernetes-permission-missing',
      `${server} refuses "${verb}" on ${what} (403); grant it in the Role of this service account.`,
      options,
    );
  const atProxy =
    status === undefined ? proxyFailure(`The API server (${verb} on ${what})`, error, server) : undefined;
  if (atProxy)
    return atProxy.outcome === 'before-switch' ? new NoAnswer(atProxy.message, true, options) : atProxy;
  const reason = status === undefined ? transportCode(error) : String(status);
  const passing =
    status === undefined
      ? !/CERT|SIGNATURE|ALTNAME|ERR_INVALID/.test(reason)
      : status === 429 || status >= 500;
  return new NoAnswer(
    `${server} does not answer "${verb}" on ${what} (${reason}); check the kubeconfig and the network.`,
    passing,
    options,
  );
}

/** The HTTP status of an API error (the client's `ApiException` has it in `code`). */
export function statusOf(error: unknown): number | undefined {
  // A DOMException, as of a time limit, has a number of its own in `code` (23): that is no answer of a server.
  if (error instanceof DOMException) return undefined;
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'number'
    ? error.code
    : undefined;
}

/** The code of the network error below what fetch throws. */
function transportCode(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string') return at.code;
    if (at.name === 'TimeoutError') return 'no answer in time';
  }
  return 'no answer';
}
