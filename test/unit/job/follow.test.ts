import type { V1Job, V1Pod } from '@kubernetes/client-node';
import { expect } from 'chai';
import { Failure } from '../../../src/base/failure';
import type { JobReader, Patience } from '../../../src/job/follow';
import { followJob } from '../../../src/job/follow';
import { LogPosition } from '../../../src/job/logLines';
import type { JobEnd } from '../../../src/job/podState';
import { NoAnswer } from '../../../src/kubernetes/errors';
import { job, pod } from './objects';

const patience: Patience = { poll: 5, start: 100, lasting: 30, rest: 40, server: 60 };
const at = (second: number, fraction: string): string => `2026-11-29T09:00:0${second}.${fraction}Z`;

describe('the place in a log', () => {
  it('shows each line once, also those of the second from which it is read again', () => {
    const position = new LogPosition();
    expect(position.since).to.equal(undefined);
    const first = `${at(1, '1')} a\n${at(1, '2')} b\n${at(1, '2')} c\n${at(1, '3')} cut`;
    expect(position.take(first)).to.deep.equal(['a', 'b', 'c']);
    expect(position.since).to.equal('2026-11-29T09:00:01Z');
    position.again();
    expect(position.take(`${first} off\n${at(1, '2500')} late\n${at(2, '05')} d\n`)).to.deep.equal([
      'cut off',
      'd',
    ]);
    position.again();
    expect(position.take(`${at(2, '050000000')} d\n`)).to.deep.equal(['d']);
  });

  it('two equal lines of one time are two lines', () => {
    const position = new LogPosition();
    position.take(`${at(1, '1')} same\n`);
    position.again();
    expect(position.take(`${at(1, '1')} same\n${at(1, '1')} same\n`)).to.deep.equal(['same']);
  });

  it('blank lines, and lines without an end', () => {
    const position = new LogPosition();
    expect(position.take(`${at(1, '1')} \n${at(1, '2')}  x`)).to.deep.equal(['']);
    expect(position.end()).to.deep.equal([' x']);
  });
});

interface Scene {
  pods: () => V1Pod[];
  job?: () => V1Job;
  log?: JobReader['log'];
  trouble?: string;
}

async function following(
  { pods, job: of = job, log, trouble }: Scene,
  signal = new AbortController().signal,
  waits = patience,
) {
  const lines: string[] = [];
  const remarks: string[] = [];
  const reader: JobReader = {
    job: async () => of(),
    pods: async () => pods(),
    trouble: async () => trouble,
    log: log ?? async function* () {},
  };
  const listener = { line: (text: string) => lines.push(text), remark: (text: string) => remarks.push(text) };
  const end: JobEnd | undefined = await followJob(reader, 'j', listener, { signal, patience: waits });
  return { end, lines, remarks };
}

const running = pod({ running: {} }, { phase: 'Running' });
const done = pod({ terminated: { exitCode: 0 } }, { phase: 'Succeeded' });
const states = (...each: V1Pod[]): (() => V1Pod[]) => {
  let call = 0;
  return () => [each[Math.min(call++, each.length - 1)] ?? done];
};

