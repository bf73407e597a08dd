import type { V1ContainerStatus, V1Job, V1Pod } from '@kubernetes/client-node';
import type { FailureCode, Outcome } from '../base/failure';
import { exitOf } from '../base/failureCodes';
import { withoutFullStop } from '../base/sentence';
import { outcomeOfCode } from '../rotation/ends';
import { said, troubleOf } from '../kubernetes/podTrouble';
import { endOfJob } from './cronJob';

/** How a Job ended, for whoever started it. */
export interface JobEnd {
  outcome: Outcome;
  /** Why, where it was not the run that said how it ended. */
  code?: FailureCode;
  /** What there is to say besides the log, one sentence; undefined when the command in the Job ended by itself. */
  message?: string;
}

/** The end of a Job that the command in it did not say itself. */
export function ended(code: FailureCode, message: string): JobEnd {
  return { outcome: exitOf(code), code, message };
}

/** Where a Job is. `waiting`: its container has not begun, and for what reason. */
export type JobState =
  | { kind: 'waiting'; reason: string; lasting: boolean }
  | { kind: 'running'; pod: string }
  | { kind: 'ended'; pod: string; end: JobEnd }
  | { kind: 'gone'; end: JobEnd };

/** The runtime never started the command (kubernetes: pkg/kubelet, containerd's own exit code 128). */
const neverStarted = /^(StartError|ContainerCannotRun|ContainerStatusUnknown)$/;
const again = 'run credential-rotation job run again: it finishes what was begun';

/**
 * Where a Job is, by its own word and by that of its pods.
 * @param container the name of the container that rotates
 * @param begun whether its container was seen to run before
 */
export function stateOf(job: V1Job, pods: readonly V1Pod[], container: string, begun: boolean): JobState {
  const pod = newest(pods);
  if (pod === undefined) return withoutPod(job, begun);
  const name = pod.metadata?.name ?? '';
  const own = pod.status?.containerStatuses?.find((each) => each.name === container);
  const terminated = own?.state?.terminated ?? (own?.state?.waiting && own.lastState?.terminated);
  const isOver = /^(Succeeded|Failed)$/.test(pod.status?.phase ?? '');
  const once = (pod.spec?.restartPolicy ?? 'Never') === 'Never';
  if (own?.state?.terminated !== undefined && (once || isOver))
    return { kind: 'ended', pod: name, end: endOf(pod, own) };
  if (isOver) return { kind: 'gone', end: endWithoutContainer(pod, begun || terminated !== undefined) };
  if (own?.state?.running !== undefined) return { kind: 'running', pod: name };
  const trouble = troubleOf(pod);
  const waiting = own?.state?.waiting;
  const plain = `pod ${name} is ${waiting?.reason ?? pod.status?.phase ?? 'Pending'}${waiting?.message === undefined ? '' : ` (${waiting.message.replace(/\s+/g, ' ').slice(0, 200)})`}`;
  return { kind: 'waiting', reason: trouble?.reason ?? plain, lasting: trouble?.lasting ?? false };
}

function newest(pods: readonly V1Pod[]): V1Pod | undefined {
  const time = ({ metadata }: V1Pod): number => new Date(metadata?.creationTimestamp ?? 0).getTime();
  return [...pods].sort((one, other) => time(other) - time(one))[0];
}

function withoutPod(job: V1Job, begun: boolean): JobState {
  const name = job.metadata?.name ?? '';
  const end = endOfJob(job);
  if (end?.complete === true)
    return {
      kind: 'gone',
      end: { outcome: 'done', message: `Job ${name} is complete; its pod is gone, and the log with it.` },
    };
  if (end !== undefined) return { kind: 'gone', end: endOfPodless(name, end, begun) };
  if (job.spec?.suspend === true)
    return { kind: 'waiting', reason: `Job ${name} is suspended`, lasting: true };
  if (begun)
    return {
      kind: 'gone',
      end: ended('job-ended-outside', `The pod of Job ${name} was deleted while it ran; ${again}.`),
    };
  return { kind: 'waiting', reason: `Job ${name} has no pod yet`, lasting: false };
}

function endOfPodless(
  name: string,
  { reason, message }: { reason: string; message: string },
  begun: boolean,
): JobEnd {
  const why = message === '' ? reason : `${reason} (${withoutFullStop(message)})`;
  return begun
    ? ended('job-ended-outside', `Job ${name} was ended while it ran: ${why}; ${again}.`)
    : ended(
        'job-not-started',
        `Job ${name} has failed, and no pod of it is left to tell more: ${why}; see credential-rotation status.`,
      );
}

function endOf(pod: V1Pod, { name, state, resources }: V1ContainerStatus): JobEnd {
  const { exitCode = 1, reason = '', message = '' } = state?.terminated ?? {};
  const who = `Pod ${pod.metadata?.name}`;
  if (neverStarted.test(reason))
    return ended(
      'job-not-started',
      `${who} did not start its container: ${said(reason, message)}; nothing was begun.`,
    );
  if (reason === 'OOMKilled') {
    const limit = resources?.limits?.['memory'] ?? limitOf(pod, name);
    return ended(
      'job-ended-outside',
      `${who} ran out of memory and was killed (OOMKilled${limit === undefined ? '' : `, its limit is ${limit}`}); raise kubernetes.resources.memoryLimit, and ${again}.`,
    );
  }
  if (pod.status?.reason === 'Evicted' || pod.status?.reason === 'DeadlineExceeded') {
    const outcome = outcomeOfCode(exitCode);
    // A run that was stopped in order says how it ended itself.
    if (outcome !== undefined && exitCode !== 1) return { outcome };
    return ended(
      'job-ended-outside',
      `${who} was ended while it ran: ${said(pod.status.reason, pod.status.message)}; ${again}.`,
    );
  }
  const outcome = outcomeOfCode(exitCode);
  if (outcome !== undefined) return { outcome };
  return exitCode > 128
    ? ended(
        'job-ended-outside',
        `${who} was ended by signal ${exitCode - 128} (exit code ${exitCode}); ${again}.`,
      )
    : ended(
        'job-exit-unknown',
        `${who} ended with exit code ${exitCode}, which is not one of this command's; check that its image and arguments are those of infra/.`,
      );
}

function limitOf({ spec }: V1Pod, container: string): string | undefined {
  return spec?.containers.find(({ name }) => name === container)?.resources?.limits?.['memory'];
}

/** A pod that is over, and whose container nobody saw end. */
function endWithoutContainer({ metadata, status }: V1Pod, begun: boolean): JobEnd {
  const why = said(status?.reason ?? 'it failed', status?.message);
  if (status?.phase === 'Succeeded') return { outcome: 'done' };
  return begun
    ? ended('job-ended-outside', `Pod ${metadata?.name} was ended while it ran: ${why}; ${again}.`)
    : ended('job-not-started', `Pod ${metadata?.name} never started: ${why}; nothing was begun.`);
}
