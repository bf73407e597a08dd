import type { Kubernetes } from '../../kubernetes/kubernetes';
import { canaryRights } from '../../kubernetes/rights';
import type { ProgramSettings } from '../../target/programSettings';
import type { Check } from './check';
import { Checks } from './check';

/** Whether this identity may try a canary, as one line; none where no canary is wanted. */
export async function canaryChecks(
  kubernetes: Pick<Kubernetes, 'target' | 'missingRights'>,
  { canary = 'off' }: Pick<ProgramSettings, 'canary'>,
): Promise<Check[]> {
  if (canary === 'off') return [];
  const checks = new Checks('Kubernetes');
  const title = 'may try a canary pod before the switch';
  const { pods, secrets } = canaryRights(kubernetes.target);
  try {
    const missing = await kubernetes.missingRights([...pods, ...secrets]);
    const lacks = missing.filter(({ resource }) => resource === 'pods').length > 0;
    const grant = 'infra/kubernetes/role-canary.yaml grants it';
    if (lacks && canary === 'require')
      return [checks.missing(title, `--canary require needs it; ${grant}.`, 'before-switch')];
    if (lacks) return [checks.optional(title, `Not granted, and not needed; ${grant}.`)];
    if (missing.length === 0) return [checks.ok(title)];
    return [checks.ok(title, `without a Secret of its own its variables keep the old login; ${grant}`)];
  } catch {
    return [checks.notChecked(title, 'The API server does not answer.')];
  }
}
