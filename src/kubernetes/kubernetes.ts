import type {
  CoreV1Event,
  V1Deployment,
  V1Lease,
  V1Pod,
  V1ResourceQuota,
  V1Secret,
  V1SelfSubjectAccessReview,
} from '@kubernetes/client-node';
import pRetry from 'p-retry';
import { keepPasswordsIn } from '../secrecy/passwordsIn';
import { ApiError, KubernetesApi } from './api';
import { answerFailure, statusOf, untilAnswered } from './errors';
import { fieldManager } from './rollout';

/** The objects of one OpenEMR. */
export interface KubernetesTarget {
  namespace: string;
  deployment: string;
  secret: string;
}

/** One right, as RBAC names it. */
export interface Right {
  verb: string;
  group: string;
  resource: string;
  name: string;
  subresource?: string;
}

/** Rights of the Python tool's Role that a rotation uses. */
export function neededRights(target: KubernetesTarget): Right[] {
  const secret = { group: '', resource: 'secrets', name: target.secret };
  const deployment = { group: 'apps', resource: 'deployments', name: target.deployment };
  return [
    { verb: 'get', ...secret },
    { verb: 'patch', ...secret },
    { verb: 'get', ...deployment },
    { verb: 'patch', ...deployment },
  ];
}

/** What a canary is made of. */
export type OwnResource = 'pods' | 'secrets';

/** A Lease as JSON has it: times are text. */
export type Lease = Omit<V1Lease, 'spec'> & {
  spec?: Omit<NonNullable<V1Lease['spec']>, 'acquireTime' | 'renewTime'> & {
    acquireTime?: string;
    renewTime?: string;
  };
};

/** How often a read is tried again when the server is away or busy, 6 to 20 s in all: reads change nothing. */
const tries = { retries: 5, minTimeout: 200, factor: 2, maxRetryTime: 20_000 };
/** A webhook that restarts is asked again, for a second or two: the reads before it found the server well. */
const patchRetries = 3;

/** Requests to the Kubernetes API outside Pulumi; the kubeconfig is the usual one, or the pod's service account. */
export class Kubernetes {
  private connected: Promise<KubernetesApi> | undefined;

  /** @param patience how often a read is tried again */
  constructor(
    readonly target: KubernetesTarget,
    private readonly patience: typeof tries = tries,
  ) {}

  /** The Secret's data, decoded. */
  async secretData(): Promise<Record<string, string>> {
    return decodedData(await this.secret());
  }

  /** The Secret as it is. */
  async secret(): Promise<V1Secret> {
    const { namespace, secret: name } = this.target;
    return this.call('get', `Secret ${namespace}/${name}`, (api) =>
      api.get(['api', 'v1', 'namespaces', namespace, 'secrets', name]),
    );
  }

  /** The Deployment with its status. */
  async deployment(): Promise<V1Deployment> {
    const { namespace, deployment: name } = this.target;
    return this.call('get', `Deployment ${namespace}/${name}`, (api) =>
      api.get(['apis', 'apps', 'v1', 'namespaces', namespace, 'deployments', name]),
    );
  }

  /**
   * The pods that a selector chooses, or undefined where they cannot be read: the Role of the Python tool does not
   * give that right, so nothing may depend on it.
   */
  async pods(labels: Record<string, string>): Promise<V1Pod[] | undefined> {
    const api = await this.api();
    const labelSelector = Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(',');
    const path = ['api', 'v1', 'namespaces', this.target.namespace, 'pods'];
    return api.get<{ items: V1Pod[] }>(path, { labelSelector }).then(
      ({ items }) => items,
      () => undefined,
    );
  }

  /**
   * All objects of a kind in the namespace, page by page. Nothing may depend on it: the Role of the Python tool does not
   * give the right. Errors as of {@link lease}.
   */
  async list<T>(group: string, resource: string): Promise<T[]> {
    const api = await this.api();
    const path = ['apis', group, 'v1', 'namespaces', this.target.namespace, resource];
    const items: T[] = [];
    let next: string | undefined;
    do {
      const query = { limit: '500', ...(next === undefined ? {} : { continue: next }) };
      const page = await api.get<{ items: T[]; metadata?: { continue?: string } }>(path, query);
      items.push(...page.items);
      next = page.metadata?.continue || undefined;
    } while (next !== undefined);
    return items;
  }

  /**
   * The quotas of the namespace, or undefined where they cannot be read: that right is optional
   * (infra/kubernetes/role-optional.yaml).
   */
  async quotas(): Promise<V1ResourceQuota[] | undefined> {
    const api = await this.api();
    const path = ['api', 'v1', 'namespaces', this.target.namespace, 'resourcequotas'];
    return api.get<{ items: V1ResourceQuota[] }>(path).then(
      ({ items }) => items,
      () => undefined,
    );
  }

  /**
   * Sends a patch as the rotation will, by server-side apply under its field manager, but as a dry run: rights, policies
   * and webhooks answer, and nothing is stored. One that gets no answer, or that the server cannot take now, is sent again.
   * @throws ApiError, or what the connection says
   */
  async tryPatch(kind: 'Secret' | 'Deployment', body: Record<string, unknown>): Promise<void> {
    const { namespace, secret, deployment } = this.target;
    const [apiVersion, root, resource, name] =
      kind === 'Secret'
        ? ['v1', ['api', 'v1'], 'secrets', secret]
        : ['apps/v1', ['apis', 'apps', 'v1'], 'deployments', deployment];
    const query = { dryRun: 'All', fieldManager, force: 'true' };
    const { metadata, ...rest } = body;
    const object = { apiVersion, kind, ...rest, metadata: { ...(metadata ?? {}), namespace, name } };
    const api = await this.api();
    const path = [...root, 'namespaces', namespace, resource, name];
    await pRetry(() => api.apply(path, query, object), {
      ...this.patience,
      retries: Math.min(this.patience.retries, patchRetries),
      shouldRetry: ({ error }) => {
        const status = statusOf(error);
        return status === undefined || status === 409 || status === 429 || status >= 500;
      },
    });
  }

