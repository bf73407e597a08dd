import type { V1ManagedFieldsEntry, V1Secret } from '@kubernetes/client-node';
import { kubernetesSecretKeys } from '../../plan/observation';

/** Field managers of controllers that write a Secret again and again from a source of their own. */
const controllers: [manager: RegExp, name: string][] = [
  [/external-?secrets/i, 'External Secrets'],
  [/^argocd/, 'Argo CD'],
  [/^(kustomize|helm)-controller$/, 'Flux'],
  [/vault-secrets-operator/, 'the Vault Secrets Operator'],
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
  return undefined;
}

/** The keys that nobody else must write, for a message. */
export const keysToLeave = Object.values(kubernetesSecretKeys).join(', ');

function ourKeys({ fieldsV1 }: V1ManagedFieldsEntry): string[] {
  const data = (fieldsV1 as { 'f:data'?: Record<string, unknown> } | undefined)?.['f:data'] ?? {};
  return Object.values(kubernetesSecretKeys).filter((key) => `f:${key}` in data);
}
