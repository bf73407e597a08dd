import type { StatusFacts } from '../observe/status/facts';
import { partOf, valueOf } from '../observe/part';
import type { Settings } from '../settings/settings';
import { readingAt } from './readingPlace';
import { readState } from './readState';
import { withDetails } from './stateDetails';

/** How long the engine may take for the state, in ms: the world is told without it. */
const stateLimitMs = 10_000;
/** A status is read by somebody who waits: one more try, and no more. */
const kubernetesPatience = { retries: 1, minTimeout: 200, factor: 1, maxRetryTime: 2000 };
const secretsLimits = { connectMs: 2000, requestMs: 5000, callMs: 8000 };

/** Reads everything that a status is judged from; writes nothing and never throws. */
export async function readStatus(
  { program: { context }, ...location }: Settings,
  keepSecret: (value: string) => void,
): Promise<StatusFacts> {
  // The engine is a process of its own: it is at work while the libraries below are loaded.
  const state = partOf(
    readingAt(location, async (at) => {
      const found = await readState(at, stateLimitMs);
      return { ...(await withDetails(found, at, stateLimitMs)), backendUrl: location.backendUrl };
    }),
  );
  const [{ readWorld }, { SecretsManager }, { Kubernetes }, { readableLease }] = await Promise.all([
    import('../observe/status/read.js'),
    import('../world/secretsManager.js'),
    import('../world/kubernetes.js'),
    import('../world/lease.js'),
  ]);
  const kubernetes = new Kubernetes(context.kubernetes, kubernetesPatience);
  const secrets = new SecretsManager(context.region, secretsLimits);
  const lease = partOf(readableLease(kubernetes));
  const world = await readWorld(context, { secrets, kubernetes, keepSecret });
  Object.values(valueOf(await state)?.slotPasswords ?? {}).forEach(keepSecret);
  return { now: new Date(), ...world, lease: await lease, state: await state };
}