  /** URL of the API server, for messages. */
  async server(): Promise<string> {
    return (await this.api()).server;
  }

  /** The rights among `rights` that this identity lacks, by SelfSubjectAccessReview. */
  async missingRights(rights: readonly Right[]): Promise<Right[]> {
    const { namespace } = this.target;
    const answers = await Promise.all(
      rights.map(async (right) => {
        const { verb, group, resource, name, subresource } = right;
        const resourceAttributes = {
          namespace,
          verb,
          group,
          resource,
          name,
          ...(subresource ? { subresource } : {}),
        };
        const body = {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SelfSubjectAccessReview',
          spec: { resourceAttributes },
        };
        const path = ['apis', 'authorization.k8s.io', 'v1', 'selfsubjectaccessreviews'];
        const review = await this.call('create', 'SelfSubjectAccessReview', (api) =>
          api.create<V1SelfSubjectAccessReview>(path, body),
        );
        return review.status?.allowed === true ? undefined : right;
      }),
    );
    return answers.filter((right) => right !== undefined);
  }

  /** A Lease. Errors are ApiErrors or the connection's own, and nothing is tried again. */
  async lease(name: string): Promise<Lease> {
    return (await this.api()).get([...this.leases(), name]);
  }

  /** Makes a Lease. Errors as of {@link lease}. */
  async createLease(body: Lease): Promise<void> {
    await (await this.api()).create(this.leases(), body);
  }

  /** Replaces a Lease that is still the version in `body`. Errors as of {@link lease}. */
  async replaceLease(name: string, body: Lease): Promise<void> {
    await (await this.api()).replace([...this.leases(), name], body);
  }

  /** Makes an Event. Errors as of {@link lease}. */
  async createEvent(body: CoreV1Event): Promise<void> {
    await (await this.api()).create(['api', 'v1', 'namespaces', this.target.namespace, 'events'], body);
  }

  /** An object of this tool's own, by its name; undefined where there is none. */
  async own<T extends V1Pod | V1Secret>(resource: OwnResource, name: string): Promise<T | undefined> {
    return this.call('get', `${resource} ${this.target.namespace}/${name}`, (api) =>
      api.get<T>([...this.owned(resource), name]).catch((error: unknown) => {
        if (statusOf(error) === 404) return undefined;
        throw error;
      }),
    );
  }

  /**
   * Makes an object of this tool's own.
   * @param query `dryRun` asks whether it would be made
   * @throws ApiError with the server's own words, which tell of quotas and policies; Failure where there was no answer
   */
  async createOwn(
    resource: OwnResource,
    body: V1Pod | V1Secret,
    query: { dryRun?: 'All' } = {},
  ): Promise<void> {
    const api = await this.api();
    await api.createAdmitted(this.owned(resource), body, query).catch((error: unknown) => {
      if (error instanceof ApiError) throw error;
      const what = `${resource} ${this.target.namespace}/${body.metadata?.name ?? ''}`;
      throw answerFailure(error, { verb: 'create', what, server: api.server });
    });
  }

  /**
   * Deletes an object of this tool's own, if it is still that very one; one that is gone is no error. It can be tried again, and
   * is where there was no answer. Errors as of {@link createOwn}.
   */
  async removeOwn(resource: OwnResource, { metadata }: V1Pod | V1Secret): Promise<void> {
    const { name = '', uid } = metadata ?? {};
    const options = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      ...(uid === undefined ? {} : { preconditions: { uid } }),
    };
    const api = await this.api();
    const remove = (): Promise<unknown> =>
      api.remove([...this.owned(resource), name], options).catch((error: unknown) => {
        const status = statusOf(error) ?? 500;
        if (status === 404) return;
        if (status < 500 && status !== 429) throw error;
        const what = `${resource} ${this.target.namespace}/${name}`;
        throw answerFailure(error, { verb: 'delete', what, server: api.server });
      });
    await untilAnswered(remove, this.patience);
  }

  /**
   * Does what can be done again, and again while the server gives no answer for a reason that passes.
   * @throws Failure as the other calls
   */
  async answered<T>(verb: string, what: string, action: () => Promise<T>): Promise<T> {
    return this.call(verb, what, action);
  }

  private owned(resource: OwnResource): string[] {
    return ['api', 'v1', 'namespaces', this.target.namespace, resource];
  }

  private leases(): string[] {
    return ['apis', 'coordination.k8s.io', 'v1', 'namespaces', this.target.namespace, 'leases'];
  }

  private api(): Promise<KubernetesApi> {
    return (this.connected ??= KubernetesApi.connect());
  }

  /** Every call here only reads: a review of rights, which is a POST, too. */
  private async call<T>(verb: string, what: string, action: (api: KubernetesApi) => Promise<T>): Promise<T> {
    const api = await this.api();
    const once = (): Promise<T> =>
      action(api).catch((error: unknown) => {
        throw answerFailure(error, { verb, what, server: api.server });
      });
    return untilAnswered(once, this.patience);
  }
}

/** A Secret's data, decoded; its passwords are registered with the scrubber. */
export function decodedData(secret: V1Secret): Record<string, string> {
  const entries = Object.entries(secret.data ?? {});
  const data = Object.fromEntries(
    entries.map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
  );
  keepPasswordsIn(data);
  return data;
}
