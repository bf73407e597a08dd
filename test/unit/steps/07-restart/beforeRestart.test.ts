import type {
  V1Container,
  V1Deployment,
  V1DeploymentSpec,
  V1Pod,
  V1ResourceQuota,
} from '@kubernetes/client-node';
import { expect } from 'chai';
import { quotaProblem } from '../../../../src/steps/07-restart/quota';
import { restartTime } from '../../../../src/steps/07-restart/slowPods';
import { lastRollout } from '../../../../src/steps/07-restart/standing';

type Spec = Partial<V1DeploymentSpec> & { containers?: V1Container[]; initContainers?: V1Container[] };
interface Seen {
  updated?: number;
  available?: number;
  total?: number;
  observed?: number;
  reason?: string;
  failure?: string;
}

const name = 'Deployment ns/openemr';
const oneByOne = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };

function deployment(
  { containers = [], initContainers = [], ...spec }: Spec = {},
  seen: Seen = {},
): V1Deployment {
  const replicas = spec.replicas ?? 2;
  const { updated = replicas, available = replicas, total = replicas, observed = 7, reason, failure } = seen;
  const condition = (type: string, status: string, why: string, message: string): object => ({
    type,
    status,
    reason: why,
    message,
  });
  const conditions = [
    ...(reason === undefined ? [] : [condition('Progressing', 'True', reason, 'It says why.')]),
    ...(failure === undefined ? [] : [condition('ReplicaFailure', 'True', 'FailedCreate', failure)]),
  ] as NonNullable<NonNullable<V1Deployment['status']>['conditions']>;
  return {
    metadata: { generation: 7 },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'openemr' } },
      strategy: oneByOne,
      template: { spec: { containers, initContainers } },
      ...spec,
    },
    status: {
      observedGeneration: observed,
      updatedReplicas: updated,
      readyReplicas: available,
      availableReplicas: available,
      replicas: total,
      conditions,
    },
  };
}

function waitingPod(reason: string, more: { deleted?: true } = {}): V1Pod {
  const metadata = { name: 'openemr-1', ...(more.deleted ? { deletionTimestamp: new Date() } : {}) };
  const container = { name: 'c', image: 'i', imageID: 'i', ready: false, restartCount: 0 };
  return { metadata, status: { containerStatuses: [{ ...container, state: { waiting: { reason } } }] } };
}

describe('how the last rollout stands', () => {
  const done = 'NewReplicaSetAvailable';
  const runs = 'ReplicaSetUpdated';
  type Expected = { problem?: RegExp; notice?: RegExp };
  const cases: [string, V1Deployment, V1Pod[] | undefined, Expected][] = [
    ['it is over, and all pods are there', deployment({}, { reason: done }), undefined, {}],
    [
      'its controller gave up',
      deployment({}, { updated: 1, available: 2, total: 3, reason: 'ProgressDeadlineExceeded' }),
      undefined,
      { problem: /^The last rollout of Deployment ns\/openemr is stuck: It says why; fix that, or deploy/ },
    ],
    [
      'its controller gave up, and the pods can be seen: their reason, too',
      deployment({}, { updated: 1, total: 3, reason: 'ProgressDeadlineExceeded' }),
      [waitingPod('ContainerCreating'), waitingPod('ImagePullBackOff')],
      { problem: /stuck: It says why; pod openemr-1: ImagePullBackOff; fix/ },
    ],
    [
      'no pod can be made',
      deployment({}, { updated: 1, available: 1, total: 1, failure: 'exceeded quota: small.', reason: runs }),
      undefined,
      { problem: /stuck: FailedCreate \(exceeded quota: small\); fix/ },
    ],
    [
      'it has time left, but its pod will not start',
      deployment({}, { updated: 1, total: 3, reason: runs }),
      [waitingPod('ImagePullBackOff')],
      { problem: /stuck: pod openemr-1: ImagePullBackOff; fix/ },
    ],
    [
      'it makes progress',
      deployment({}, { updated: 1, available: 2, total: 3, reason: runs }),
      [waitingPod('ContainerCreating'), waitingPod('ImagePullBackOff', { deleted: true })],
      { problem: /still rolling out \(1 updated, 2 available of 2\); run again when/ },
    ],
    [
      'all pods are of the new template, but not ready for the first time',
      deployment({}, { available: 1, reason: runs }),
      undefined,
      { problem: /still rolling out \(2 updated, 1 available of 2\)/ },
    ],
    [
      'its controller has not looked yet',
      deployment({}, { observed: 6, reason: done }),
      undefined,
      { problem: /still rolling out/ },
    ],
    [
      'an autoscaler adds pods',
      deployment({ replicas: 5 }, { updated: 5, available: 2, total: 5, reason: done }),
      undefined,
      { notice: /^Deployment ns\/openemr has 2 of 5 pods available before the restart$/ },
    ],
    [
      'a pod fails long after the rollout: told with its reason',
      deployment({}, { available: 1, reason: done }),
      [waitingPod('ImagePullBackOff')],
      { notice: /has 1 of 2 pods available before the restart: pod openemr-1: ImagePullBackOff$/ },
    ],
    [
      'a pod is away, and there is no deadline',
      deployment({}, { available: 1 }),
      [],
      { notice: /has 1 of 2/ },
    ],
    ['paused, which has words of its own', deployment({ paused: true }, { available: 1 }), [], {}],
    ['no replicas, likewise', deployment({ replicas: 0 }, { observed: 6 }), [], {}],
  ];
  for (const [what, given, pods, { problem, notice }] of cases)
    it(what, () => {
      const found = lastRollout(given, pods, name);
      expect(Object.keys(found)).to.deep.equal([
        ...(problem === undefined ? [] : ['problem']),
        ...(notice === undefined ? [] : ['notice']),
      ]);
      if (problem !== undefined) expect(found.problem).to.match(problem);
      if (notice !== undefined) expect(found.notice).to.match(notice);
    });
});

