import type { Outcome } from '../base/failure';
import type { EndedRun } from './endedRun';
import { isLeftMoved } from '../rotation/ends';
import { post } from './post';
import { cutTo, summaryOf } from './summary';
import type { Verdict } from '../rotation/ends';

/** Where events go, and the key of the integration, which is a secret. */
export interface PagerDuty {
  url: string;
  routingKey: string;
}

/** An event of the Events API v2 (developer.pagerduty.com/docs/events-api-v2), without its `routing_key`. */
export type PagerDutyEvent = { dedup_key: string } & (
  | { event_action: 'resolve' }
  | {
      event_action: 'trigger';
      client: string;
      payload: {
        summary: string;
        source: string;
        severity: Severity;
        timestamp: string;
        component: string;
        group: string;
        class: string;
        custom_details: Record<string, string>;
      };
    }
);

type Severity = 'critical' | 'error' | 'warning';

/** A held rotation waits for somebody; one that was rolled back, or moved nothing, left OpenEMR well. */
const severities: Record<Exclude<Verdict, 'rotated'>, Severity> = {
  held: 'critical',
  'rolled-back': 'error',
  failed: 'warning',
};

/** Ends that nobody has to be woken for: another run is at work, or somebody stopped this one before it moved anything. */
const quiet: readonly Outcome[] = ['locked', 'cancelled'];

/** PagerDuty's limits, in characters. */
const [summaryLength, keyLength] = [1024, 255];

/**
 * The event of a run. A success resolves what an earlier run of the same OpenEMR has triggered.
 * @returns undefined where there is nothing to tell
 */
export function pagerDutyEventOf(run: EndedRun): PagerDutyEvent | undefined {
  const { stack, namespace, deployment, ending, endedAt } = run;
  if (quiet.includes(ending.outcome) && !isLeftMoved(ending)) return undefined;
  const { verdict, title, message, facts } = summaryOf(run);
  const source = `${namespace}/${deployment}`;
  const dedup_key = cutTo(`credential-rotation/${stack}/${source}`, keyLength);
  if (verdict === 'rotated') return { event_action: 'resolve', dedup_key };
  return {
    event_action: 'trigger',
    dedup_key,
    client: 'openemr-credential-rotation',
    payload: {
      summary: cutTo(`${title}. ${message}`, summaryLength),
      source,
      severity: severities[verdict],
      timestamp: endedAt.toISOString(),
      component: 'credential-rotation',
      group: stack,
      class: verdict,
      custom_details: Object.fromEntries(facts.map(({ name, value }) => [name, value])),
    },
  };
}

/** Sends the event of a run, if it has one. @throws as {@link post} */
export async function tellPagerDuty(
  run: EndedRun,
  { url, routingKey }: PagerDuty,
  signal: AbortSignal,
): Promise<void> {
  const body = pagerDutyEventOf(run);
  if (body === undefined) return;
  const key = { name: 'routing_key', value: routingKey };
  await post({ effect: 'tell: PagerDuty', url, body, key }, signal);
}
