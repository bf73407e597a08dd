import type { CoreV1Event, V1CronJob, V1Job, V1Pod } from '@kubernetes/client-node';
import { Failure } from '../base/failure';
import { partOf } from '../base/part';
import { effect } from '../base/effect';
import { withoutFullStop } from '../base/sentence';
import type { Right } from '../kubernetes/kubernetes';
import { Kubernetes } from '../kubernetes/kubernetes';
import { KubernetesApi } from '../kubernetes/api';
import { answerFailure, NoAnswer, statusOf, untilAnswered } from '../kubernetes/errors';
import type { NewJob } from './cronJob';
import type { JobReader } from './follow';

const tries = { retries: 3, minTimeout: 300, factor: 2 };

/** What starting and following a Job asks of RBAC (infra/kubernetes/role-launcher.yaml). */
const followAndStart: Right[] = [
  { verb: 'list', group: 'batch', resource: 'cronjobs', name: '' },
  { verb: 'list', group: 'batch', resource: 'jobs', name: '' },
  { verb: 'get', group: 'batch', resource: 'jobs', name: '' },
  { verb: 'create', group: 'batch', resource: 'jobs', name: '' },
  { verb: 'list', group: '', resource: 'pods', name: '' },
  { verb: 'get', group: '', resource: 'pods', name: '', subresource: 'log' },
];

/** The rights of each word: who follows a Job makes none. */
export const launcherRights = {
  run: followAndStart,
  logs: followAndStart.filter(({ verb }) => verb !== 'create'),
};

/** The Jobs of one namespace. Each method throws a Failure. */
export class JobCluster implements JobReader {
  private constructor(
    private readonly api: KubernetesApi,
    readonly namespace: string,
  ) {}

  /**
   * @param namespace the kubeconfig's own without
   * @throws Failure `configuration`
   */
  static async connect(context: string | undefined, namespace: string | undefined): Promise<JobCluster> {
    KubernetesApi.useContext(context);
    const api = await KubernetesApi.connect();
    const own = namespace ?? api.context.namespace;
    if (own === undefined)
      throw new Failure(
        'setting-invalid',
        'Neither K8S_NAMESPACE, nor the stack file, nor the kubeconfig names a namespace; name it with --namespace.',
      );
    return new JobCluster(api, own);
  }

  /** @throws Failure `permission` that names every right that is missing */
  async checkRights(rights: readonly Right[]): Promise<void> {
    const kubernetes = new Kubernetes({ namespace: this.namespace, deployment: '', secret: '' });
    const missing = await kubernetes.missingRights(rights);
    if (missing.length === 0) return;
    const list = missing.map(
      ({ verb, resource, subresource }) =>
        `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}`,
    );
    throw new Failure(
      'kubernetes-permission-missing',
      `This identity may not ${list.join(', ')} in namespace ${this.namespace}; grant it infra/kubernetes/role-launcher.yaml.`,
    );
  }

  async cronJobs(): Promise<V1CronJob[]> {
    const { items } = await this.read<{ items: V1CronJob[] }>('CronJobs', this.batch('cronjobs'));
    return items;
  }

  async jobs(): Promise<V1Job[]> {
    const { items } = await this.read<{ items: V1Job[] }>('Jobs', this.batch('jobs'));
    return items;
  }

  job(name: string): Promise<V1Job> {
    return this.read(`Job ${this.namespace}/${name}`, this.batch('jobs', name));
  }

  async pods(job: string): Promise<V1Pod[]> {
    const { items } = await this.read<{ items: V1Pod[] }>('pods', this.core('pods'), {
      labelSelector: `job-name=${job}`,
    });
    return items;
  }

  async trouble(names: readonly string[]): Promise<string | undefined> {
    const found = await partOf(this.read<{ items: CoreV1Event[] }>('events', this.core('events')));
    if (found.kind === 'unreadable') return undefined;
    const own = found.value.items.filter(
      ({ type, involvedObject }) => type === 'Warning' && names.includes(involvedObject.name ?? ''),
    );
    const time = ({ lastTimestamp, eventTime }: CoreV1Event): number =>
      new Date(lastTimestamp ?? eventTime ?? 0).getTime();
    const last = own.sort((one, other) => time(one) - time(other)).at(-1);
    return (
      last && `${last.reason} (${withoutFullStop((last.message ?? '').replace(/\s+/g, ' ')).slice(0, 200)})`
    );
  }

  /**
   * Makes a Job. It is no step of a rotation and holds no lock: the command in its pod takes that.
   * @param dryRun asks the server whether it would take it
   */
  async create(job: NewJob, dryRun: boolean): Promise<void> {
    const name = job.metadata?.name ?? '';
    const make = (): Promise<unknown> =>
      this.api.create(this.batch('jobs'), job, dryRun ? { dryRun: 'All' } : {});
    try {
      await (dryRun ? make() : effect('job: create', make));
    } catch (error) {
      const failure = this.failure(error, 'create', `Job ${this.namespace}/${name}`);
      // The answer may be lost, and the Job made all the same.
      const made = !dryRun && failure instanceof NoAnswer && (await partOf(this.job(name))).kind === 'read';
      if (!made) throw failure;
    }
  }

  async *log(
    pod: string,
    container: string,
    { follow, since, signal }: Parameters<JobReader['log']>[2],
  ): AsyncIterable<string> {
    const query = {
      container,
      timestamps: 'true',
      ...(follow ? { follow: 'true' } : {}),
      ...(since === undefined ? {} : { sinceTime: since }),
    };
    try {
      yield* this.api.stream(this.core('pods', pod, 'log'), query, signal);
    } catch (error) {
      throw this.failure(error, 'get', `the log of pod ${this.namespace}/${pod}`);
    }
  }

  private batch(...more: string[]): string[] {
    return ['apis', 'batch', 'v1', 'namespaces', this.namespace, ...more];
  }

  private core(...more: string[]): string[] {
    return ['api', 'v1', 'namespaces', this.namespace, ...more];
  }

  private read<T>(what: string, path: readonly string[], query: Record<string, string> = {}): Promise<T> {
    const once = (): Promise<T> =>
      this.api.get<T>(path, query).catch((error: unknown) => {
        throw this.failure(error, 'get', what);
      });
    return untilAnswered(once, tries);
  }

  private failure(error: unknown, verb: string, what: string): Failure {
    if (error instanceof Failure) return error;
    const { server } = this.api;
    const status = statusOf(error);
    if (status === 404)
      return new Failure(
        'kubernetes-object-missing',
        `${what} is not in namespace ${this.namespace} of ${server}; correct the name or --namespace.`,
      );
    if (status === 403)
      return new Failure(
        'kubernetes-permission-missing',
        `${server} refuses "${verb}" on ${what} (403); grant infra/kubernetes/role-launcher.yaml, or see which policy refuses it.`,
      );
    if (status === 422 || status === 400)
      return new Failure(
        'kubernetes-request-refused',
        `${server} does not take ${what} (${status}); see that the CronJob is as infra/ makes it, and that its arguments are right.`,
      );
    return answerFailure(error, { verb, what, server });
  }
}