describe('how long a restart takes', () => {
  const slow = (seconds: number): V1Container => ({
    name: 'openemr',
    startupProbe: { initialDelaySeconds: 5 },
    readinessProbe: { initialDelaySeconds: seconds },
  });
  /** A pod as our client gives it: times are text. */
  const tookSeconds = (seconds: number, status = 'True'): V1Pod =>
    ({
      metadata: { name: 'p' },
      status: {
        startTime: '2026-01-01T00:00:00Z',
        conditions: [
          {
            type: 'Ready',
            status,
            lastTransitionTime: new Date(Date.UTC(2026, 0, 1, 0, 0, seconds)).toISOString(),
          },
        ],
      },
    }) as unknown as V1Pod;
  const tenSlow = deployment({ replicas: 10, containers: [slow(300)] });
  const text = (
    given: V1Deployment,
    limitSeconds: number | undefined,
    pods?: V1Pod[],
  ): [kind: string, text: string] | undefined => {
    const { problem, notice } = restartTime(given, pods, { name, limitSeconds });
    if (problem !== undefined) return ['problem', problem];
    return notice === undefined ? undefined : ['notice', notice];
  };

  it('ten pods of 300 s, one by one, do not fit 900 s: the number is named, and both ways out', () => {
    expect(text(tenSlow, 900)).to.deep.equal([
      'problem',
      'The restart of Deployment ns/openemr takes at least 3000 s (10 pods in 10 turns of 300 s), and its limit is 900 s; raise --timeout, or leave it out: then the limit starts again with each pod that becomes ready',
    ]);
  });

  it('they fit the limit of 3600 s, and no limit; that it takes long is said', () => {
    for (const limit of [3600, undefined])
      expect(text(tenSlow, limit)).to.deep.equal([
        'notice',
        'The restart of Deployment ns/openemr is likely to take 3000 s (10 pods in 10 turns of 300 s)',
      ]);
  });

  it('counts how many get ready at a time, and minReadySeconds', () => {
    const of = (maxSurge: number | string, maxUnavailable: number | string, minReadySeconds = 0): string =>
      text(
        deployment({
          replicas: 10,
          minReadySeconds,
          containers: [slow(300)],
          strategy: { rollingUpdate: { maxSurge, maxUnavailable } },
        }),
        1,
      )?.[1] ?? '';
    expect(of(1, 0)).to.include('3000 s (10 pods in 10 turns');
    expect(of(0, 1)).to.include('3000 s (10 pods in 10 turns');
    expect(of('25%', '25%')).to.include('600 s (10 pods in 2 turns');
    expect(of('0%', '1%')).to.include('3000 s (10 pods in 10 turns');
    expect(of('100%', 0, 20)).to.include('320 s (10 pods in 1 turn of 320 s)');
    const recreated = deployment({ replicas: 10, containers: [slow(300)], strategy: { type: 'Recreate' } });
    expect(text(recreated, 1)?.[1]).to.include('300 s (10 pods in 1 turn of 300 s)');
  });

  it('probes that begin after the progress deadline let no rollout end, with and without a limit', () => {
    for (const limit of [undefined, 9000])
      expect(text(deployment({ containers: [slow(600)] }), limit)).to.deep.equal([
        'problem',
        "Every rollout of Deployment ns/openemr would fail: its probes begin after 600 s, and its progressDeadlineSeconds is 600; raise that above the pods' start-up time",
      ]);
    expect(
      text(deployment({ containers: [slow(600)], progressDeadlineSeconds: 700 }), undefined)?.[0],
    ).to.equal('notice');
  });

  it('what was measured is told and refuses nothing: the fastest of the pods that are ready counts', () => {
    const ten = deployment({ replicas: 10 });
    const pods = [tookSeconds(45), tookSeconds(40), tookSeconds(2, 'False')];
    expect(text(ten, 300, pods)).to.deep.equal([
      'notice',
      'The restart of Deployment ns/openemr is likely to take 400 s (10 pods in 10 turns of 40 s), which is more than its limit of 300 s (--timeout)',
    ]);
    expect(text(ten, 3600, pods)?.[1]).not.to.include('--timeout');
    expect(text(ten, 3600, [tookSeconds(20)])).to.equal(undefined);
    expect(text(ten, 3600, [{ metadata: { name: 'new' }, status: {} }])).to.equal(undefined);
    expect(text(ten, undefined)).to.equal(undefined);
  });
});

