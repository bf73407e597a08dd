import type { Pod, PodFault } from './pod';

interface FaultRule {
  fault: PodFault;
  /** The pod templates that are spared, when only those of one new rollout are meant. */
  spared?: ReadonlySet<string>;
  /** The template of that rollout, once its first pod has come. */
  template?: string;
}

/** Which pods have which fault. */
export class PodFaults {
  private readonly rules = new Map<string, FaultRule>();
  private readonly templates = new Map<string, Set<string>>();

  /** As `PodRunner.setFault` says. */
  set(namespace: string, fault: PodFault, oneRollout: boolean): void {
    const spared = new Set(this.templates.get(namespace));
    if (fault === 'none') this.rules.delete(namespace);
    else this.rules.set(namespace, { fault, ...(oneRollout ? { spared } : {}) });
  }

  /** The fault of a container of this pod that starts now. */
  of(pod: Pod): PodFault {
    const rule = this.rules.get(pod.metadata.namespace);
    if (!rule?.spared) return rule?.fault ?? 'none';
    const template = templateOf(pod);
    // A pod of no Deployment is none of the next rollout's.
    if (template === '') return 'none';
    if (rule.template === undefined && !rule.spared.has(template)) rule.template = template;
    return rule.template === template ? rule.fault : 'none';
  }

  /** Notes the template of a pod that has come. */
  remember(pod: Pod): void {
    const known = this.templates.get(pod.metadata.namespace) ?? new Set();
    this.templates.set(pod.metadata.namespace, known.add(templateOf(pod)));
  }
}

function templateOf(pod: Pod): string {
  return pod.metadata.labels?.['pod-template-hash'] ?? '';
}
