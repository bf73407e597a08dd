import type { DatabaseTrust } from '../mysql/database';
import type { KubernetesTarget } from '../kubernetes/kubernetes';

/** Where the parts of one OpenEMR are. It holds no secret: it is an input of resources and stands in the state. */
export interface WorldContext {
  region: string;
  adminSecretId: string;
  slotSecretId: string;
  sitesRoot: string;
  site: string;
  kubernetes: KubernetesTarget;
  trust: DatabaseTrust;
}
