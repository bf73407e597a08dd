import type { V1Deployment } from '@kubernetes/client-node';
import { databaseIsAway } from '../../mysql/database';
import type { HealthBefore } from '../../rotation/health';
import { pageOf } from '../../rotation/health';
import { PageWatch } from '../../openemr/health/watch';
import { openSqlconf } from '../../openemr/openSqlconf';
import { waitForRollout } from '../../kubernetes/rolloutWait';
import type { Measured } from '../../rotation/proofs';
import { kubernetesOf } from '../../target/clients';
import type { WorldContext } from '../../target/context';
import { proof } from '../logic';
import { downtimeReason } from './downtime';

/** Inputs of the rollout proof, the second half of step 7. */
export interface RolloutProofInputs {
  context: WorldContext;
  /** Names the run that it is for. */
  run: string;
  annotation: string;
  token: string;
  timeoutSeconds?: number;
  /** The page that step 8 will ask, where a page that says "broken" may end the wait; absent in older states, too. */
  page?: { url: string; caFile?: string; before: HealthBefore };
}

/** Step 7: the restart is complete by the Deployment's own newest generation. */
export const rolloutProof = proof<RolloutProofInputs>(async (inputs) => {
  const { context, annotation, token, timeoutSeconds } = inputs;
  const begun = performance.now();
  const watch = await watchOf(inputs);
  try {
    const noLonger = (): PageWatch['failure'] => watch?.failure;
    const restart = { annotation, token };
    const complete = await waitForRollout(kubernetesOf(context), restart, timeoutSeconds, noLonger);
    return { token, measured: countsOf(complete, performance.now() - begun) };
  } finally {
    await watch?.stop();
  }
});

/** The Deployment's own counts. */
function countsOf({ metadata, spec, status }: V1Deployment, waitedMs: number): Measured<'rollout'> {
  return {
    wanted: spec?.replicas ?? 1,
    updated: status?.updatedReplicas ?? 0,
    ready: status?.readyReplicas ?? 0,
    available: status?.availableReplicas ?? 0,
    generation: metadata?.generation ?? 0,
    waitedMs: Math.round(waitedMs),
  };
}

/**
 * A watch over a page that was good before the switch. Where the restart takes all pods down at once, what a page says
 * meanwhile may be that of pods that still start: then there is none.
 */
async function watchOf({ context, page }: RolloutProofInputs): Promise<PageWatch | undefined> {
  if (page === undefined) return undefined;
  const { url, caFile, before } = page;
  if (before.fault !== undefined || before.url !== pageOf(url)) return undefined;
  // An API server that gives no answer now is asked again by the wait itself.
  const deployment = await kubernetesOf(context)
    .deployment()
    .catch(() => undefined);
  const spec = deployment?.spec;
  if (spec === undefined || downtimeReason(spec) !== undefined) return undefined;
  return new PageWatch({
    url,
    ...(caFile === undefined ? {} : { caFile }),
    selfSigned: before.selfSigned ?? null,
    replicas: spec.replicas ?? 1,
    databaseIsAway: () =>
      openSqlconf(context).then(
        ({ login }) => databaseIsAway(login, context.trust),
        () => true,
      ),
  });
}