describe('a quota that has no room for the restart', () => {
  const quota = (
    hard: Record<string, string>,
    used: Record<string, string>,
    spec: V1ResourceQuota['spec'] = {},
  ): V1ResourceQuota => ({ metadata: { name: 'small' }, spec, status: { hard, used } });
  const asks = (requests: Record<string, string>, limits: Record<string, string> = {}): V1Container => ({
    name: 'c',
    resources: { requests, limits },
  });
  const found = (
    hard: Record<string, string>,
    used: Record<string, string>,
    given: V1Deployment = deployment({ containers: [asks({ cpu: '100m', memory: '1Gi' })] }),
  ): string | undefined => quotaProblem([quota(hard, used)], given, name);

  it('names the quota, what is used of it, and two cures', () => {
    expect(found({ pods: '2' }, { pods: '2' })).to.equal(
      'ResourceQuota small has no room for one more pod of Deployment ns/openemr (pods: 2 of 2 used), and a restart creates the new pod before an old one goes; raise the quota, or allow maxUnavailable 1, and run again',
    );
    expect(found({ pods: '3' }, { pods: '2' })).to.equal(undefined);
  });

  it('counts exactly, in every unit', () => {
    expect(found({ cpu: '300m' }, { cpu: '200m' }), '0.1 + 0.2 is 0.3').to.equal(undefined);
    expect(found({ cpu: '299m' }, { cpu: '200m' })).to.include('cpu: 200m of 299m');
    expect(found({ 'requests.memory': '3Gi' }, { 'requests.memory': '2048Mi' })).to.equal(undefined);
    expect(found({ memory: '3G' }, { memory: '2Gi' })).to.include('memory: 2Gi of 3G');
    expect(found({ 'requests.cpu': '1' }, { 'requests.cpu': '0.95' })).to.include('requests.cpu');
    expect(found({ memory: '3e9' }, { memory: '1e9' })).to.equal(undefined);
    expect(found({ 'limits.cpu': '1' }, { 'limits.cpu': '1' }), 'no limit is set').to.equal(undefined);
    expect(found({ 'requests.storage': '1Gi', secrets: '1' }, { secrets: '1' })).to.equal(undefined);
  });

  it('adds up containers and sidecars; an init container counts where it asks for more; a limit alone is a request', () => {
    const of = (containers: V1Container[], initContainers: V1Container[], cpu: string): string | undefined =>
      found({ cpu }, { cpu: '1' }, deployment({ containers, initContainers }));
    const [small, big] = [asks({ cpu: '200m' }), asks({ cpu: '900m' })];
    expect(of([small, small], [], '1400m')).to.equal(undefined);
    expect(of([small, small], [], '1399m')).not.to.equal(undefined);
    expect(of([small, small], [{ ...small, restartPolicy: 'Always' }], '1599m')).not.to.equal(undefined);
    expect(of([small], [big], '1899m')).not.to.equal(undefined);
    expect(of([small], [big], '1900m')).to.equal(undefined);
    expect(of([asks({}, { cpu: '500m' })], [], '1499m')).not.to.equal(undefined);
  });

  it('is none where an old pod may go first, nor one that has a scope', () => {
    const [hard, used] = [{ pods: '2' }, { pods: '2' }];
    const strategy = { rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } };
    expect(found(hard, used, deployment({ strategy }))).to.equal(undefined);
    expect(found(hard, used, deployment({ strategy: { type: 'Recreate' } }))).to.equal(undefined);
    const nothing = { rollingUpdate: { maxSurge: '0%', maxUnavailable: '1%' } };
    expect(found(hard, used, deployment({ strategy: nothing })), 'one may go').to.equal(undefined);
    for (const spec of [{ scopes: ['Terminating'] }, { scopeSelector: {} }])
      expect(quotaProblem([quota(hard, used, spec)], deployment(), name)).to.equal(undefined);
    expect(quotaProblem([], deployment(), name)).to.equal(undefined);
  });
});
