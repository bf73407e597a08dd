import type { V1Pod } from '@kubernetes/client-node';
import type { Site } from '../lab';
import { canaryNames } from '../src/rotation/canary';
import { Kubernetes } from '../src/kubernetes/kubernetes';
import { waitUntilGone } from '../src/steps/04-canary/leftovers';
import { podPages } from '../src/steps/04-canary/page';
import { canaryPod, podParts } from '../src/steps/04-canary/pod';
import { triedTemplate } from '../src/steps/04-canary/template';
import type { Measured } from './measure';
import { cells, spreadOf } from './statistics';
import { table } from './table';

/** A rotation with a canary, and the one without that was measured beside it. */
export interface CanaryRuns {
  with: Measured[];
  without: Measured[];
  /** From the creation of one pod of the same template to its first answer, in ms. */
  pod: number[];
}

/** How long one pod may take, in ms. */
const limitMs = 60_000;

/** Makes one pod of the Deployment's template, asks it until it answers, and removes it; gives the ms until its answer. */
export async function measurePod(site: Site): Promise<number> {
  process.env['KUBECONFIG'] = site.environment['KUBECONFIG'];
  const { namespace, deployment, kubernetesSecret: secret } = site;
  const kubernetes = new Kubernetes({ namespace, deployment, secret });
  const tried = triedTemplate(await kubernetes.deployment(), 'default');
  if ('why' in tried) throw new Error(tried.why);
  const parts = podParts({ namespace, deployment, part: 'control' }, 'bench', limitMs / 1000);
  const started = performance.now();
  await kubernetes.createOwn('pods', canaryPod(tried.template, { ...parts, files: tried.files }));
  try {
    while (!(await answers(kubernetes, canaryNames(deployment).control))) {
      if (performance.now() - started > limitMs) throw new Error('the pod gives no answer');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return performance.now() - started;
  } finally {
    await kubernetes.removeOwn('pods', { metadata: { name: parts.name } });
    await waitUntilGone(kubernetes, 'control', limitMs);
  }
}

async function answers(kubernetes: Kubernetes, name: string): Promise<boolean> {
  const { spec, status } = (await kubernetes.own<V1Pod>('pods', name)) ?? {};
  if (spec === undefined || status?.podIP === undefined) return false;
  const [{ url }] = podPages(spec, status.podIP, { main: [] });
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** What a canary adds to a rotation. */
export function canaryLines({ with: longer, without, pod }: CanaryRuns): string[] {
  const added = longer.map(({ wallMs }, index) => wallMs - (without[index]?.wallMs ?? NaN));
  const beyond = added.map((ms, index) => ms - (pod[index] ?? NaN));
  return [
    ...table([
      ['A rotation with a canary, in s', 'min', 'median', 'max'],
      ['rotation with --canary require', ...cells(longer.map(({ wallMs }) => wallMs))],
      ['longer than one without', ...cells(added)],
      ['  one pod, made directly, until it answers', ...cells(pod)],
      ['  beyond it: what it is asked, and its removal', ...cells(beyond)],
    ]),
    `Kubernetes requests of it: ${spreadOf(longer.map(({ kubernetes }) => kubernetes.length)).median.toFixed(0)}.`,
  ];
}
