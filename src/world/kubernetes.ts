import type {
  AppsV1Api,
  AuthorizationV1Api,
  CoordinationV1Api,
  CoreV1Api,
  KubeConfig,
  V1Deployment,
  V1Secret,
} from '@kubernetes/client-node';
import { Failure } from '../failure';
import { errorCode } from './errors';

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
}

/** Reads of the Kubernetes API outside Pulumi; the kubeconfig is the usual one, or the pod's service account. */
export class Kubernetes {
  private apis: Promise<Apis> | undefined;
  private server = 'the API server';

  constructor(readonly target: KubernetesTarget) {}

  /** The Secret's data, decoded. */
  async secretData(): Promise<Record<string, string>> {
    return decodedData(await this.secret());
  }

  /** The Secret as it is. */
  async secret(): Promise<V1Secret> {
    const { core } = await this.connected();
    const { namespace, secret: name } = this.target;
    return this.call('get', `Secret ${namespace}/${name}`, () =>
      core.readNamespacedSecret({ namespace, name }),
    );
  }

  /** The Deployment with its status. */
  async deployment(): Promise<V1Deployment> {
    const { apps } = await this.connected();
    const { namespace, deployment: name } = this.target;
    return this.call('get', `Deployment ${namespace}/${name}`, () =>
      apps.readNamespacedDeployment({ namespace, name }),
    );
  }

  /** The rights among `rights` that this identity lacks, by SelfSubjectAccessReview. */
  async missingRights(rights: readonly Right[]): Promise<Right[]> {
    const { authorization } = await this.connected();
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
          authorization.createSelfSubjectAccessReview({ body }),
        );
        return review.status?.allowed === true ? undefined : right;
      }),
    );
    return answers.filter((right) => right !== undefined);
  }

  /** The client for Leases; its errors are its own (see {@link statusOf}). */
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
      };
    });
    return this.apis;
  }

  private async call<T>(verb: string, what: string, action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      const status = statusOf(error);
      const options = { cause: error };
      if (status === 404)
        throw new Failure(
          'configuration',
          `${what} does not exist at ${this.server}; check K8S_NAMESPACE, K8S_DEPLOYMENT_NAME and K8S_SECRET_NAME.`,
          options,
        );
      if (status === 401)
        throw new Failure(
          'permission',
          `${this.server} does not accept this identity (401); renew the kubeconfig's credentials.`,
          options,
        );
      if (status === 403)
        throw new Failure(
          'permission',
          `${this.server} refuses "${verb}" on ${what} (403); grant it in the Role of this service account.`,
          options,
        );
      const reason = status === undefined ? errorCode(error) || 'no answer' : String(status);
      throw new Failure(
        'before-switch',
        `${this.server} does not answer "${verb}" on ${what} (${reason}); check the kubeconfig and the network.`,
        options,
      );
    }
  }
}

/** A Secret's data, decoded. */
export function decodedData(secret: V1Secret): Record<string, string> {
  const entries = Object.entries(secret.data ?? {});
  return Object.fromEntries(
    entries.map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
  );
}

/** The HTTP status of an API error (the client's `ApiException` has it in `code`). */
export function statusOf(error: unknown): number | undefined {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'number'
    ? error.code
    : undefined;
}
