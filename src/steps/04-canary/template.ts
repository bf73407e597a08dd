import type { V1Deployment, V1PodSpec, V1PodTemplateSpec, V1Volume } from '@kubernetes/client-node';
import type { FileMount } from './mounts';
import { containersOf, fileMounts, fileSource } from './mounts';

/** What a canary's pod is made of. */
export interface Tried {
  template: V1PodTemplateSpec;
  /** Where its containers have `sqlconf.php`; at least one. */
  files: readonly FileMount[];
}

/** The template of a Deployment, or why a pod of it could not be given another `sqlconf.php`, without full stop. Pure. */
export function triedTemplate({ spec }: Pick<V1Deployment, 'spec'>, site: string): Tried | { why: string } {
  if (spec?.template.spec === undefined) return { why: 'the Deployment has no template' };
  const files = fileMounts(spec.template.spec, site);
  return files.length > 0 ? { template: spec.template, files } : { why: whyNoFile(spec.template.spec, site) };
}

/** Whether all pods that run are of the template: one that nobody has tried yet would be tried by the canary. Pure. */
export function isSettled({ metadata, spec, status }: V1Deployment): boolean {
  const isSeen = (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0);
  const updated = status?.updatedReplicas ?? 0;
  return isSeen && updated >= (spec?.replicas ?? 1) && (status?.replicas ?? 0) <= updated;
}

function whyNoFile(spec: V1PodSpec, site: string): string {
  for (const container of containersOf(spec)) {
    const source = fileSource(container, spec.volumes ?? [], site);
    if (source === undefined) continue;
    return (
      `container ${container.name} has sqlconf.php from its volume ${source.mount.name} (${kindOf(source.volume)}), ` +
      `and not from a shared one, on which a copy could lie beside it`
    );
  }
  return `no container of the Deployment mounts a volume at a path that ends in /sites, /sites/${site} or /openemr`;
}

function kindOf(volume: V1Volume | undefined): string {
  const [kind = 'which the pod does not have'] = Object.keys(volume ?? {}).filter((key) => key !== 'name');
  return kind;
}
