import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { CoreV1Event } from '@kubernetes/client-node';
import { exitCodes } from '../base/failure';
import type { PlannedRotation } from '../rotation/rotationPlan';
import { scrubber } from '../secrecy/scrubber';
import { effect } from '../base/effect';
import type { Kubernetes } from '../kubernetes/kubernetes';
import { eventReasons } from '../rotation/ends';
import type { EndedRun } from './endedRun';
import { verdictOf } from './endedRun';
import { cutTo } from './summary';
import { eventRight } from '../kubernetes/rights';

/** Who says so, in an Event. */
export const reportingComponent = 'credential-rotation';
/** Bytes that the newer Events API takes as a note; longer ones are cut off. */
const messageBytes = 1024;

/** The Event of a run on its Deployment, which has this uid. */
export function eventOf(run: EndedRun, uid: string): CoreV1Event {
  const { namespace, deployment, ending, endedAt } = run;
  const verdict = verdictOf(run);
  const code = `xit code ${exitCodes[ending.outcome]}.`;
  const text = `${ending.message} ${ending.planned ? `${rotationText(ending.planned)}, e${code}` : `E${code}`}`;
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { namespace, name: `${deployment}.${randomBytes(8).toString('hex')}` },
    involvedObject: { apiVersion: 'apps/v1', kind: 'Deployment', namespace, name: deployment, uid },
    type: verdict === 'rotated' ? 'Normal' : 'Warning',
    reason: eventReasons[verdict],
    message: cutTo(scrubber.scrub(text), messageBytes, (part) => Buffer.byteLength(part)),
    source: { component: reportingComponent },
    reportingComponent,
    reportingInstance: hostname().slice(0, 128),
    firstTimestamp: endedAt,
    lastTimestamp: endedAt,
    count: 1,
  };
}

function rotationText({ plan: { id, kind, from, to } }: PlannedRotation): string {
  return `Rotation ${id} (${kind}, from ${from} to ${to})`;
}

/** Makes the Event where RBAC grants that; without the right nothing is missing. */
export async function tellKubernetes(run: EndedRun, kubernetes: Kubernetes): Promise<void> {
  const missing = await kubernetes.missingRights([eventRight]);
  if (missing.length > 0) return;
  const { metadata } = await kubernetes.deployment();
  const body = eventOf(run, metadata?.uid ?? '');
  await effect('tell: Event', () => kubernetes.createEvent(body));
}
