import { readFileSync } from 'node:fs';
import type { Lab, Site } from '../../../lab';
import type { V1Pod, V1PodSpec } from '@kubernetes/client-node';
import { KubernetesClient } from '../../../lab/kubernetes-client';
import { awaitRollout } from '../../../lab/site/kubernetes';
import { until } from './until';

/** What people and other controllers do to a site's objects: with all rights, past the lab's proxy. */
export class Cluster {
  private readonly client: KubernetesClient;
  private readonly core: string;
  private readonly deploymentPath: string;
  readonly secretPath: string;
  private readonly rolePath: string;

  constructor(
    lab: Lab,
    private readonly site: Site,
  ) {
    const config = JSON.parse(readFileSync(lab.kubernetes.adminKubeconfig, 'utf8')) as {
      users: { user: { token: string } }[];
    };
    const token = config.users[0]?.user.token ?? '';
    this.client = new KubernetesClient(lab.kubernetes.server, lab.database.caFile, token);
    this.core = `/api/v1/namespaces/${site.namespace}`;
    this.secretPath = `${this.core}/secrets/${site.kubernetesSecret}`;
    this.deploymentPath = `/apis/apps/v1/namespaces/${site.namespace}/deployments/${site.deployment}`;
    this.rolePath = `/apis/rbac.authorization.k8s.io/v1/namespaces/${site.namespace}/roles/credential-rotation-role`;
  }

  /** Changes keys of the Secret, as this field manager. */
  async setSecret(values: Record<string, string>, fieldManager = 'kubectl-edit'): Promise<void> {
    await this.client.patch(`${this.secretPath}?fieldManager=${fieldManager}`, { stringData: values });
  }

  /** Changes anything of the Secret (JSON merge patch). */
  async patchSecret(body: unknown): Promise<void> {
    await this.client.patch(this.secretPath, body);
  }

  async deleteSecret(): Promise<void> {
    await this.client.delete(this.secretPath);
  }

  /** Makes the Secret anew. */
  async createSecret(values: Record<string, string>, more: Record<string, unknown> = {}): Promise<void> {
    const metadata = { name: this.site.kubernetesSecret };
    await this.client.create(`${this.core}/secrets`, {
      kind: 'Secret',
      metadata,
      stringData: values,
      ...more,
    });
  }

  /** Changes anything of the Deployment (JSON merge patch; containers by a strategic one are not needed). */
  async patchDeployment(body: unknown): Promise<void> {
    await this.client.patch(this.deploymentPath, body);
  }

  /** Takes an annotation out of the pod template, as this field manager, which writes one of its own beside it. */
  async undoRestart(annotation: string, fieldManager: string): Promise<void> {
    const metadata = { annotations: { [annotation]: null, [`${fieldManager}/synced`]: String(Date.now()) } };
    await this.client.patch(`${this.deploymentPath}?fieldManager=${fieldManager}`, {
      spec: { template: { metadata } },
    });
  }

  /** The Deployment as it is. */
  async deployment(): Promise<{
    metadata: { generation: number };
    spec: { replicas: number; template: { metadata: { annotations?: Record<string, string> } } };
    status: Record<string, number>;
  }> {
    return this.client.get(this.deploymentPath);
  }

  /** Changes the pod template, and waits until all pods are of it; those before it are gone, too. */
  async changeTemplate(change: (spec: V1PodSpec) => V1PodSpec): Promise<void> {
    type Templated = { spec: { replicas: number; template: { spec: V1PodSpec } } };
    const { spec } = await this.client.get<Templated>(this.deploymentPath);
    await this.patchDeployment({ spec: { template: { spec: change(spec.template.spec) } } });
    await awaitRollout(this.client, this.site.namespace);
    // A Deployment is rolled out while its old pods still terminate; a quota counts those.
    const gone = async (): Promise<boolean> => (await this.pods()).length === spec.replicas;
    await until('the old pods are gone', gone, { limitMs: 60_000 });
  }

  /** What an autoscaler asks for to know which pods it counts. */
  async scaleSelector(): Promise<string> {
    const { status } = await this.client.get<{ status: { selector: string } }>(
      `${this.deploymentPath}/scale`,
    );
    return status.selector;
  }

