import type { Kubernetes } from '../kubernetes/kubernetes';
import { rolloutState } from '../kubernetes/rollout';
import type { RunRequest } from './request';
import type { StepEvent } from '../rotation/news';

/** How often the Deployment is looked at while it restarts, in ms. */
const lookEveryMs = 200;

/**
 * A listener that passes step events on and, while step 7 is under way, tells how far the rollout is. It is only for
 * the eyes: the proof is the provider's. What cannot be read is not shown.
 */
export function withRolloutNews(request: RunRequest, kubernetes: Kubernetes): (event: StepEvent) => void {
  let timer: NodeJS.Timeout | undefined;
  let shown = '';
  const look = async (): Promise<void> => {
    const state = await kubernetes.deployment().then(rolloutState, () => undefined);
    if (timer === undefined || state?.kind !== 'progressing') return;
    const { updated, available, wanted } = state;
    const text = `${updated} ${available} ${wanted}`;
    if (text !== shown) request.tell({ kind: 'rollout', updated, available, wanted });
    shown = text;
  };
  return (event) => {
    request.tell({ kind: 'step', event });
    if (event.step !== 7) return;
    if (event.kind === 'started') {
      timer ??= setInterval(() => void look(), lookEveryMs);
      timer.unref();
    } else if (event.kind === 'ended') {
      clearInterval(timer);
      timer = undefined;
    }
  };
}
