import type { V1ContainerState, V1Pod, V1PodCondition } from '@kubernetes/client-node';
import { expect } from 'chai';
import { podTrouble, replicaTrouble } from '../../../src/kubernetes/podTrouble';

const restart = { annotation: 'restartedAt', token: 'now' };

function pod(
  container: { ready?: boolean; restarts?: number; state?: V1ContainerState; last?: V1ContainerState },
  { token = 'now', conditions = [] }: { token?: string; conditions?: V1PodCondition[] } = {},
): V1Pod {
  const { ready = false, restarts = 0, state = {}, last = {} } = container;
  const status = { name: 'openemr', image: 'i', imageID: 'i', ready, restartCount: restarts };
  return {
    metadata: { name: 'openemr-1', annotations: { restartedAt: token } },
    status: { conditions, containerStatuses: [{ ...status, state, lastState: last }] },
  };
}

const pulling = { waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling\n image "x".' } };
const crashed = { terminated: { exitCode: 2, reason: 'Error', message: 'a line of the log' } };
const waits = { waiting: { reason: 'CrashLoopBackOff', message: 'back-off' } };
const unschedulable = [
  { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes are available' },
];

const table: [name: string, pods: V1Pod[], trouble: [reason: RegExp, lasting: boolean] | undefined][] = [
  ['no pods', [], undefined],
  ['a ready pod', [pod({ ready: true, state: { running: {} } })], undefined],
  ['a pod that is being made', [pod({ state: { waiting: { reason: 'ContainerCreating' } } })], undefined],
  [
    'an image that cannot be pulled',
    [pod({ state: pulling })],
    [/^pod openemr-1: ImagePullBackOff \(Back-off pulling image "x"\)$/, true],
  ],
  ['the same of an older restart', [pod({ state: pulling }, { token: 'before' })], undefined],
  [
    'a first crash',
    [pod({ restarts: 1, state: waits, last: crashed })],
    [/ended 1 times.*exit code 2/, false],
  ],
  ['many crashes', [pod({ restarts: 3, state: waits, last: crashed })], [/ended 3 times.*CrashLoop/, true]],
  [
    'many crashes, running just now',
    [pod({ restarts: 4, state: { running: {} }, last: crashed })],
    [/ended 4/, true],
  ],
  [
    'crashes that are over',
    [pod({ ready: true, restarts: 4, state: { running: {} }, last: crashed })],
    undefined,
  ],
  ['a pod that is never ready', [pod({ state: { running: {} } })], [/runs but is not ready/, false]],
  [
    'no room in the cluster',
    [pod({}, { conditions: unschedulable })],
    [/^pod openemr-1: Unschedulable \(0\/3 nodes are available\)$/, false],
  ],
  [
    'a lasting trouble behind a passing one',
    [pod({}, { conditions: unschedulable }), pod({ state: pulling })],
    [/ImagePullBackOff/, true],
  ],
];

describe('podTrouble', () => {
  for (const [name, pods, trouble] of table)
    it(`finds in ${name}: ${trouble ? trouble[0].source : 'nothing'}`, () => {
      const found = podTrouble(pods, restart);
      if (!trouble) return expect(found).to.equal(undefined);
      expect(found?.lasting).to.equal(trouble[1]);
      return expect(found?.reason).to.match(trouble[0]).and.not.include('log');
    });
});

describe('replicaTrouble', () => {
  const condition = { type: 'ReplicaFailure', reason: 'FailedCreate', message: 'exceeded quota: pods' };
  it('is what the Deployment says of pods that it cannot make', () => {
    const status = { conditions: [{ ...condition, status: 'True' }] };
    expect(replicaTrouble({ status })).to.deep.equal({
      reason: 'FailedCreate (exceeded quota: pods)',
      lasting: true,
      standsMs: 120_000,
    });
  });
  it('is believed only when an old pod has had its whole grace period, and Kubernetes has tried again', () => {
    const status = { conditions: [{ ...condition, status: 'True' }] };
    const spec = {
      selector: {},
      template: { spec: { containers: [], terminationGracePeriodSeconds: 60 } },
    };
    expect(replicaTrouble({ status, spec })?.standsMs).to.equal(150_000);
  });
  it('is over with the condition', () =>
    expect(replicaTrouble({ status: { conditions: [{ ...condition, status: 'False' }] } })).to.equal(
      undefined,
    ));
});
