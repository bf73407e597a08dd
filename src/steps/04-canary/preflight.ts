import type { Failure } from '../../base/failure';
import { ApiError } from '../../kubernetes/api';
import type { Kubernetes } from '../../kubernetes/kubernetes';
import { canaryRights } from '../../kubernetes/rights';
import type { PlannedRotation } from '../../rotation/rotationPlan';
import type { SavedPlan } from '../../rotation/savedPlan';
import { canaryPod, podParts } from './pod';
import { triedTemplate } from './template';
import { missingRightText, refusalText, unprovedFailure, unprovedNotice } from './texts';

/** What is known of the canary before anything is done. */
export interface CanaryLook {
  planned: PlannedRotation;
  /** Why a rotation that requires it must not begin. */
  problem?: Failure;
  /** Why there is none, a sentence without its full stop. */
  notice?: string;
}

/** What is asked of the cluster. */
export type CanaryQuestions = Pick<Kubernetes, 'target' | 'missingRights' | 'deployment' | 'createOwn'>;

/**
 * The plan with its canary, as far as one can be made; a plan without it rotates as ever. One that was saved keeps what it
 * had: its engine's plan holds it fast. Writes nothing: the API server is asked by a dry run.
 * @param where `readsOnly`: no pod is sent, not even as a dry run, which calls webhooks
 * @throws what the API server's client throws when the rights cannot be asked for
 */
export async function withCanary(
  planned: PlannedRotation,
  kubernetes: CanaryQuestions,
  saved: SavedPlan | undefined,
  { site, limitSeconds, readsOnly = false }: { site: string; limitSeconds: number; readsOnly?: boolean },
): Promise<CanaryLook> {
  const { canary: wanted, ...without } = planned.plan;
  const { plan, material } = planned;
  if (saved) {
    const { canary } = saved.plan;
    return { planned: { plan: canary === undefined ? without : { ...without, canary }, material } };
  }
  if (wanted === undefined) return { planned };
  const [lacking] = await kubernetes.missingRights(canaryRights(kubernetes.target).pods);
  const why = lacking
    ? missingRightText(lacking.verb)
    : await obstacle(kubernetes, site, {
        parts: podParts({ ...kubernetes.target, part: 'pod' }, plan.id, limitSeconds),
        readsOnly,
      });
  if (why === undefined) return { planned };
  const to = planned.plan.to === 'other' ? material.before.sqlconf : material.logins[planned.plan.to];
  const who = { username: to.username, active: material.before.sqlconf.username };
  if (wanted === 'require') return { planned, problem: unprovedFailure(why, who) };
  return { planned: { plan: without, material }, notice: unprovedNotice(why, who) };
}

/** A name of the shape that the folder of the copy has. */
const exampleFolder = '.credential-rotation-canary-0000000000000000';

/** What will keep the pod from being made; undefined where nothing is known yet. What else fails here, the preflight tells. */
async function obstacle(
  kubernetes: CanaryQuestions,
  site: string,
  { parts, readsOnly }: { parts: ReturnType<typeof podParts>; readsOnly: boolean },
): Promise<string | undefined> {
  const deployment = await kubernetes.deployment().catch(() => undefined);
  if (deployment === undefined) return undefined;
  const tried = triedTemplate(deployment, site);
  if ('why' in tried) return tried.why;
  if (readsOnly) return undefined;
  const pod = canaryPod(tried.template, { ...parts, files: tried.files, hidden: exampleFolder });
  try {
    await kubernetes.createOwn('pods', pod, { dryRun: 'All' });
    return undefined;
  } catch (error) {
    return isRefusal(error) ? refusalText(error) : undefined;
  }
}

/**
 * Whether the API server will not take it, either: a quota, a policy, a webhook. A pod that an earlier run left, a server that
 * is busy, and a webhook that takes no dry runs (k8s.io/apiserver/pkg/admission/plugin/webhook/errors) say nothing.
 */
function isRefusal(error: unknown): error is ApiError {
  if (!(error instanceof ApiError)) return false;
  const { code, said } = error;
  if (said.includes('failed calling webhook')) return true;
  return [400, 403, 422].includes(code) && !said.includes('does not support dry run');
}
