/** One request to the API server, in the words of RBAC. */
export interface KubernetesRequest {
  /** Milliseconds since 1970, when it came. */
  time: number;
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete` or `deletecollection`. */
  verb: string;
  /** In the plural, as in `secrets`; of a request for no object the path, as in `/version`. */
  resource: string;
  namespace?: string;
  name?: string;
  /** As in `status`. */
  subresource?: string;
  fieldManager?: string;
  /** A dry run of a write: the API server answers as to the real one, and stores nothing. */
  dryRun: boolean;
  /** HTTP status that the client got; 0 when the reply was withheld. */
  status: number;
  /** Whether such a request changes anything: a dry run and a review of rights do not. */
  write: boolean;
}

const VERBS: Record<string, string> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};
/** What is created there is a question. */
const QUESTIONS = new Set(['authorization.k8s.io', 'authentication.k8s.io']);

/** Reads method and URL as the API server does. */
export function describeRequest(method: string, url: string): KubernetesRequest {
  const { pathname, searchParams } = new URL(url, 'https://lab');
  const parts = pathname.split('/').filter((part) => part !== '');
  const group = parts[0] === 'apis' ? parts[1] : '';
  const rest = parts.slice(parts[0] === 'apis' ? 3 : 2);
  const inNamespace = rest[0] === 'namespaces' && rest.length > 2;
  const [resource, name, subresource] = inNamespace ? rest.slice(2) : rest;
  const one = name !== undefined;
  const reading = searchParams.has('watch') ? 'watch' : one ? 'get' : 'list';
  const found = VERBS[method] ?? (resource === undefined ? 'get' : reading);
  const verb = found === 'delete' && !one ? 'deletecollection' : found;
  const dryRun = searchParams.has('dryRun');
  const changes = method in VERBS && !dryRun && !QUESTIONS.has(group ?? '');
  const fieldManager = searchParams.get('fieldManager');
  return {
    time: Date.now(),
    verb,
    resource: resource ?? pathname,
    ...(inNamespace && rest[1] !== undefined ? { namespace: rest[1] } : {}),
    ...(name === undefined ? {} : { name }),
    ...(subresource === undefined ? {} : { subresource }),
    ...(fieldManager === null ? {} : { fieldManager }),
    dryRun,
    status: 0,
    write: changes,
  };
}
