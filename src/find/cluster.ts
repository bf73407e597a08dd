import type { V1CronJob, V1Deployment, V1Ingress, V1Secret, V1Service } from '@kubernetes/client-node';
import { Failure } from '../base/failure';
import { KubernetesApi } from '../kubernetes/api';
import { decodedData } from '../kubernetes/kubernetes';
import { answerFailure, untilAnswered } from '../kubernetes/errors';

const tries = { retries: 2, minTimeout: 300, factor: 2 };

/** Reads a cluster through the kubeconfig; only ever reads. Each method throws a Failure. */
export class Cluster {
  private constructor(private readonly api: KubernetesApi) {}

  /** @param context of the kubeconfig; its current one without @throws Failure `configuration` */
  static async connect(context: string | undefined): Promise<Cluster> {
    KubernetesApi.useContext(context);
    return new Cluster(await KubernetesApi.connect());
  }

  /** The kubeconfig's context, and the API server. */
  get place(): { context: string; namespace: string | undefined; cluster: string; server: string } {
    const { name, namespace, cluster } = this.api.context;
    return { context: name, namespace, cluster, server: this.api.server };
  }

  /** The Deployments of a namespace, or of all. */
  deployments(namespace?: string): Promise<V1Deployment[]> {
    return this.list('Deployments', ['apis', 'apps', 'v1'], 'deployments', namespace);
  }

  deployment(namespace: string, name: string): Promise<V1Deployment> {
    return this.read(`Deployment ${namespace}/${name}`, [
      ...['apis', 'apps', 'v1', 'namespaces', namespace, 'deployments', name],
    ]);
  }

  services(namespace: string): Promise<V1Service[]> {
    return this.list('Services', ['api', 'v1'], 'services', namespace);
  }

  ingresses(namespace: string): Promise<V1Ingress[]> {
    return this.list('Ingresses', ['apis', 'networking.k8s.io', 'v1'], 'ingresses', namespace);
  }

  cronJobs(namespace: string): Promise<V1CronJob[]> {
    return this.list('CronJobs', ['apis', 'batch', 'v1'], 'cronjobs', namespace);
  }

  /** A Secret's data, decoded; its passwords are registered with the scrubber. */
  async secretData(namespace: string, name: string): Promise<Record<string, string>> {
    return decodedData(
      await this.read<V1Secret>(`Secret ${namespace}/${name}`, [
        ...['api', 'v1', 'namespaces', namespace, 'secrets', name],
      ]),
    );
  }

  private async list<T>(
    what: string,
    api: readonly string[],
    resource: string,
    namespace?: string,
  ): Promise<T[]> {
    const path = [...api, ...(namespace === undefined ? [] : ['namespaces', namespace]), resource];
    const where = namespace === undefined ? `${what} of all namespaces` : `${what} of namespace ${namespace}`;
    return (await this.read<{ items: T[] }>(where, path, 'list')).items;
  }

  private read<T>(what: string, path: readonly string[], verb = 'get'): Promise<T> {
    const once = (): Promise<T> =>
      this.api.get<T>(path).catch((error: unknown) => {
        if (error instanceof Failure) throw error;
        throw answerFailure(error, { verb, what, server: this.api.server });
      });
    return untilAnswered(once, tries);
  }
}