  /** The pods that a selector selects; all without one. */
  async pods(labelSelector = ''): Promise<V1Pod[]> {
    const query = `labelSelector=${encodeURIComponent(labelSelector)}`;
    return (await this.client.get<{ items: V1Pod[] }>(`${this.core}/pods?${query}`)).items;
  }

  /** Makes an autoscaler of the Deployment. */
  async createAutoscaler(minReplicas: number, maxReplicas: number): Promise<void> {
    const { namespace, deployment } = this.site;
    const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: deployment };
    await this.client.create(`/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers`, {
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: deployment },
      spec: { scaleTargetRef, minReplicas, maxReplicas },
    });
  }

  /** Takes the Role of the canary from the rotation. */
  async denyCanaries(): Promise<void> {
    const group = `/apis/rbac.authorization.k8s.io/v1/namespaces/${this.site.namespace}`;
    await this.client.delete(`${group}/rolebindings/credential-rotation-canary-binding`);
  }

  /** What a canary has left: names of pods and Secrets. */
  async canaries(): Promise<string[]> {
    const found = await Promise.all(
      ['pods', 'secrets'].map((resource) =>
        this.client.get<{ items: { metadata: { name: string } }[] }>(
          `${this.core}/${resource}?labelSelector=credential-rotation%2Fcanary`,
        ),
      ),
    );
    return found.flatMap(({ items }) => items.map(({ metadata }) => metadata.name));
  }

  /** The rules of the rotation's Role. */
  async rules(): Promise<Rule[]> {
    return (await this.client.get<{ rules: Rule[] }>(this.rolePath)).rules;
  }

  async setRules(rules: Rule[]): Promise<void> {
    await this.client.patch(this.rolePath, { rules });
  }

  /** Makes an object of the core API, such as a ResourceQuota. */
  async create(resource: string, body: unknown): Promise<void> {
    await this.client.create(`${this.core}/${resource}`, body);
  }

  /** Waits until the controller has counted so many pods for a quota: before its first count it limits nothing. */
  quotaCounts(name: string, pods: number): Promise<void> {
    const path = `${this.core}/resourcequotas/${name}`;
    return until(`the quota ${name} counts ${pods} pods`, async () => {
      const { status } = await this.client.get<{ status?: { used?: Record<string, string> } }>(path);
      return status?.used?.['pods'] === String(pods);
    });
  }

  async delete(resource: string, name: string): Promise<void> {
    await this.client.delete(`${this.core}/${resource}/${name}`);
  }

  /** Makes an object of the cluster as a whole that is to watch this namespace alone, such as an admission webhook. */
  async createGuard<T extends { metadata: { name: string } }>(
    resource: string,
    body: T,
  ): Promise<() => Promise<void>> {
    const path = `/apis/admissionregistration.k8s.io/v1/${resource}`;
    await this.client.create(path, body);
    return async () => void (await this.client.delete(`${path}/${body.metadata.name}`));
  }

  /** Waits until the API server refuses a dry run of a change of one of the site's objects. */
  refuses(what: 'Secret' | 'Deployment'): Promise<void> {
    return this.answers(what, false);
  }

  /** Waits until the API server takes a dry run of a change of one of the site's objects. */
  takes(what: 'Secret' | 'Deployment'): Promise<void> {
    return this.answers(what, true);
  }

  private async answers(what: 'Secret' | 'Deployment', wanted: boolean): Promise<void> {
    const path = what === 'Secret' ? this.secretPath : this.deploymentPath;
    let tries = 0;
    const answers = async (): Promise<boolean> => {
      const metadata = { annotations: { 'lab/tried': String((tries += 1)) } };
      const taken = await this.client.patch(`${path}?dryRun=All`, { metadata }).then(
        () => true,
        () => false,
      );
      return taken === wanted;
    };
    const change = `the API server ${wanted ? 'takes' : 'refuses'} a change of the ${what}`;
    await until(change, answers, { limitMs: 20_000, everyMs: 200 });
  }

  close(): void {
    this.client.close();
  }
}

/** A rule of a Role. */
export interface Rule {
  apiGroups: string[];
  resources: string[];
  resourceNames?: string[];
  verbs: string[];
}
