import type { V1Deployment, V1DeploymentCondition } from '@kubernetes/client-node';
import { expect } from 'chai';
import { lastOwner, rolloutProgress, rolloutState, stallLimitMs } from '../../../src/kubernetes/rollout';

interface Counts {
  updated?: number;
  ready?: number;
  available?: number;
  total?: number;
}

const complete: Counts = { updated: 2, ready: 2, available: 2, total: 2 };

function deployment(
  counts: Counts,
  {
    generation = 4,
    observed = 4,
    spec = {},
    conditions = [],
  }: {
    generation?: number;
    observed?: number | null;
    spec?: { replicas?: number; paused?: boolean; progressDeadlineSeconds?: number };
    conditions?: V1DeploymentCondition[];
  } = {},
): V1Deployment {
  return {
    metadata: { generation },
    spec: { replicas: 2, selector: {}, template: {}, ...spec },
    status: {
      ...(observed === null ? {} : { observedGeneration: observed }),
      ...(counts.updated === undefined ? {} : { updatedReplicas: counts.updated }),
      ...(counts.ready === undefined ? {} : { readyReplicas: counts.ready }),
      ...(counts.available === undefined ? {} : { availableReplicas: counts.available }),
      ...(counts.total === undefined ? {} : { replicas: counts.total }),
      conditions,
    },
  };
}

const progressing = (updated: number, available: number, wanted = 2): object => ({
  kind: 'progressing',
  updated,
  available,
  wanted,
});

const gaveUp: V1DeploymentCondition = {
  type: 'Progressing',
  status: 'False',
  reason: 'ProgressDeadlineExceeded',
  message: 'ReplicaSet "openemr-5d9" has timed out progressing.',
};
const available: V1DeploymentCondition = {
  type: 'Available',
  status: 'True',
  reason: 'MinimumReplicasAvailable',
};
const newSet: V1DeploymentCondition = {
  type: 'Progressing',
  status: 'True',
  reason: 'NewReplicaSetAvailable',
};

const table: [name: string, deployment: V1Deployment, state: object][] = [
  ['all replicas are new, ready and available', deployment(complete), { kind: 'complete' }],
  [
    'all done, with the conditions of a finished rollout',
    deployment(complete, { conditions: [available, newSet] }),
    { kind: 'complete' },
  ],
  ['the status is of a later generation', deployment(complete, { observed: 5 }), { kind: 'complete' }],
  ['the status is of the generation before', deployment(complete, { observed: 3 }), progressing(2, 2)],
  ['there is no status of any generation', deployment(complete, { observed: null }), progressing(2, 2)],
  [
    'an old failure is in a stale status',
    deployment(complete, { observed: 3, conditions: [gaveUp] }),
    progressing(2, 2),
  ],
  [
    'the deadline has passed',
    deployment({ ...complete, updated: 1 }, { conditions: [available, gaveUp] }),
    { kind: 'failed', reason: 'ReplicaSet "openemr-5d9" has timed out progressing' },
  ],
  [
    'the deadline has passed, without a message',
    deployment(
      {},
      { conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }] },
    ),
    { kind: 'failed', reason: 'ProgressDeadlineExceeded' },
  ],
  [
    'another condition has the reason of a passed deadline',
    deployment(complete, { conditions: [{ ...gaveUp, type: 'Available' }] }),
    { kind: 'complete' },
  ],
  ['no new replica is there yet', deployment({ total: 2, ready: 2, available: 2 }), progressing(0, 2)],
  ['one replica is still old', deployment({ ...complete, updated: 1 }), progressing(1, 2)],
  ['one old replica is left beside the new ones', deployment({ ...complete, total: 3 }), progressing(2, 2)],
  ['one new replica is not ready', deployment({ ...complete, ready: 1 }), progressing(2, 2)],
  ['one new replica is not available', deployment({ ...complete, available: 1 }), progressing(2, 1)],
  [
    'more replicas are there than wanted after a scale-down',
    deployment({ updated: 3, ready: 3, available: 3, total: 3 }),
    progressing(3, 3),
  ],
  [
    'the status is empty',
    { metadata: { generation: 1 }, spec: { selector: {}, template: {} }, status: {} },
    progressing(0, 0, 1),
  ],
  [
    'there is no status',
    { metadata: { generation: 1 }, spec: { selector: {}, template: {} } },
    progressing(0, 0, 1),
  ],
  ['no replica is wanted and none is there', deployment({}, { spec: { replicas: 0 } }), { kind: 'complete' }],
  [
    'no replica is wanted and an old one is left',
    deployment({ total: 1 }, { spec: { replicas: 0 } }),
    progressing(0, 0, 0),
  ],
];

