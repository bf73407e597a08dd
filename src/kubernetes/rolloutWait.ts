import type { V1Deployment } from '@kubernetes/client-node';
import { Failure } from '../base/failure';
import { sleep } from '../base/errors';
import type { Kubernetes } from './kubernetes';
import { NoAnswer } from './errors';
import type { Trouble } from './podTrouble';
import { podTrouble, replicaTrouble } from './podTrouble';
import type { RolloutState } from './rollout';
import { gaveUpAt, lastOwner, rolloutProgress, rolloutState, stallLimitMs } from './rollout';

/** The restart that is waited for: the pod template's annotation and its value. */
export interface Restart {
  annotation: string;
  token: string;
}

/** How long a lasting trouble of a pod must stand, in ms, where Kubernetes does not try again by itself. */
const usualStandsMs = 10_000;
/**
 * Pauses between two looks, in ms: the end of a rollout is seen late by a fifth of its time at most, and by one second.
 * The Role gives no right to watch.
 */
const [firstPauseMs, pauseGrowth, longestPauseMs] = [50, 1.2, 1000];
/** How often the pods are looked at, in ms. */
const podsEveryMs = 2000;

/**
 * Waits until the restart with this token is complete. An API server that does not answer for a while is asked
 * again: the rollout goes on without it.
 * @returns the Deployment as it was then
 * @param givenSeconds limit of the whole wait; without it the rollout may take as long as it makes progress
 * @param noLonger looked at between two looks at the Deployment: a failure ends the wait
 * @throws Failure `timeout` when the limit passes, when the Deployment comes to say that it does not progress, or when a new
 * pod is in a trouble that does not pass; the pods are seen only where RBAC allows it
 */
export async function waitForRollout(
  kubernetes: Kubernetes,
  restart: Restart,
  givenSeconds?: number,
  noLonger: () => Failure | undefined = () => undefined,
): Promise<V1Deployment> {
  const clock = new RolloutClock(givenSeconds);
  const pods = new PodWatch(kubernetes, restart);
  const name = `Deployment ${kubernetes.target.namespace}/${kubernetes.target.deployment}`;
  let first: { gaveUpAt: string | undefined } | undefined;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * pauseGrowth, longestPauseMs)) {
    const deployment = await readUnless(kubernetes, () => clock.over());
    if (deployment) {
      assertOurs(name, deployment, restart);
      const state = rolloutState(deployment);
      if (state.kind === 'complete') return deployment;
      const reason = noLonger();
      if (reason) throw reason;
      clock.see(deployment);
      const gaveUp = gaveUpAt(deployment);
      first ??= { gaveUpAt: gaveUp };
      // What was given up before this wait may go on by now: that is what an operator runs again for.
      const isOld = gaveUp !== undefined && gaveUp === first.gaveUpAt;
      const ended = (state.kind === 'failed' && !isOld) || clock.over();
      const trouble = await pods.look(deployment, ended);
      if (ended || trouble?.stands === true)
        throw new Failure(
          'rollout-timeout',
          `${name} does not roll out: ${reasonOf(state, trouble)}; look at its newest pods with kubectl describe.`,
        );
    }
    await sleep(pauseMs);
  }
}

/** The Deployment, or undefined when the server gives no answer now and there is still time. */
async function readUnless(kubernetes: Kubernetes, over: () => boolean): Promise<V1Deployment | undefined> {
  try {
    return await kubernetes.deployment();
  } catch (error) {
    // Credentials were there when the restart was asked for: a login command that fails once is asked again, too.
    const passes =
      (error instanceof NoAnswer && error.passing) ||
      (error instanceof Failure && error.code === 'kubernetes-login-refused');
    if (passes && !over()) return undefined;
    throw error;
  }
}

/** @throws Failure `restart-undone` naming who changed the pod template last */
function assertOurs(name: string, deployment: V1Deployment, { annotation, token }: Restart): void {
  if (deployment.spec?.template.metadata?.annotations?.[annotation] === token) return;
  throw new Failure(
    'restart-undone',
    `${name} no longer has this rotation's restart annotation: ${lastOwner(deployment)} changed its pod template. ` +
      'Keep it from doing so during a rotation (pause its sync), and run again.',
  );
}

function reasonOf(state: RolloutState, trouble: Trouble | undefined): string {
  const counts =
    state.kind === 'progressing'
      ? `${state.updated} updated, ${state.available} available of ${state.wanted}`
      : '';
  const said = state.kind === 'failed' ? state.reason : counts;
  return trouble ? `${said}; ${trouble.reason}` : said;
}

/** Counts the time without progress, or, where a limit is given, all of it. */
class RolloutClock {
  private readonly started = performance.now();
  private since = this.started;
  private limitMs = stallLimitMs({});
  private best = { generation: -1, progress: -Infinity };

  constructor(private readonly givenSeconds: number | undefined) {}

  /** A new generation, as of a scaling or of a deploy, starts the count anew. */
  see(deployment: V1Deployment): void {
    const generation = deployment.metadata?.generation ?? 0;
    const progress = rolloutProgress(deployment);
    this.limitMs = stallLimitMs(deployment);
    if (generation === this.best.generation && progress <= this.best.progress) return;
    this.best = { generation, progress };
    this.since = performance.now();
  }

  /** True when it took too long. */
  over(): boolean {
    const now = performance.now();
    return this.givenSeconds === undefined
      ? now - this.since > this.limitMs
      : now - this.started > this.givenSeconds * 1000;
  }
}

/** Looks for what keeps the new pods from getting ready. */
class PodWatch {
  private lookedAt = -Infinity;
  private readable = true;
  private found: Trouble | undefined;
  private lastingSince: number | undefined;

  constructor(
    private readonly kubernetes: Kubernetes,
    private readonly restart: Restart,
  ) {}

  /** The trouble now; `stands` when it is a lasting one and has been there for a while. */
  async look(
    deployment: V1Deployment,
    atOnce: boolean,
  ): Promise<(Trouble & { stands: boolean }) | undefined> {
    const now = performance.now();
    if (atOnce || now - this.lookedAt >= podsEveryMs) {
      this.lookedAt = now;
      this.found = (await this.ofPods(deployment)) ?? replicaTrouble(deployment);
      if (this.found?.lasting === true) this.lastingSince ??= now;
      else this.lastingSince = undefined;
    }
    const standsMs = this.found?.standsMs ?? usualStandsMs;
    const stands = this.lastingSince !== undefined && now - this.lastingSince >= standsMs;
    return this.found && { ...this.found, stands };
  }

  private async ofPods({ spec }: V1Deployment): Promise<Trouble | undefined> {
    const labels = spec?.selector.matchLabels;
    if (!this.readable || !labels) return undefined;
    const pods = await this.kubernetes.pods(labels);
    this.readable = pods !== undefined;
    return pods && podTrouble(pods, this.restart);
  }
}
