import type { V1ManagedFieldsEntry, V1Secret } from '@kubernetes/client-node';
import { kubernetesSecretKeys } from '../rotation/observation';

/** Field managers of controllers that write a Secret repeatedly from a source of their own. */
const controllers: [manager: RegExp, name: string][] = [
  [/external-?secrets/i, 'External Secrets'],
  [/^argocd/, 'Argo CD'],
  [/^(kustomize|helm)-controller$/, 'Flux'],
  [/vault-secrets-operator/, 'the Vault Secrets Operator'],
  // Seen in managedFields of what Rancher deployed.
  [/^fleet-?agent$/, 'Rancher Fleet'],
];

/**
 * Labels and annotations by which controllers know the Secrets that they keep up. The field managers do not tell: a
 * rotation that wrote last has taken over the keys, and these controllers are called after their binary (`manager`).
 *
 * - secrets-store-csi-driver, controllers/secretproviderclasspodstatus_controller.go: `SecretManagedLabel`
 * - DopplerHQ/kubernetes-operator, controllers: `secrets.doppler.com/subtype` on what it manages
 * - emberstack/kubernetes-reflector, README: `reflects` on a mirror, `auto-reflects` where it made the mirror itself
 * - mittwald/kubernetes-replicator, replicate/consts.go: `replicate-from`, and `replicated-…` on each copy
 * - rancher/wrangler, pkg/apply (Fleet): `objectset.rio.cattle.io/id`; with `correctDrift` it puts back what others wrote
 * - Infisical/kubernetes-operator: `secrets.infisical.com/version`
 */
const marks: [where: 'labels' | 'annotations', key: RegExp, name: string][] = [
  ['labels', /^secrets-store\.csi\.k8s\.io\/managed$/, 'the Secrets Store CSI driver'],
  ['labels', /^secrets\.doppler\.com\/subtype$/, 'the Doppler operator'],
  ['annotations', /^reflector\.v1\.k8s\.emberstack\.com\/(auto-)?reflects$/, 'reflector'],
  ['annotations', /^replicator\.v1\.mittwald\.de\/(replicate-from|replicated-)/, 'kubernetes-replicator'],
  ['annotations', /^objectset\.rio\.cattle\.io\/id$/, 'Rancher Fleet'],
  ['annotations', /^secrets\.infisical\.com\/version$/, 'the Infisical operator'],
];

/** Tools that write when somebody starts them, by the field manager of their clients (their user agents). */
const appliers: [manager: RegExp, name: string, command: string][] = [
  [/^(HashiCorp|Terraform|OpenTofu)$/, 'Terraform', 'terraform apply'],
  [/^(helm|Helm)$/, 'Helm', 'helm upgrade'],
];

/**
 * Who else writes our keys of a Secret, as "belongs to …" or "has … written by …"; undefined when nobody does. Two
 * owners of one Secret undo each other's work.
 */
export function otherOwner({ metadata }: V1Secret): string | undefined {
  const owner = metadata?.ownerReferences?.find(({ controller }) => controller === true);
  if (owner) return `belongs to ${owner.kind} ${owner.name}`;
  for (const { manager = '', ...entry } of metadata?.managedFields ?? []) {
    const found = controllers.find(([pattern]) => pattern.test(manager));
    const [key] = ourKeys(entry);
    if (found && key !== undefined) return `has ${key} written by ${found[1]} (field manager ${manager})`;
  }
  const mark = marks
    .map(([where, key, name]) => ({ name, where, key: keyLike(metadata?.[where], key) }))
    .find(({ key }) => key !== undefined);
  if (mark) return `is kept up by ${mark.name} (${mark.where.slice(0, -1)} ${mark.key})`;
  return undefined;
}

/**
 * Who writes our keys once in a while, as a sentence without its full stop: Terraform and Helm put back what they know
 * when somebody starts them. Between two such starts they write nothing, so a rotation holds until then, and the run
 * after it repairs what they did. An Argo CD or Flux that only has the Secret in its application may leave the keys alone
 * (`ignoreDifferences`): where it does write them, {@link otherOwner} finds it.
 */
export function occasionalWriter({ metadata }: V1Secret): string | undefined {
  const entries = metadata?.managedFields ?? [];
  const applier = appliers.find(([pattern]) =>
    entries.some(({ manager = '', ...entry }) => pattern.test(manager) && ourKeys(entry).length > 0),
  );
  const release = metadata?.annotations?.['meta.helm.sh/release-name'];
  const [, name, command] = applier ?? (release === undefined ? [] : [undefined, 'Helm', 'helm upgrade']);
  if (name !== undefined)
    return `is also written by ${name}: the next ${command} may put an old password back; take the keys ${keysToLeave} out of its hands, or run this command after it`;
  const gitOps =
    keyLike(metadata?.annotations, /^argocd\.argoproj\.io\/tracking-id$/) ??
    keyLike(metadata?.labels, /^argocd\.argoproj\.io\/instance$/);
  const flux = keyLike(metadata?.labels, /^(kustomize|helm)\.toolkit\.fluxcd\.io\/name$/);
  if (gitOps === undefined && flux === undefined) return undefined;
  return `belongs to an application of ${gitOps === undefined ? 'Flux' : 'Argo CD'} (${gitOps ?? flux}): see that it leaves the keys ${keysToLeave} alone`;
}

function keyLike(marked: Record<string, string> | undefined, pattern: RegExp): string | undefined {
  return Object.keys(marked ?? {}).find((key) => pattern.test(key));
}

/** The keys that nobody else must write, for a message. */
export const keysToLeave = Object.values(kubernetesSecretKeys).join(', ');

function ourKeys({ fieldsV1 }: V1ManagedFieldsEntry): string[] {
  // The client's type says object; what a controller left there is not ours.
  const fields: unknown = fieldsV1;
  const data = hasData(fields) ? fields['f:data'] : undefined;
  if (typeof data !== 'object' || data === null) return [];
  return Object.values(kubernetesSecretKeys).filter((key) => `f:${key}` in data);
}

function hasData(fields: unknown): fields is { 'f:data': unknown } {
  return typeof fields === 'object' && fields !== null && 'f:data' in fields;
}