describe('following a Job', () => {
  it('of a fleet is refused: one of its pods is not its end', async () => {
    const indexed = { ...job(), spec: { ...job().spec, completionMode: 'Indexed' } } as V1Job;
    const error: unknown = await following({ job: () => indexed, pods: () => [done] }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).to.be.instanceOf(Failure).and.include({ code: 'kubernetes-object-ambiguous' });
    expect((error as Failure).message).to.include('credential-rotation fleet status');
  });

  const text = [1, 2, 3, 4].map((second) => `${at(second, '5')} line ${second}\n`);

  it('takes a stream that breaks up again, and repeats no line', async () => {
    let call = 0;
    const since: (string | undefined)[] = [];
    const { end, lines } = await following({
      pods: states(running, running, running, running, done),
      async *log(_pod, _container, options) {
        since.push(options.since);
        call += 1;
        yield text
          .slice(Math.max(0, call - 2), call)
          .join('')
          .slice(0, -3);
        if (options.follow) throw new Error('broken');
        yield text
          .slice(call - 1)
          .join('')
          .slice(-3);
        yield text.slice(call).join('');
      },
    });
    expect(end).to.deep.equal({ outcome: 'done' });
    expect(since[0]).to.equal(undefined);
    expect(lines)
      .to.deep.equal([...new Set(lines)])
      .and.include('line 1');
  });

  it('shows the rest of the log when the stream hangs after the end', async () => {
    const { lines } = await following({
      pods: states(running, done),
      async *log(_pod, _container, { follow, signal }) {
        yield text.slice(0, 2).join('');
        if (follow) await new Promise((resolve) => signal.addEventListener('abort', resolve));
        else yield text.slice(2).join('');
      },
    });
    expect(lines).to.deep.equal(['line 1', 'line 2', 'line 3', 'line 4']);
  });

  it('waits until the Job itself knows of its end: else the next one would be refused', async () => {
    let call = 0;
    const { end } = await following({
      pods: () => [done],
      job: () => job(call++ < 3 ? {} : { conditions: [{ type: 'Complete', status: 'True' }] }),
    });
    expect(end).to.deep.equal({ outcome: 'done' });
    expect(call).to.equal(4);
  });

  it('a pod that cannot start ends with 4 and its reason; the Job stays', async () => {
    const waiting = pod({ waiting: { reason: 'ImagePullBackOff', message: 'no such image' } });
    const { end, remarks } = await following({ pods: () => [waiting], trouble: 'Failed (not found)' });
    expect(end?.outcome).to.equal('before-switch');
    expect(end?.message).to.match(
      /does not start: pod p: ImagePullBackOff \(no such image\); Failed \(not found\)\. Nothing was begun.*job logs j.*kubectl delete job j/,
    );
    expect(remarks[0]).to.equal('Waiting: pod p: ImagePullBackOff (no such image) …');
  });

  it('a Job whose pod cannot be made ends with 4 and what its events say', async () => {
    const trouble = 'FailedCreate (exceeded quota: pods)';
    // Were it waited for as long as a pod without a node, this test would not end.
    const waits = { ...patience, start: 3_600_000 };
    const { end, remarks } = await following({ pods: () => [], trouble }, undefined, waits);
    expect(end?.outcome).to.equal('before-switch');
    expect(end?.message).to.include(
      'does not start: Job j has no pod yet; FailedCreate (exceeded quota: pods).',
    );
    expect(remarks).to.have.length(2);
  });

  it('a pod without a node is waited for, for longer', async () => {
    const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'no node' };
    const began = performance.now();
    const { end } = await following({ pods: () => [pod(undefined, { conditions: [condition] })] });
    expect(performance.now() - began).to.be.greaterThan(patience.start - 5);
    expect(end?.message).to.include('Unschedulable (no node)');
  });

  it('a log that may not be read ends with 3', async () => {
    const refused = following({
      pods: () => [running],
      // eslint-disable-next-line require-yield
      async *log() {
        throw new Failure('admin-permission-missing', 'no logs.');
      },
    });
    const failure = await refused.catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(Failure).and.include({ outcome: 'permission' });
  });

  it('an API server that is away for long ends with 8: the Job goes on', async () => {
    let call = 0;
    const away = following({
      pods: () => [running],
      job() {
        if (call++ === 0) return job();
        throw new NoAnswer('The server does not answer.', true);
      },
    });
    const failure = await away.catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(Failure).and.include({ outcome: 'cancelled' });
    expect((failure as Failure).message).to.include('Job j continues in the cluster');
  });

  it('a signal ends it at once, and nothing else', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 20);
    expect((await following({ pods: () => [running] }, stop.signal)).end).to.equal(undefined);
  });
});
