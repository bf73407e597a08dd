import type { V1Job, V1Pod } from '@kubernetes/client-node';
import { Failure } from '../base/failure';
import { partOf } from '../base/part';
import { NoAnswer } from '../kubernetes/errors';
import { sleep } from '../base/errors';
import { endOfJob } from './cronJob';
import { LogPosition } from './logLines';
import type { JobEnd, JobState } from './podState';
import { ended, stateOf } from './podState';

/** What following a Job reads. */
export interface JobReader {
  job(name: string): Promise<V1Job>;
  pods(job: string): Promise<V1Pod[]>;
  /** Why a Job has no pod, or a pod does not start, as the events say; undefined where they do not, or may not be read. */
  trouble(names: readonly string[]): Promise<string | undefined>;
  /** A container's log with a time before each line, piece by piece. */
  log(
    pod: string,
    container: string,
    options: { follow: boolean; since: string | undefined; signal: AbortSignal },
  ): AsyncIterable<string>;
}

/** How long to wait for what, in ms. */
export interface Patience {
  poll: number;
  /** For a container that does not start, for a reason that may pass: a node may have to be made first. */
  start: number;
  /** The same, for a reason that seldom passes. */
  lasting: number;
  /** For the rest of the log once the container has ended. */
  rest: number;
  /** For an API server that gives no answer. */
  server: number;
}

export const usualPatience: Patience = {
  poll: 1000,
  start: 600_000,
  lasting: 20_000,
  rest: 5000,
  server: 300_000,
};

/** What is told while a Job is followed: a line of its log, or a remark. */
export interface Listener {
  line(text: string): void;
  remark(text: string): void;
}

/**
 * Follows a Job's log to its end, and says how it ended. A stream that breaks is taken up again where it was.
 * @param signal ends the following, and leaves the Job alone
 * @returns undefined after the signal
 * @throws Failure when the Job or its log may not be read, or the API server is away for too long
 */
export async function followJob(
  reader: JobReader,
  name: string,
  listener: Listener,
  { signal, patience = usualPatience }: { signal: AbortSignal; patience?: Patience },
): Promise<JobEnd | undefined> {
  return new Follower(reader, name, listener, signal, patience).run();
}

/** The container that rotates: the first one. */
function containerOf({ spec }: V1Job): string {
  return spec?.template.spec?.containers[0]?.name ?? '';
}

class Follower {
  private readonly log: PodLog;
  private begun = false;
  private lastReason = '';
  private waitingSince: number | undefined;
  private lastingSince: number | undefined;
  private silentSince: number | undefined;
  private askedAt: number | undefined;
  private event: string | undefined;

  constructor(
    private readonly reader: JobReader,
    private readonly name: string,
    private readonly listener: Listener,
    private readonly signal: AbortSignal,
    private readonly patience: Patience,
  ) {
    this.log = new PodLog(reader, listener, signal);
  }

  async run(): Promise<JobEnd | undefined> {
    while (!this.signal.aborted) {
      const seen = await this.look();
      if (seen !== undefined) {
        const end = await this.take(seen.state, seen.container, seen.pods);
        if (end !== undefined) return end;
      }
      if (this.log.failure) throw this.log.failure;
      await Promise.race([sleep(this.patience.poll), aborted(this.signal)]);
    }
    this.log.stop();
    return undefined;
  }

  private async look(): Promise<{ state: JobState; container: string; pods: V1Pod[] } | undefined> {
    try {
      const [job, pods] = await Promise.all([this.reader.job(this.name), this.reader.pods(this.name)]);
      this.silentSince = undefined;
      if (job.spec?.completionMode === 'Indexed')
        throw new Failure(
          'kubernetes-object-ambiguous',
          `Job ${this.name} is of a fleet and has many pods; watch it with credential-rotation fleet status, and one pod with kubectl logs.`,
        );
      const container = containerOf(job);
      return { state: stateOf(job, pods, container, this.begun), container, pods };
    } catch (error) {
      if (!(error instanceof NoAnswer && error.passing)) throw error;
      if (this.silentSince === undefined) this.listener.remark(`${error.message} Trying on …`);
      this.silentSince ??= performance.now();
      if (performance.now() - this.silentSince < this.patience.server) return undefined;
      throw new Failure('job-watch-lost', `${error.message} ${goesOn(this.name)}`, { cause: error });
    }
  }

  private async take(state: JobState, container: string, pods: V1Pod[]): Promise<JobEnd | undefined> {
    switch (state.kind) {
      case 'waiting':
        return this.wait(state, pods);
      case 'running':
        if (!this.begun) this.listener.remark(`Pod ${state.pod} runs; its log:`);
        this.begun = true;
        this.log.follow(state.pod, container);
        return undefined;
      case 'ended':
        await this.log.finish(state.pod, container, this.patience.rest);
        await this.settled();
        return state.end;
      case 'gone':
        this.log.stop();
        return state.end;
    }
  }

