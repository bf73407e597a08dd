import type { Kubernetes } from '../kubernetes/kubernetes';
import type { EndedRun } from './endedRun';
import { tellKubernetes } from './kubernetesEvent';
import { reasonOf, within } from './limit';
import { tellMetricsFile } from './metricsFile';
import type { KnownAges } from './passwordAges';
import { tellPushgateway } from './pushgateway';
import { tellWebhook } from './webhook';

/** Who is told beside Kubernetes; the webhook's URL is a secret. */
export interface Listeners {
  metricsFile?: string;
  pushgatewayUrl?: string;
  webhookUrl?: string;
}

/** Whence the reports take what the run does not know. */
export interface Sources {
  kubernetes: Kubernetes;
  /** Read only for metrics. */
  passwordAges: () => Promise<KnownAges>;
}

/** How long each may take, in ms. */
const limitMs = 5000;
/** How long the metrics wait for the passwords' ages, in ms: they are worth more without them than not at all. */
const agesLimitMs = 3000;

/**
 * Tells everybody of a run's end, side by side. Never throws: whoever could not be told is a note for the operator.
 * A sync rotates nothing, so nobody is told of it.
 * @param stop ends the telling
 */
export async function tellAll(
  run: EndedRun,
  { metricsFile, pushgatewayUrl, webhookUrl }: Listeners,
  { kubernetes, passwordAges }: Sources,
  stop: AbortSignal,
): Promise<string[]> {
  if ((run.ending.planned?.plan.kind ?? run.requested) === 'sync') return [];
  const note = async (who: string, action: (signal: AbortSignal) => Promise<void>): Promise<string[]> => {
    try {
      await within(limitMs, stop, action);
      return [];
    } catch (error) {
      return [`${who} could not be notified: ${reasonOf(error)}`];
    }
  };
  const metrics = metricsFile !== undefined || pushgatewayUrl !== undefined;
  const ages: Promise<KnownAges> = metrics
    ? within(agesLimitMs, stop, passwordAges).catch(() => ({}))
    : Promise.resolve({});
  const notes = await Promise.all([
    note('Kubernetes', () => tellKubernetes(run, kubernetes)),
    ...(metricsFile === undefined
      ? []
      : [note('the metrics file', async () => tellMetricsFile(run, metricsFile, await ages))]),
    ...(pushgatewayUrl === undefined
      ? []
      : [
          note('the Pushgateway', async (signal) => tellPushgateway(run, pushgatewayUrl, signal, await ages)),
        ]),
    ...(webhookUrl === undefined
      ? []
      : [note('the webhook', (signal) => tellWebhook(run, webhookUrl, signal))]),
  ]);
  return notes.flat();
}
