import type { Kubernetes } from '../kubernetes/kubernetes';
import type { EndedRun } from './endedRun';
import { tellKubernetes } from './kubernetesEvent';
import { reasonOf, within } from './limit';
import type { MetricsOf } from './metrics';
import { tellMetricsFile, tellMetricsFileOfLook } from './metricsFile';
import type { KnownAges } from './passwordAges';
import { tellPushgateway, tellPushgatewayOfLook } from './pushgateway';
import type { PagerDuty } from './pagerDuty';

/** Who is told by a webhook, each a secret of the environment. */
export interface Receivers {
  /** Gets CloudEvents. */
  webhookUrl?: string;
  slackUrl?: string;
  teamsUrl?: string;
  pagerDuty?: PagerDuty;
}

/** Who is told beside Kubernetes. */
export interface Listeners extends Receivers {
  metricsFile?: string;
  pushgatewayUrl?: string;
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
  { metricsFile, pushgatewayUrl, ...receivers }: Listeners,
  { kubernetes, passwordAges }: Sources,
  stop: AbortSignal,
): Promise<string[]> {
  if ((run.ending.planned?.plan.kind ?? run.requested) === 'sync') return [];
  const note = notedWithin(stop);
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
    ...lettersOf(run, receivers).map(([who, send]) => note(who, send)),
  ]);
  return notes.flat();
}

type Note = (who: string, action: (signal: AbortSignal) => Promise<void>) => Promise<string[]>;

function notedWithin(stop: AbortSignal): Note {
  return async (who, action) => {
    try {
      await within(limitMs, stop, action);
      return [];
    } catch (error) {
      return [`${who} could not be notified: ${reasonOf(error)}`];
    }
  };
}

/**
 * Notes in the metrics that a run found nothing due, so that a schedule which no longer starts is seen before its
 * passwords are old. Nobody else is told. Never throws, as {@link tellAll}.
 */
export async function tellMetricsOfLook(
  of: MetricsOf,
  endedAt: Date,
  { metricsFile, pushgatewayUrl }: Listeners,
  stop: AbortSignal,
): Promise<string[]> {
  const note = notedWithin(stop);
  const notes = await Promise.all([
    ...(metricsFile === undefined
      ? []
      : [note('the metrics file', () => tellMetricsFileOfLook(of, endedAt, metricsFile))]),
    ...(pushgatewayUrl === undefined
      ? []
      : [note('the Pushgateway', (signal) => tellPushgatewayOfLook(of, endedAt, pushgatewayUrl, signal))]),
  ]);
  return notes.flat();
}

/** What goes to the receivers that there are; of each only the module that it needs is loaded. */
function lettersOf(
  run: EndedRun,
  { webhookUrl, slackUrl, teamsUrl, pagerDuty }: Receivers,
): [who: string, send: (signal: AbortSignal) => Promise<void>][] {
  const letters: ReturnType<typeof lettersOf> = [];
  if (webhookUrl !== undefined)
    letters.push([
      'the webhook',
      async (signal) => (await import('./webhook.js')).tellWebhook(run, webhookUrl, signal),
    ]);
  if (slackUrl !== undefined)
    letters.push(['Slack', async (signal) => (await import('./slack.js')).tellSlack(run, slackUrl, signal)]);
  if (teamsUrl !== undefined)
    letters.push(['Teams', async (signal) => (await import('./teams.js')).tellTeams(run, teamsUrl, signal)]);
  if (pagerDuty !== undefined)
    letters.push([
      'PagerDuty',
      async (signal) => (await import('./pagerDuty.js')).tellPagerDuty(run, pagerDuty, signal),
    ]);
  return letters;
}
