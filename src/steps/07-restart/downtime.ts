import type { V1DeploymentSpec } from '@kubernetes/client-node';
import { Failure } from '../../base/failure';

type Strategy = { [key in 'replicas' | 'strategy']?: V1DeploymentSpec[key] | undefined };

/** How many pods a rolling update has more, and may have less, than the Deployment wants; and as it is written there. */
export interface RollingParts {
  maxSurge: number | string;
  maxUnavailable: number | string;
  surge: number;
  unavailable: number;
}

/**
 * Percentages as Kubernetes takes them: a surge is rounded up, what may be unavailable is rounded down, both are 25 % where
 * nothing is said, and where both come to nothing one pod may be unavailable (kubernetes,
 * pkg/controller/deployment/util ResolveFenceposts).
 */
export function rollingParts({ replicas = 1, strategy }: Strategy): RollingParts {
  const { maxSurge = '25%', maxUnavailable = '25%' } = strategy?.rollingUpdate ?? {};
  const surge = partOf(maxSurge, replicas, Math.ceil);
  const unavailable = partOf(maxUnavailable, replicas, Math.floor);
  return { maxSurge, maxUnavailable, surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

/** Why a restart takes all pods down at once, so that requests fail until new ones are ready; undefined when it does not. */
export function downtimeReason({ replicas = 1, strategy }: Strategy): string | undefined {
  if (replicas === 0) return undefined;
  if (strategy?.type === 'Recreate')
    return 'its strategy is Recreate, which ends all pods before it starts new ones';
  const { maxSurge, maxUnavailable, unavailable } = rollingParts({ replicas, strategy });
  if (unavailable < replicas) return undefined;
  const pods = replicas === 1 ? 'its only pod' : `all of its ${replicas} pods`;
  return `with maxSurge ${maxSurge} and maxUnavailable ${maxUnavailable} it may take ${pods} down before a new one is ready`;
}

/** Without a probe a pod is ready when its containers have started, and OpenEMR takes longer. @returns a notice without its full stop */
export function unprobedNotice(
  { minReadySeconds = 0, template }: Pick<V1DeploymentSpec, 'minReadySeconds' | 'template'>,
  name: string,
): string | undefined {
  const isProbed = (template.spec?.containers ?? []).some(
    ({ readinessProbe, startupProbe }) => readinessProbe !== undefined || startupProbe !== undefined,
  );
  if (isProbed || minReadySeconds > 0) return undefined;
  return `Deployment ${name} has neither a readiness nor a startup probe: a new pod counts as ready before OpenEMR answers, so that requests may fail during the restart; give it a readinessProbe`;
}

/** A number, or a percentage of the pods. */
function partOf(value: number | string, replicas: number, round: (value: number) => number): number {
  const text = String(value);
  return text.endsWith('%') ? round((Number(text.slice(0, -1)) * replicas) / 100) : Number(text);
}

/**
 * What is to be said of a Deployment whose restart takes all pods down.
 * @returns a problem when it is not accepted, else a notice without its full stop
 */
export function downtimeFinding(
  spec: Strategy,
  name: string,
  accepted: boolean,
): { problem?: Failure; notice?: string } {
  const reason = downtimeReason(spec);
  if (reason === undefined) return {};
  const said = `Requests will fail during the restart of Deployment ${name}: ${reason}`;
  if (accepted) return { notice: said };
  return {
    problem: new Failure(
      'downtime-not-accepted',
      `${said}. Set RollingUpdate with maxSurge 1 and maxUnavailable 0, or accept it with --accept-downtime.`,
    ),
  };
}
