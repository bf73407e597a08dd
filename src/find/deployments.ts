import type { V1Deployment } from '@kubernetes/client-node';

/** A Deployment that may be OpenEMR's. */
export interface Candidate {
  namespace: string;
  name: string;
  /** What it was known by, for people. */
  by: string;
  deployment: V1Deployment;
}

const labelKeys = ['app', 'app.kubernetes.io/name', 'app.kubernetes.io/instance', 'k8s-app'];
/** What rotates, backs up or watches an OpenEMR has its name, too. */
const helper = /rotation|backup|restore|exporter|proxy|monitor/;

/**
 * The Deployments that may be OpenEMR's: those with its image; without any such, those whose name or label says so.
 * @param deployments in the order in which they are told
 */
export function openemrDeployments(deployments: readonly V1Deployment[]): Candidate[] {
  const candidates = deployments.map((deployment) => ({ deployment, image: imageOf(deployment) }));
  const byImage = candidates.filter(({ image }) => image !== undefined);
  if (byImage.length > 0)
    return byImage.map(({ deployment, image }) => candidate(deployment, `by its image ${image}`));
  return deployments.flatMap((deployment) => {
    const { name = '', labels = {} } = deployment.metadata ?? {};
    if (helper.test(name)) return [];
    if (name.includes('openemr')) return [candidate(deployment, 'by its name')];
    const label = labelKeys.find((key) => labels[key]?.includes('openemr') === true);
    return label === undefined ? [] : [candidate(deployment, `by its label ${label}=${labels[label]}`)];
  });
}

/** The image that is OpenEMR's: the last part of its repository's name is `openemr`, also in a registry of one's own. */
function imageOf({ spec }: V1Deployment): string | undefined {
  const images = (spec?.template.spec?.containers ?? []).map(({ image = '' }) => image);
  return images.find((image) => {
    const repository = image.replace(/@.*$/, '').replace(/:[^:/]*$/, '');
    const last = repository.split('/').at(-1) ?? '';
    return /^openemr(?!.*(rotation|backup|exporter))/.test(last);
  });
}

function candidate(deployment: V1Deployment, by: string): Candidate {
  const { namespace = '', name = '' } = deployment.metadata ?? {};
  return { namespace, name, by, deployment };
}
