import type { Kubernetes } from '../world/kubernetes';
import type { EndedRun } from './endedRun';
import { tellKubernetes } from './kubernetesEvent';
import { reasonOf, within } from './limit';
import { tellMetricsFile } from './metricsFile';
import { tellPushgateway } from './pushgateway';
import { tellWebhook } from './webhook';

/** Who is told beside Kubernetes; the webhook's URL is a secret. */
export interface Listeners {
  metricsFile?: string;
  pushgatewayUrl?: string;
  webhookUrl?: string;
}

/** How long each may take, in ms. */
const limitMs = 5000;

/**
 * Tells everybody of a run's end, side by side. Never throws: whoever could not be told is a note for the operator.
 * A sync rotates nothing, so nobody is told of it.
 * @param stop ends the telling
 */
export async function tellAll(
  run: EndedRun,
  { metricsFile, pushgatewayUrl, webhookUrl }: Listeners,
  kubernetes: Kubernetes,
  stop: AbortSignal,
): Promise<string[]> {
  if (run.ending.planned.plan.kind === 'sync') return [];
  const note = async (who: string, action: (signal: AbortSignal) => Promise<void>): Promise<string[]> => {
    try {
      await within(limitMs, stop, action);
      return [];
    } catch (error) {
      return [`${who} could not be told: ${reasonOf(error)}`];
    }
  };
  const notes = await Promise.all([
    note('Kubernetes', () => tellKubernetes(run, kubernetes)),
    ...(metricsFile === undefined ? [] : [note('the metrics file', () => tellMetricsFile(run, metricsFile))]),
    ...(pushgatewayUrl === undefined
      ? []
      : [note('the Pushgateway', (signal) => tellPushgateway(run, pushgatewayUrl, signal))]),
    ...(webhookUrl === undefined
      ? []
      : [note('the webhook', (signal) => tellWebhook(run, webhookUrl, signal))]),
  ]);
  return notes.flat();
}
