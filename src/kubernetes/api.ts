import type { KubeConfig } from '@kubernetes/client-node';
import type * as Client from '@kubernetes/client-node';
import { traced } from '../base/trace';
import { errorCode } from '../base/errors';
import { Failure } from '../base/failure';
import { proxyFor } from '../base/proxy/fromEnvironment';

/** Limit in ms of one request: a server that takes it and never answers must not hold the run up. */
const requestLimitMs = 10_000;

/**
 * Limit in ms of a patch: an admission webhook has up to 30 s of it
 * (kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers, "Timeouts").
 */
const patchLimitMs = 35_000;

/** Limit in ms of what gives the credentials: a command that asks AWS's STS takes some seconds. */
const loginLimitMs = 60_000;

/** The API server answered, but not with success. */
export class ApiError extends Error {
  /**
   * @param code the HTTP status
   * @param said the message of the server's Status; it may quote the request or the object, values of a Secret included
   */
  constructor(
    readonly code: number,
    readonly said = '',
  ) {
    super(`HTTP ${code}`);
  }
}

/** JSON is YAML, too. */
const contentTypes: Partial<Record<string, string>> = { PATCH: 'application/apply-patch+yaml' };

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

type Dispatcher = ReturnType<Client.RequestContext['getDispatcher']>;

/**
 * Requests to the API server as plain JSON. The library reads the kubeconfig, logs in (service account, token,
 * certificate, exec plugin) and sends; its generated classes are left out, since loading the models of all of
 * Kubernetes takes longer than all of our requests. Times in the answers are text.
 */
export class KubernetesApi {
  /** The kubeconfig's context that is used in place of its current one; of the whole process. */
  private static wantedContext: string | undefined;
  private dispatcher: Dispatcher;

  private constructor(
    private readonly library: typeof Client,
    private readonly config: KubeConfig,
    /** URL of the API server. */
    readonly server: string,
  ) {}

  /** From now on every connection of this process is made by this context of the kubeconfig. */
  static useContext(name: string | undefined): void {
    KubernetesApi.wantedContext = name;
  }

  /** The context in use, its namespace where it names one, and the name of its cluster. */
  get context(): { name: string; namespace: string | undefined; cluster: string } {
    const name = this.config.getCurrentContext();
    const { namespace, cluster = '' } = this.config.getContextObject(name) ?? {};
    return { name, namespace, cluster };
  }

  /**
   * Reads the usual kubeconfig, or in a pod the service account; sends nothing.
   * @throws Failure `configuration` when it cannot be read, or names no cluster, or not the wanted context
   */
  static async connect(): Promise<KubernetesApi> {
    const library = await import('@kubernetes/client-node');
    const config = new library.KubeConfig();
    try {
      config.loadFromDefault();
    } catch (error) {
      throw new Failure(
        'kubeconfig-invalid',
        'The kubeconfig cannot be read; set KUBECONFIG to a valid file, or unset it in a pod.',
        { cause: error },
      );
    }
    const wanted = KubernetesApi.wantedContext;
    if (wanted !== undefined) {
      if (config.getContextObject(wanted) === null)
        throw new Failure(
          'kubeconfig-invalid',
          `The kubeconfig has no context ${wanted}; it has ${
            config
              .getContexts()
              .map(({ name }) => name)
              .join(', ') || 'none'
          }.`,
        );
      config.setCurrentContext(wanted);
    }
    const server = config.getCurrentCluster()?.server;
    if (server === undefined)
      throw new Failure(
        'kubeconfig-invalid',
        'The kubeconfig has no current context, so no cluster; run kubectl config use-context, or correct KUBECONFIG.',
      );
    // The library knows a proxy from the kubeconfig alone; kubectl and the engine take that of the environment where it names none.
    const cluster = config.getCurrentCluster();
    const proxy = cluster?.proxyUrl === undefined ? proxyFor(server)?.href : undefined;
    if (cluster && proxy !== undefined) Object.assign(cluster, { proxyUrl: proxy });
    return new KubernetesApi(library, config, server.replace(/\/+$/, ''));
  }

  /** @param parts of the path, each escaped @throws ApiError, or what the connection says */
  get<T>(parts: readonly string[], query: Record<string, string> = {}): Promise<T> {
    return this.send('GET', parts, { query });
  }

  /** @throws ApiError, or what the connection says */
  create<T>(parts: readonly string[], body: unknown, query: Record<string, string> = {}): Promise<T> {
    return this.send('POST', parts, { body, query });
  }

  /** The same where an admission webhook may take its time. @throws ApiError, or what the connection says */
  createAdmitted<T>(parts: readonly string[], body: unknown, query: Record<string, string> = {}): Promise<T> {
    return this.send('POST', parts, { query, body, timeoutMs: patchLimitMs });
  }

  /** @throws ApiError, or what the connection says */
  replace<T>(parts: readonly string[], body: unknown): Promise<T> {
    return this.send('PUT', parts, { body });
  }

  /** @param body how it is deleted @throws ApiError, or what the connection says */
  remove<T>(parts: readonly string[], body: unknown): Promise<T> {
    return this.send('DELETE', parts, { body });
  }

  /**
   * Reads text as it comes, for as long as the server sends it.
   * @param signal ends the reading
   * @throws ApiError, or what the connection says, also in the middle
   */
  async *stream(
    parts: readonly string[],
    query: Record<string, string>,
    signal: AbortSignal,
  ): AsyncIterable<string> {
    const request = this.request('GET', parts, query);
    const started = new AbortController();
    const limit = setTimeout(() => started.abort(), requestLimitMs);
    request.setSignal(AbortSignal.any([signal, started.signal]));
    await this.authorize(request);
    const answer = await new this.library.IsomorphicFetchHttpLibrary()
      .send(request)
      .toPromise()
      .finally(() => clearTimeout(limit));
    if (answer.httpStatusCode !== 200) {
      await answer.body.text();
      throw new ApiError(answer.httpStatusCode);
    }
    const decoder = new TextDecoder();
    for await (const piece of answer.body.stream() ?? []) yield decoder.decode(piece, { stream: true });
  }