describe('rolloutState', () => {
  for (const [name, given, state] of table) {
    it(`${name}: ${'kind' in state ? String(state.kind) : ''}`, () => {
      expect(rolloutState(given)).to.deep.equal(state);
    });
  }

  for (const observed of [3, 4]) {
    it(`a paused Deployment never ends (generation ${observed} of 4 seen)`, () => {
      const state = rolloutState(deployment({}, { observed, spec: { paused: true } }));
      expect(state).to.have.property('kind', 'failed');
      expect(state)
        .to.have.property('reason')
        .that.matches(/paused.*kubectl rollout resume/);
    });
  }
});

describe('rolloutProgress', () => {
  /** Two pods replaced one after the other: a new one more than wanted, then an old one less. */
  const surge: Counts[] = [
    { total: 2, ready: 2, available: 2 },
    { updated: 1, total: 3, ready: 2, available: 2 },
    { updated: 1, total: 3, ready: 3, available: 2 },
    { updated: 1, total: 3, ready: 3, available: 3 },
    { updated: 1, total: 2, ready: 2, available: 2 },
    { updated: 2, total: 3, ready: 2, available: 2 },
    { updated: 2, total: 3, ready: 3, available: 3 },
    { updated: 2, total: 2, ready: 2, available: 2 },
  ];
  /** The same where an old one goes first. */
  const replaced: Counts[] = [
    { total: 2, ready: 2, available: 2 },
    { total: 1, ready: 1, available: 1 },
    { updated: 1, total: 2, ready: 1, available: 1 },
    { updated: 1, total: 2, ready: 2, available: 2 },
    { updated: 1, total: 1, ready: 1, available: 1 },
    { updated: 2, total: 2, ready: 1, available: 1 },
    { updated: 2, total: 2, ready: 2, available: 2 },
  ];
  for (const [name, stages] of Object.entries({ surge, replaced }))
    it(`grows with each step of a rollout (${name})`, () => {
      const numbers = stages.map((counts) => rolloutProgress(deployment(counts)));
      expect([...new Set(numbers)].sort((one, two) => one - two)).to.deep.equal(numbers);
    });
});

describe('stallLimitMs', () => {
  const limits: [string, V1Deployment, number][] = [
    [
      "a little more than the Deployment's deadline, however many pods there are",
      deployment({}, { spec: { replicas: 3, progressDeadlineSeconds: 60 } }),
      90_000,
    ],
    ["from Kubernetes' default deadline", deployment({}, { spec: { replicas: 1 } }), 630_000],
    ['the same for an empty Deployment', {}, 630_000],
    [
      'the same where there is to be no deadline',
      deployment({}, { spec: { progressDeadlineSeconds: 2_147_483_647 } }),
      630_000,
    ],
  ];
  for (const [name, given, ms] of limits) it(`is ${name}`, () => expect(stallLimitMs(given)).to.equal(ms));
});

describe('lastOwner', () => {
  const entry = (manager: string, time: string, more: object = { fieldsV1: { 'f:spec': {} } }): object => ({
    manager,
    time,
    ...more,
  });
  const owner = (...managedFields: object[]): string => lastOwner({ metadata: { managedFields } });

  it('is who wrote the spec last, besides this tool', () =>
    expect(
      owner(
        entry('argocd-controller', '2026-01-02T00:00:00Z'),
        entry('kubectl-client-side-apply', '2026-01-01T00:00:00Z'),
        entry('credential-rotation', '2026-01-03T00:00:00Z'),
        entry('kube-controller-manager', '2026-01-04T00:00:00Z', {
          subresource: 'status',
          fieldsV1: { 'f:spec': {} },
        }),
        entry('kubectl-label', '2026-01-05T00:00:00Z', { fieldsV1: { 'f:metadata': {} } }),
      ),
    ).to.equal('argocd-controller (field manager)'));

  it('is somebody else where the API server does not say', () =>
    expect([owner(), owner(entry('unknown', '2026-01-01T00:00:00Z'))]).to.deep.equal([
      'somebody else',
      'somebody else',
    ]));
});
