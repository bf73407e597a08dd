import type {
  AppsV1Api,
  AuthorizationV1Api,
  ConfigurationOptions,
  CoordinationV1Api,
  CoreV1Api,
  KubeConfig,
  V1Deployment,
  V1Pod,
  V1Secret,
} from '@kubernetes/client-node';
import type * as client from '@kubernetes/client-node';
import pRetry from 'p-retry';
import { Failure } from '../failure';
import { answerFailure, NoAnswer } from './kubernetesErrors';

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

interface Apis {
  core: CoreV1Api;
  apps: AppsV1Api;
  authorization: AuthorizationV1Api;
  coordination: CoordinationV1Api;
  /** Of each call. */
  options: ConfigurationOptions;
}

/** How often a read is tried again when the server is away or busy, 6 to 20 s in all: reads change nothing. */
const tries = { retries: 5, minTimeout: 200, factor: 2, maxRetryTime: 20_000 };
/** Limit in ms of one try. */
const requestLimitMs = 10_000;

/** Reads of the Kubernetes API outside Pulumi; the kubeconfig is the usual one, or the pod's service account. */
export class Kubernetes {
  private apis: Promise<Apis> | undefined;
  private server = 'the API server';

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
    const { core, options } = await this.connected();
    const { namespace, secret: name } = this.target;
    return this.call('get', `Secret ${namespace}/${name}`, () =>
      core.readNamespacedSecret({ namespace, name }, options),
    );
  }

  /** The Deployment with its status. */
  async deployment(): Promise<V1Deployment> {
    const { apps, options } = await this.connected();
    const { namespace, deployment: name } = this.target;
    return this.call('get', `Deployment ${namespace}/${name}`, () =>
      apps.readNamespacedDeployment({ namespace, name }, options),
    );
  }

  /**
   * The pods that a selector chooses, or undefined where they cannot be read: the Role of the Python tool does not
   * give that right, so nothing may depend on it.
   */
  async pods(labels: Record<string, string>): Promise<V1Pod[] | undefined> {
    const { core, options } = await this.connected();
    const { namespace } = this.target;
    const labelSelector = Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(',');
    return core.listNamespacedPod({ namespace, labelSelector }, options).then(
      ({ items }) => items,
      () => undefined,
    );
  }

  /** The rights among `rights` that this identity lacks, by SelfSubjectAccessReview. */
  async missingRights(rights: readonly Right[]): Promise<Right[]> {
    const { authorization, options } = await this.connected();
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
        const review = await this.call('create', 'SelfSubjectAccessReview', () =>
          authorization.createSelfSubjectAccessReview({ body }, options),
        );
        return review.status?.allowed === true ? undefined : right;
      }),
    );
    return answers.filter((right) => right !== undefined);
  }

  /** The client for Events; its errors are its own (see `statusOf`), and nothing is tried again. */
  async events(): Promise<CoreV1Api> {
    return (await this.connected()).core;
  }

  /** The client for Leases; its errors are its own (see `statusOf`), and nothing is tried again. */
  async leases(): Promise<CoordinationV1Api> {
    return (await this.connected()).coordination;
  }

  private connected(): Promise<Apis> {
    this.apis ??= import('@kubernetes/client-node').then((library) => {
      const config: KubeConfig = new library.KubeConfig();
      try {
        config.loadFromDefault();
      } catch (error) {
        throw new Failure(
          'configuration',
          'The kubeconfig cannot be read; set KUBECONFIG to a valid file, or unset it in a pod.',
          { cause: error },
        );
      }
      this.server = config.getCurrentCluster()?.server ?? this.server;
      return {
        core: config.makeApiClient(library.CoreV1Api),
        apps: config.makeApiClient(library.AppsV1Api),
        authorization: config.makeApiClient(library.AuthorizationV1Api),
        coordination: config.makeApiClient(library.CoordinationV1Api),
        options: limitEachTry(library),
      };
    });
    return this.apis;
  }

  /** Every call here only reads: a review of rights, which is a POST, too. */
  private async call<T>(verb: string, what: string, action: () => Promise<T>): Promise<T> {
    const once = (): Promise<T> =>
      action().catch((error: unknown) => {
        throw answerFailure(error, { verb, what, server: this.server });
      });
    return pRetry(once, {
      ...this.patience,
      shouldRetry: ({ error }) => error instanceof NoAnswer && error.passing,
    });
  }
}

/** Options of one try: a server that takes the request and never answers must not hold the run up. */
function limitEachTry({ Observable }: typeof client): ConfigurationOptions {
  return {
    middleware: [
      {
        pre: (context) => {
          context.setSignal(AbortSignal.timeout(requestLimitMs));
          return new Observable(Promise.resolve(context));
        },
        post: (context) => new Observable(Promise.resolve(context)),
      },
    ],
    middlewareMergeStrategy: 'append',
  };
}

/** A Secret's data, decoded. */
export function decodedData(secret: V1Secret): Record<string, string> {
  const entries = Object.entries(secret.data ?? {});
  return Object.fromEntries(
    entries.map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
  );
}
