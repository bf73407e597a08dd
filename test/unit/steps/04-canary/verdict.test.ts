import { expect } from 'chai';
import { newHosts } from '../../../../src/steps/04-canary/logins';
import { lookAtPod } from '../../../../src/steps/04-canary/podLook';
import type { Seen } from '../../../../src/steps/04-canary/verdict';
import { judgeCanary, needsControl } from '../../../../src/steps/04-canary/verdict';

const notRun: Seen = { kind: 'not-run', why: 'no room' };
const good: Seen = { kind: 'good', login: 'seen' };
const silent: Seen = { kind: 'silent', why: 'it ended', login: 'not-seen' };
const bad: Seen = { kind: 'bad', wrong: 'answers with HTTP 500', fault: 'broken', login: 'seen' };

describe('the verdict on the new login', () => {
  const cases: [string, Seen, Seen | undefined, string][] = [
    ['good and logged in', good, undefined, 'proved'],
    ['good, and nobody logged in', { kind: 'good', login: 'not-seen' }, undefined, 'unproved'],
    ['good, and logins cannot be seen', { kind: 'good', login: 'unknown' }, undefined, 'unproved'],
    ['not run', notRun, undefined, 'unproved'],
    ['bad, control good', bad, good, 'bad'],
    ['bad, control good without a login seen', bad, { kind: 'good', login: 'unknown' }, 'bad'],
    ['bad, control bad', bad, bad, 'unproved'],
    ['bad, control silent', bad, silent, 'unproved'],
    ['bad, control not run: what a page says counts', bad, notRun, 'bad'],
    ['bad, no control', bad, undefined, 'bad'],
    ['silent, control good', silent, good, 'bad'],
    ['silent, control bad', silent, bad, 'unproved'],
    ['silent, control silent', silent, silent, 'unproved'],
    ['silent, control not run', silent, notRun, 'unproved'],
    ['silent, no control', silent, undefined, 'unproved'],
  ];
  for (const [name, canary, control, wanted] of cases)
    it(`${name}: ${wanted}`, () => expect(judgeCanary(canary, control).kind).to.equal(wanted));

  it('only what is not well is compared', () => {
    expect([notRun, good, silent, bad].map(needsControl)).to.deep.equal([false, false, true, true]);
  });

  it('tells what both pods said', () => {
    expect(judgeCanary(silent, bad)).to.deep.equal({
      kind: 'unproved',
      why: 'it ended, but a pod on the login in use is no better (its page answers with HTTP 500)',
    });
    expect(judgeCanary(bad, good)).to.deep.equal({
      kind: 'bad',
      said: 'its page answers with HTTP 500',
      login: 'seen',
      compared: true,
    });
  });
});

describe('the look at a pod', () => {
  const look = (status: object, metadata: object = {}): unknown =>
    lookAtPod({ metadata: { name: 'c', ...metadata }, status }, ['openemr']);
  const ended = (name: string, exitCode: number): object => ({
    name,
    state: { terminated: { exitCode } },
    ready: false,
  });

  it('waits for an address, and tells why there is none', () => {
    expect(look({ phase: 'Pending' })).to.deep.equal({ kind: 'waits', why: 'it got no address' });
    const conditions = [
      { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes' },
    ];
    expect(look({ phase: 'Pending', conditions })).to.deep.equal({
      kind: 'waits',
      why: 'pod c: Unschedulable (0/3 nodes)',
    });
  });

  it('asks as soon as it has an address, ready or not; logins may come from its node', () => {
    const status = {
      phase: 'Running',
      podIP: '10.0.0.1',
      podIPs: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }],
      hostIP: '10.9.0.1',
    };
    expect(look(status)).to.deep.equal({ kind: 'answers', addresses: ['10.0.0.1', 'fd00::1', '10.9.0.1'] });
  });

  it('an end of OpenEMR, or of anything with an error, is a crash; the end of a helper is none', () => {
    const crash = (name: string, code: number): object => ({
      kind: 'crashed',
      why: `its container ${name} ended with exit code ${code}`,
    });
    expect(look({ phase: 'Running', podIP: '1', containerStatuses: [ended('openemr', 0)] })).to.deep.equal(
      crash('openemr', 0),
    );
    expect(look({ phase: 'Failed', containerStatuses: [ended('logs', 2)] })).to.deep.equal(crash('logs', 2));
    expect(look({ phase: 'Failed', initContainerStatuses: [ended('wait', 1)] })).to.deep.equal(
      crash('wait', 1),
    );
    expect(look({ phase: 'Running', podIP: '1', containerStatuses: [ended('logs', 0)] })).to.include({
      kind: 'answers',
    });
    expect(look({ phase: 'Succeeded' })).to.include({ kind: 'crashed' });
  });

  it('what the cluster does to it is no word on the login', () => {
    expect(look({ phase: 'Failed', reason: 'Evicted' })).to.deep.equal({
      kind: 'stuck',
      why: 'it was ended: Evicted',
    });
    expect(look({ phase: 'Running', podIP: '1' }, { deletionTimestamp: 'now' })).to.include({
      kind: 'stuck',
    });
    const waiting = {
      name: 'openemr',
      ready: false,
      restartCount: 0,
      state: { waiting: { reason: 'ImagePullBackOff' } },
    };
    expect(look({ phase: 'Pending', containerStatuses: [waiting] })).to.include({ kind: 'stuck' });
  });
});

describe('where new logins come from', () => {
  const looked = (sessions: [string, string][], hosts?: [string, number][], server = 's'): never =>
    ({
      sessions: new Map(sessions),
      ...(hosts && {
        counted: {
          total: hosts.reduce((sum, [, count]) => sum + count, 0),
          byHost: new Map(hosts),
          server,
          uptime: 1,
        },
      }),
    }) as never;

  it('sessions that were not there, and counts that grew, of the same server', () => {
    const first = looked([['1', 'a']], [['a', 4]]);
    expect(newHosts(first, looked([['1', 'a']], [['a', 4]]))).to.deep.equal([]);
    expect(
      newHosts(
        first,
        looked(
          [
            ['1', 'a'],
            ['2', 'b'],
          ],
          [['a', 4]],
        ),
      ),
    ).to.deep.equal(['b']);
    expect(
      newHosts(
        first,
        looked(
          [],
          [
            ['a', 4],
            ['c', 1],
          ],
        ),
      ),
    ).to.deep.equal(['c']);
    expect(newHosts(first, looked([], [['a', 9]], 'another'))).to.deep.equal([]);
    expect(newHosts(looked([]), looked([['3', 'd']]))).to.deep.equal(['d']);
  });

  it('nobody who is refused: neither while he logs in, nor as MySQL 9 counts him', () => {
    const [first, later] = [looked([], [['a', 4]]), looked([['1', 'a']], [['a', 7]])];
    const asked = (look: object, count: number): never =>
      ({
        ...{ ...look, answered: 0, loggingIn: new Set(['1']) },
        counted: { ...(look as { counted: object }).counted, questions: { count, countedFor: 1, own: 0 } },
      }) as never;
    expect(newHosts(asked(first, 9), asked(later, 9))).to.deep.equal([]);
    expect(newHosts(asked(first, 9), asked(later, 10))).to.deep.equal(['a']);
  });
});
