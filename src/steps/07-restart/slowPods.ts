import type { V1Container, V1Deployment, V1Pod } from '@kubernetes/client-node';
import { rollingParts } from './downtime';

/** What is said of the time that a restart takes; each text is a sentence without its full stop. */
export interface RestartTime {
  /** Why it cannot end in its limit, with what to do. */
  problem?: string;
  notice?: string;
}

/** A restart that takes longer is told of before, in seconds. */
const worthSaying = 300;

/**
 * Works out the restart's time from the pod template, and from the pods of the last rollout where they can be seen,
 * against its two limits. What the template itself says is certain; what was measured may be less the next time.
 * @param pods undefined where RBAC does not let them be seen
 * @param limitSeconds of the whole restart, where one is given (`--timeout`)
 */
export function restartTime(
  deployment: V1Deployment,
  pods: readonly V1Pod[] | undefined,
  { name, limitSeconds = Infinity }: { name: string; limitSeconds?: number | undefined },
): RestartTime {
  const { spec } = deployment;
  const replicas = spec?.replicas ?? 1;
  const turns = turnsOf(deployment);
  const minReady = spec?.minReadySeconds ?? 0;
  const declared = readyDelay(spec?.template.spec?.containers ?? []);
  const deadline = spec?.progressDeadlineSeconds ?? 600;
  if (declared >= deadline)
    return {
      problem: `Every rollout of ${name} would fail: its probes begin after ${declared} s, and its progressDeadlineSeconds is ${deadline}; raise that above the pods' start-up time`,
    };
  const least = turns * (declared + minReady);
  const likely = turns * (Math.max(declared, fastestStart(pods ?? [])) + minReady);
  const howLong = (all: number): string =>
    `${counted(replicas, 'pod')} in ${counted(turns, 'turn')} of ${all / turns} s`;
  if (least > limitSeconds)
    return {
      problem: `The restart of ${name} takes at least ${least} s (${howLong(least)}), and its limit is ${limitSeconds} s; raise --timeout, or leave it out: then the limit starts again with each pod that becomes ready`,
    };
  if (likely <= Math.min(limitSeconds, worthSaying)) return {};
  const over = likely > limitSeconds ? `, which is more than its limit of ${limitSeconds} s (--timeout)` : '';
  return { notice: `The restart of ${name} is likely to take ${likely} s (${howLong(likely)})${over}` };
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** How many times one after the other new pods must get ready: maxSurge and maxUnavailable of them at a time. */
function turnsOf({ spec }: V1Deployment): number {
  const replicas = spec?.replicas ?? 1;
  if (spec?.strategy?.type === 'Recreate') return 1;
  const { surge, unavailable } = rollingParts(spec ?? {});
  return Math.ceil(replicas / Math.max(surge + unavailable, 1));
}

/** When a pod can be ready at the earliest, in seconds: no probe asks before its delay. */
function readyDelay(containers: readonly V1Container[]): number {
  const delays = containers.flatMap(({ readinessProbe, startupProbe }) => [
    readinessProbe?.initialDelaySeconds ?? 0,
    startupProbe?.initialDelaySeconds ?? 0,
  ]);
  return Math.max(0, ...delays);
}

/** What the fastest of these pods took to get ready, in whole seconds: one that was unready meanwhile took longer. */
function fastestStart(pods: readonly V1Pod[]): number {
  const taken = pods.flatMap(({ metadata, status }) => {
    const ready = status?.conditions?.find(({ type }) => type === 'Ready');
    if (metadata?.deletionTimestamp !== undefined || ready?.status !== 'True') return [];
    // Times are text in our client's answers, whatever the type says.
    const [from, to] = [status?.startTime, ready.lastTransitionTime].map((time) =>
      time === undefined ? NaN : new Date(time).getTime(),
    );
    const seconds = ((to ?? NaN) - (from ?? NaN)) / 1000;
    return Number.isFinite(seconds) ? [Math.round(seconds)] : [];
  });
  return taken.length === 0 ? 0 : Math.max(0, Math.min(...taken));
}