  /** Server-side apply of a part of an object. @throws ApiError, or what the connection says */
  apply<T>(parts: readonly string[], query: Record<string, string>, body: unknown): Promise<T> {
    return this.send('PATCH', parts, { query, body });
  }

  private send<T>(
    method: Method,
    parts: readonly string[],
    given: { query?: Record<string, string>; body?: unknown; timeoutMs?: number },
  ): Promise<T> {
    const facts = { 'http.request.method': method };
    return traced(`Kubernetes ${method} ${resourceOf(parts)}`, facts, () =>
      this.sendNow<T>(method, parts, given),
    );
  }

  private async sendNow<T>(
    method: Method,
    parts: readonly string[],
    { query = {}, body, timeoutMs }: { query?: Record<string, string>; body?: unknown; timeoutMs?: number },
  ): Promise<T> {
    const request = this.request(method, parts, query);
    if (body !== undefined) {
      request.setHeaderParam('Content-Type', contentTypes[method] ?? 'application/json');
      request.setBody(JSON.stringify(body));
    }
    request.setSignal(AbortSignal.timeout(timeoutMs ?? (method === 'PATCH' ? patchLimitMs : requestLimitMs)));
    await this.authorize(request);
    const answer = await new this.library.IsomorphicFetchHttpLibrary().send(request).toPromise();
    // Read also when it is an error: the connection is free for the next request only then.
    const text = await answer.body.text();
    if (answer.httpStatusCode >= 200 && answer.httpStatusCode < 300) return JSON.parse(text) as T;
    // A certificate of an exec plugin may have run out; the next request makes its connection anew.
    if (answer.httpStatusCode === 401) this.dispatcher = undefined;
    throw new ApiError(answer.httpStatusCode, messageOf(text));
  }

  private request(
    method: Method,
    parts: readonly string[],
    query: Record<string, string>,
  ): Client.RequestContext {
    const path = parts.map(encodeURIComponent).join('/');
    const request = new this.library.RequestContext(`${this.server}/${path}`, method);
    for (const [name, value] of Object.entries(query)) request.setQueryParam(name, value);
    request.setHeaderParam('Accept', 'application/json');
    request.setHeaderParam('User-Agent', 'credential-rotation');
    return request;
  }

  /** The library makes a new pool of connections for each request, with a TLS handshake each; the first one is kept. */
  private async authorize(request: Client.RequestContext): Promise<void> {
    const user = this.config.getCurrentUser();
    let limit: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      limit = setTimeout(() => reject(loginTakesTooLong(user)), loginLimitMs);
    });
    const given = this.config.applySecurityAuthentication(request).catch((error: unknown) => {
      throw loginFailure(user, error);
    });
    // The library waits for a login command as long as that takes, which may be for a code that nobody types.
    await Promise.race([given, late]).finally(() => clearTimeout(limit));
    this.dispatcher ??= request.getDispatcher();
    if (this.dispatcher) request.setDispatcher(this.dispatcher);
  }
}

function loginTakesTooLong(user: Client.User | null): Failure {
  return new Failure(
    'kubernetes-login-refused',
    `The login command of the kubeconfig's user ${user?.name ?? ''} gave no credentials within ${loginLimitMs / 1000} s; it may wait for a code or a browser: run it by hand, and name one here that asks nobody.`,
  );
}

/**
 * Why there are no credentials to send: nothing was asked of the server yet.
 * @param user of the kubeconfig; where it has a login command (kubernetes.io/docs/reference/access-authn-authz/authentication,
 *   "client-go credential plugins"), that failed. What it wrote is not shown: it may quote a token.
 */
function loginFailure(user: Client.User | null, error: unknown): Failure {
  const exec: unknown = user?.exec;
  const command = typeof exec === 'object' && exec !== null && 'command' in exec ? exec.command : undefined;
  const code = error instanceof Error && 'code' in error ? errorCode(error) : '';
  if (typeof command !== 'string')
    return new Failure(
      'kubeconfig-invalid',
      `The credentials that the kubeconfig names cannot be read (${code === '' ? 'they are malformed' : code}); correct them, or KUBECONFIG.`,
      { cause: error },
    );
  const what =
    code === ''
      ? 'gave no credentials; run it by hand to see why (for AWS: aws sso login, then again)'
      : `cannot be run (${code}); install it where PATH finds it`;
  return new Failure(
    'kubernetes-login-refused',
    `The kubeconfig's login command ${command} ${what}, or name another kubeconfig by KUBECONFIG.`,
    { cause: error },
  );
}

/** The kind of objects that a path is about, as in `apis/apps/v1/namespaces/openemr/deployments/openemr`. */
function resourceOf(parts: readonly string[]): string {
  const named = parts.indexOf('namespaces');
  return parts[named < 0 ? parts.length - 1 : named + 2] ?? 'namespaces';
}

/** The message of a Status; what is none, as a proxy's page, has no message for people. */
function messageOf(text: string): string {
  try {
    const status: unknown = JSON.parse(text);
    const has = typeof status === 'object' && status !== null && 'message' in status;
    return has && typeof status.message === 'string' ? status.message : '';
  } catch {
    return '';
  }
}
