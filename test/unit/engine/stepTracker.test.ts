import type { EngineEvent } from '@pulumi/pulumi/automation';
import { expect } from 'chai';
import type { StepNumber } from '../../../src/rotation/steps';
import { resourceNames, stepNumbers } from '../../../src/rotation/steps';
import { nameOf, StepTracker } from '../../../src/engine/stepTracker';
import type { RecordingName } from './recordings';
import { recording } from './recordings';
import type { StepEvent } from '../../../src/rotation/news';
import type { StepResult } from '../../../src/rotation/news';

/** Plays a recording into a tracker of a rotation that renews slot A. */
function play(name: RecordingName): { tracker: StepTracker; events: StepEvent[] } {
  const events: StepEvent[] = [];
  const tracker = new StepTracker('a', (event) => events.push(event));
  for (const event of recording(name)) tracker.take(event);
  tracker.end();
  return { tracker, events };
}

function summary(results: StepResult[]): string {
  return results.map(({ number, status }) => `${number} ${status}`).join(', ');
}

function steps(events: StepEvent[], kind: StepEvent['kind']): StepNumber[] {
  return events.filter((event) => event.kind === kind).map(({ step }) => step);
}

const fromTwo: StepNumber[] = [2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

describe('StepTracker', () => {
  it('a rotation: every step in order, each ended before the next begins', () => {
    const { tracker, events } = play('second');
    expect(steps(events, 'started')).to.deep.equal(fromTwo);
    expect(steps(events, 'ended')).to.deep.equal(fromTwo);
    const frame = events.filter(({ kind }) => kind !== 'resource').map(({ kind, step }) => `${kind} ${step}`);
    expect(frame).to.deep.equal(fromTwo.flatMap((step) => [`started ${step}`, `ended ${step}`]));
    expect(summary(tracker.results())).to.equal(stepNumbers.map((number) => `${number} done`).join(', '));
    expect(tracker.failure).to.equal(undefined);
  });

  it('what the rotation before leaves behind is no part of a step', () => {
    const { events } = play('second');
    const told = events.filter((event) => event.kind === 'resource');
    expect(told).not.to.have.lengthOf(0);
    expect(
      told.filter(({ name, operation }) => operation === 'delete' || name.includes('20260301')),
    ).to.deep.equal([]);
  });

  it('a resource is told with its step and operation', () => {
    const { events } = play('second');
    expect(events).to.deep.include({ kind: 'resource', step: 5, name: 'sqlconf', operation: 'update' });
    expect(events).to.deep.include({ kind: 'resource', step: 10, name: 'user-a', operation: 'update' });
    expect(events).to.deep.include({
      kind: 'resource',
      step: 9,
      name: 'flip-20260308-020304-bead42',
      operation: 'create',
    });
    const names = events.filter((event) => event.kind === 'resource').map(({ name }) => name);
    expect(new Set(names).size, 'a resource is told twice').to.equal(names.length);
  });

  it('a failed health proof: step 8 failed, the rest not reached, the reason kept', () => {
    const { tracker, events } = play('failedHealth');
    expect(summary(tracker.results())).to.equal(
      '1 done, 2 done, 3 done, 4 done, 5 done, 6 done, 7 done, 8 failed, 9 not-reached, 10 not-reached, 11 not-reached',
    );
    expect(tracker.failure?.step).to.equal(8);
    expect(tracker.failure?.failure).to.include({
      outcome: 'timeout',
      message: 'The health page answers with HTTP 500.',
    });
    expect(events.at(-1)).to.deep.include({ kind: 'ended', step: 8, status: 'failed' });
    const notReached = tracker.results().filter(({ status }) => status === 'not-reached');
    for (const result of notReached) expect(result).not.to.have.property('ms');
  });

  it('taken up again: what was done is unchanged, the rest is done', () => {
    const { tracker } = play('resumed');
    expect(summary(tracker.results().slice(2))).to.equal(
      '3 unchanged, 4 unchanged, 5 unchanged, 6 unchanged, 7 unchanged, 8 done, 9 done, 10 done, 11 done',
    );
  });

  it('a finished rotation once more: all unchanged, and no resource is told', () => {
    const { tracker, events } = play('unchanged');
    expect(summary(tracker.results().slice(2))).to.equal(
      stepNumbers
        .slice(2)
        .map((number) => `${number} unchanged`)
        .join(', '),
    );
    expect(steps(events, 'resource')).to.deep.equal([]);
  });

  it('a failure while a resource is compared has its step and reason', () => {
    const { tracker } = play('failedDiff');
    expect(tracker.failure?.step).to.equal(5);
    expect(tracker.failure?.failure?.outcome).to.equal('permission');
  });

  it('a failure while a resource is compared: that step failed', () => {
    expect(summary(play('failedDiff').tracker.results().slice(3, 6))).to.equal(
      '4 done, 5 failed, 6 not-reached',
    );
  });

  /** An error line of the engine about a resource, or about the whole update. */
  function errorLine(message: string, name?: string): EngineEvent {
    const about = name === undefined ? {} : { urn: `urn:pulumi:s::p::t::${name}` };
    return {
      sequence: 0,
      timestamp: 0,
      diagnosticEvent: { severity: 'error', message, color: 'never', ...about },
    };
  }

  it('an error of another plugin keeps its first line, and the engine’s last word does not replace it', () => {
    const tracker = new StepTracker('a', () => undefined);
    tracker.take(errorLine('\n  error: AccessDeniedException: no\nmore\n', 'slots-flipped-x'));
    tracker.take(errorLine('update failed\n'));
    expect(tracker.failure).to.deep.equal({
      step: 4,
      failure: undefined,
      text: 'error: AccessDeniedException: no more',
    });
  });

  it('what is said after the reason of a failure does not change its step', () => {
    const { tracker } = play('failedHealth');
    tracker.take(errorLine('resource was not registered', 'flip-x'));
    expect(tracker.failure).to.deep.include({ step: 8 });
    expect(tracker.failure?.failure?.outcome).to.equal('timeout');
  });

  it('before anything: steps 1 and 2 are done, no other is reached', () => {
    const tracker = new StepTracker(undefined, () => expect.fail('nothing happened'));
    tracker.end();
    const results = tracker.results();
    expect(results.map(({ number }) => number)).to.deep.equal([...stepNumbers]);
    expect(summary(results.slice(0, 3))).to.equal('1 done, 2 done, 3 not-reached');
    expect(results.slice(2).every(({ status }) => status === 'not-reached')).to.equal(true);
  });

  /** The events of a recording up to the first that this fits, as of an engine that was killed then. */
  function playUntil(name: RecordingName, last: (event: EngineEvent) => boolean): StepTracker {
    const tracker = new StepTracker('a', () => undefined);
    const all = recording(name);
    for (const event of all.slice(0, all.findIndex(last) + 1)) tracker.take(event);
    tracker.endFailed();
    return tracker;
  }

  it('the engine ends in the middle of a step: that step is named and is not done, also in the history', () => {
    const tracker = playUntil('second', ({ resourcePreEvent }) =>
      (resourcePreEvent?.metadata.urn ?? '').endsWith('::user-a'),
    );
    expect([tracker.cutOff, tracker.furthest]).to.deep.equal([10, 10]);
    expect(summary(tracker.results().slice(8))).to.equal('9 done, 10 failed, 11 not-reached');
    expect(tracker.ends().map(({ step }) => step)).not.to.include(10);
  });

  it('the engine ends between two steps: none is to blame, and the furthest is known', () => {
    const tracker = playUntil('second', ({ resOutputsEvent }) =>
      (resOutputsEvent?.metadata.urn ?? '').includes('::flip-'),
    );
    expect([tracker.cutOff, tracker.furthest]).to.deep.equal([undefined, 9]);
    expect(summary(tracker.results().slice(7, 10))).to.equal('8 done, 9 done, 10 not-reached');
  });

  it('the furthest step: what is found done is not begun; what failed is, also in a comparison', () => {
    expect(play('unchanged').tracker.furthest).to.equal(undefined);
    expect(play('failedDiff').tracker.furthest).to.equal(5);
    expect(play('failedHealth').tracker.furthest).to.equal(8);
    expect(play('resumed').tracker.furthest).to.equal(11);
  });

  it('every resource of a rotation belongs to a step', () => {
    const tracker = new StepTracker('a', () => undefined);
    const id = '20260301-020304-c0ffee';
    const named: [string, StepNumber][] = [
      [resourceNames.plan(), 2],
      [resourceNames.adminCheck(id), 3],
      [resourceNames.password('A', id), 4],
      [resourceNames.flipVersion(id), 4],
      [resourceNames.renewalVersion(id), 4],
      [resourceNames.user('b'), 4],
      [resourceNames.canary(id), 4],
      [resourceNames.sqlconf(), 5],
      [resourceNames.kubernetesSecret(), 6],
      [resourceNames.restart(), 7],
      [resourceNames.rollout(id), 7],
      [resourceNames.health(id), 8],
      [resourceNames.flip(id), 9],
      [resourceNames.idle(id), 10],
      [resourceNames.user('a'), 10],
      [resourceNames.renewal(id), 10],
      [resourceNames.adminPassword(id), 11],
    ];
    for (const [name, step] of named) expect(tracker.stepOf(name), name).to.equal(step);
    expect(
      new Set(named.map(([name]) => name.replace(/-[ab]$/, '-a').replace(/-[ab]-/, '-'))),
    ).to.have.property('size', Object.keys(resourceNames).length);
    for (const name of ['openemr-credential-rotation-prod', 'default', 'default_6_2', ''])
      expect(tracker.stepOf(name)).to.equal(undefined);
    expect(new StepTracker(undefined, () => undefined).stepOf('user-a')).to.equal(4);
  });

  it('the name of a resource is the last part of its URN', () => {
    expect(nameOf('urn:pulumi:prod::p::pulumi-nodejs:dynamic/credential-rotation:Sqlconf::sqlconf')).to.equal(
      'sqlconf',
    );
  });
});
