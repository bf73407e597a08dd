import type { V1Deployment } from '@kubernetes/client-node';
import { Failure } from '../base/failure';
import { partOf } from '../base/part';
import type { Cluster } from './cluster';
import type { Candidate } from './deployments';
import { openemrDeployments } from './deployments';

/** OpenEMR's Deployment. */
export interface OpenemrDeployment {
  namespace: string;
  name: string;
  by: string;
  deployment: V1Deployment;
}

/** What was said of it beforehand. */
export interface Wanted {
  namespace: string | undefined;
  deployment: string | undefined;
}

/**
 * Finds OpenEMR's Deployment: the named one, else by image, name and labels; in the named namespace, else in all, else, where
 * not all may be listed, in the kubeconfig's own.
 * @throws Failure `configuration` when there is none, or more than one; `permission` when nothing may be listed
 */
export async function findOpenemr(cluster: Cluster, wanted: Wanted): Promise<OpenemrDeployment> {
  const { namespace, deployment: name } = wanted;
  if (namespace !== undefined && name !== undefined)
    return { namespace, name, by: 'as named', deployment: await cluster.deployment(namespace, name) };
  const { found, where } = await candidates(cluster, namespace);
  const own = name === undefined ? found : found.filter((each) => each.name === name);
  const [only, ...more] = own;
  if (only === undefined) throw none(where, name);
  if (more.length > 0) throw several(own);
  return only;
}

async function candidates(
  cluster: Cluster,
  namespace: string | undefined,
): Promise<{ found: Candidate[]; where: string }> {
  const wide = await partOf(cluster.deployments(namespace));
  if (wide.kind === 'read')
    return {
      found: openemrDeployments(wide.value),
      where: namespace === undefined ? 'any namespace' : `namespace ${namespace}`,
    };
  if (wide.failure.outcome !== 'permission') throw wide.failure;
  const own = cluster.place.namespace;
  if (namespace === undefined && own !== undefined) {
    const narrow = await partOf(cluster.deployments(own));
    if (narrow.kind === 'read')
      return {
        found: openemrDeployments(narrow.value),
        where: `namespace ${own}, the only one that may be looked at`,
      };
  }
  throw new Failure(
    'kubernetes-permission-missing',
    `${cluster.place.server} lets this identity list no Deployments${namespace === undefined ? '' : ` of ${namespace}`} (403); name OpenEMR's with --namespace and --deployment, or grant infra/kubernetes/role-launcher.yaml.`,
    { cause: wide.failure },
  );
}

function none(where: string, name: string | undefined): Failure {
  return new Failure(
    'openemr-not-found',
    name === undefined
      ? `No Deployment in ${where} has OpenEMR's image, or openemr in its name or labels; name it with --namespace and --deployment.`
      : `No Deployment ${name} in ${where} looks like OpenEMR's; name its namespace too, with --namespace.`,
  );
}

function several(found: readonly Candidate[]): Failure {
  const list = found.map(({ namespace, name, by }) => `${namespace}/${name} (${by})`).join(', ');
  return new Failure(
    'openemr-not-found',
    `There are ${found.length} Deployments that may be OpenEMR's: ${list}; choose one with --namespace and --deployment.`,
  );
}