  /** Waits until the Job itself knows of its end, so that the next one is not refused for it. */
  private async settled(): Promise<void> {
    const until = performance.now() + this.patience.rest;
    while (!this.signal.aborted && performance.now() < until) {
      const job = await partOf(this.reader.job(this.name));
      if (job.kind === 'unreadable' || endOfJob(job.value) !== undefined) return;
      await sleep(this.patience.poll / 4);
    }
  }

  private async wait(
    { reason, lasting }: Extract<JobState, { kind: 'waiting' }>,
    pods: readonly V1Pod[],
  ): Promise<JobEnd | undefined> {
    const now = performance.now();
    this.waitingSince ??= now;
    const event = await this.eventOf(pods);
    const why = event === undefined || reason.includes(event) ? reason : `${reason}; ${event}`;
    // A Job whose pod cannot be made says nothing by itself.
    if (!lasting && (event === undefined || pods.length > 0)) this.lastingSince = undefined;
    else this.lastingSince ??= now;
    if (why !== this.lastReason) this.listener.remark(`Waiting: ${why} …`);
    this.lastReason = why;
    const isOver =
      now - this.waitingSince >= this.patience.start ||
      (this.lastingSince !== undefined && now - this.lastingSince >= this.patience.lasting);
    if (!isOver) return undefined;
    return ended(
      'job-not-started',
      `Job ${this.name} does not start: ${why}. Nothing was begun; the Job stays and may still start: credential-rotation job logs ${this.name} follows it, kubectl delete job ${this.name} takes it away.`,
    );
  }

  /** What the events say of a Job that does not start, asked now and then. */
  private async eventOf(pods: readonly V1Pod[]): Promise<string | undefined> {
    const now = performance.now();
    if (now - (this.askedAt ?? this.waitingSince ?? now) < this.patience.lasting / 4) return this.event;
    this.askedAt = now;
    const names = [this.name, ...pods.map(({ metadata }) => metadata?.name ?? '')];
    return (this.event = await this.reader.trouble(names));
  }
}

/** What an operator who stops looking has to know. */
export function goesOn(name: string): string {
  return `Job ${name} continues in the cluster; credential-rotation job logs ${name} follows it again.`;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** The log of one pod after another. */
class PodLog {
  private position = new LogPosition();
  private pod: string | undefined;
  private stream: { done: Promise<void>; abort: AbortController } | undefined;
  /** The log may not be read. */
  failure: Failure | undefined;

  constructor(
    private readonly reader: JobReader,
    private readonly listener: Listener,
    private readonly signal: AbortSignal,
  ) {}

  /** Sees to it that the log is being followed. */
  follow(pod: string, container: string): void {
    this.begin(pod, container, true);
  }

  /** Shows what is left of the log of a container that has ended, whatever becomes of the stream. */
  async finish(pod: string, container: string, limitMs: number): Promise<void> {
    if (this.pod === pod && this.stream) {
      await Promise.race([this.stream.done, sleep(limitMs)]);
      this.stop();
    }
    // Once more from where it is: a stream may have ended early.
    this.begin(pod, container, false);
    const last = this.stream;
    if (last) await Promise.race([last.done, sleep(limitMs), aborted(this.signal)]);
    this.stop();
    if (this.failure) this.listener.remark(this.failure.message);
  }

  stop(): void {
    this.stream?.abort.abort();
    this.stream = undefined;
  }

  private begin(pod: string, container: string, follow: boolean): void {
    if (this.stream) return;
    if (this.pod !== pod) this.position = new LogPosition();
    this.pod = pod;
    const abort = new AbortController();
    this.position.again();
    const done = this.read(pod, container, follow, abort.signal).finally(() => {
      if (this.stream?.abort === abort) this.stream = undefined;
    });
    this.stream = { done, abort };
  }

  private async read(pod: string, container: string, follow: boolean, stop: AbortSignal): Promise<void> {
    const { position } = this;
    const signal = AbortSignal.any([this.signal, stop]);
    try {
      const pieces = this.reader.log(pod, container, { follow, since: position.since, signal });
      for await (const piece of pieces) position.take(piece).forEach((line) => this.listener.line(line));
      // A line that a break cut off comes again as a whole.
      if (!follow) position.end().forEach((line) => this.listener.line(line));
    } catch (error) {
      if (error instanceof Failure && error.outcome === 'permission') this.failure = error;
    }
  }
}
