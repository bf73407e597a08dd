import type { V1Job, V1Pod } from '@kubernetes/client-node';
import { expect } from 'chai';
import type { Outcome } from '../../../src/base/failure';
import { stateOf } from '../../../src/job/podState';
import { job, pod } from './objects';

const failed = (reason: string, message = ''): V1Job =>
  job({ conditions: [{ type: 'Failed', status: 'True', reason, message }] });
const ended = (exitCode: number, reason = 'Error'): V1Pod =>
  pod({ terminated: { exitCode, reason } }, { phase: exitCode === 0 ? 'Succeeded' : 'Failed' });

const ends: [what: string, job: V1Job, pods: V1Pod[], begun: boolean, outcome: Outcome, message?: RegExp][] =
  [
    ['its own success', job(), [ended(0, 'Completed')], true, 'done'],
    ['its own exit code', job(), [ended(12)], true, 'held'],
    ['its own stop', job(), [ended(8)], true, 'cancelled'],
    [
      'no memory',
      job(),
      [ended(137, 'OOMKilled')],
      true,
      'cancelled',
      /OOMKilled, its limit is 1Gi.*finishes what was begun/,
    ],
    ['a signal', job(), [ended(137)], true, 'cancelled', /signal 9 \(exit code 137\).*finishes/],
    ['a code of no such command', job(), [ended(127)], true, 'unexpected', /exit code 127/],
    [
      'a container that the runtime cannot start',
      job(),
      [ended(128, 'StartError')],
      false,
      'before-switch',
      /nothing was begun/,
    ],
    [
      'an eviction while it ran',
      job(),
      [
        pod(
          { terminated: { exitCode: 137 } },
          { phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' },
        ),
      ],
      true,
      'cancelled',
      /Evicted \(The node was low on resource: memory\)/,
    ],
    [
      'an eviction before it ran',
      job(),
      [pod(undefined, { phase: 'Failed', reason: 'Evicted', message: 'no disk' })],
      false,
      'before-switch',
      /never started: Evicted \(no disk\)/,
    ],
    [
      'the deadline while it ran',
      failed('DeadlineExceeded', 'Job was active longer than specified deadline'),
      [],
      true,
      'cancelled',
      /DeadlineExceeded \(Job was active/,
    ],
    [
      'the deadline before it ran',
      failed('DeadlineExceeded'),
      [],
      false,
      'before-switch',
      /DeadlineExceeded/,
    ],
    [
      'a run that stopped in order at its deadline',
      job(),
      [pod({ terminated: { exitCode: 13 } }, { phase: 'Failed', reason: 'DeadlineExceeded' })],
      true,
      'rolled-back',
    ],
    ['a pod that somebody deleted', job(), [], true, 'cancelled', /was deleted while it ran/],
    [
      'a Job whose pod is gone',
      job({ conditions: [{ type: 'Complete', status: 'True' }] }),
      [],
      false,
      'done',
      /its pod is gone/,
    ],
  ];

describe('how a Job ended', () => {
  for (const [what, of, pods, begun, outcome, message] of ends)
    it(what, () => {
      const state = stateOf(of, pods, 'c', begun);
      if (state.kind !== 'ended' && state.kind !== 'gone') throw new Error(state.kind);
      expect(state.end.outcome).to.equal(outcome);
      if (message === undefined) expect(state.end).not.to.have.property('message');
      else expect(state.end.message).to.match(message);
    });
});

describe('a Job that waits', () => {
  const scheduled = {
    type: 'PodScheduled',
    status: 'False',
    reason: 'Unschedulable',
    message: '0/3 nodes are available.',
  };
  const waits: [what: string, job: V1Job, pods: V1Pod[], reason: RegExp, lasting: boolean][] = [
    ['without a pod', job(), [], /has no pod yet/, false],
    [
      'suspended',
      { ...job(), spec: { ...job().spec, suspend: true } as V1Job['spec'] & object },
      [],
      /is suspended/,
      true,
    ],
    [
      'for a node',
      job(),
      [pod(undefined, { conditions: [scheduled] })],
      /Unschedulable \(0\/3 nodes are available\)/,
      false,
    ],
    [
      'for an image',
      job(),
      [pod({ waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image' } })],
      /ImagePullBackOff \(Back-off/,
      true,
    ],
    [
      'for its container',
      job(),
      [pod({ waiting: { reason: 'ContainerCreating' } })],
      /pod p is ContainerCreating/,
      false,
    ],
  ];
  for (const [what, of, pods, reason, lasting] of waits)
    it(what, () => {
      const state = stateOf(of, pods, 'c', false);
      if (state.kind !== 'waiting') throw new Error(state.kind);
      expect(state.reason).to.match(reason);
      expect(state.lasting).to.equal(lasting);
    });

  it('runs, when its container does, whatever stands beside it', () => {
    expect(stateOf(job(), [pod({ running: {} }, { phase: 'Running' })], 'c', false)).to.deep.equal({
      kind: 'running',
      pod: 'p',
    });
  });
});
