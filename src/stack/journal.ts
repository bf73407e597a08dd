import type { Journal } from '../plan/observation';
import type { RotationMaterial } from '../plan/rotationPlan';
import { keepPasswordsIn } from '../report/passwordsIn';
import { parsePlan } from '../plan/rotationPlan';

interface StateResource {
  type: string;
  outputs?: Record<string, unknown>;
}

/**
 * What the state says of the last rotation that was begun: its plan, its secret half, and whether it was finished.
 * Its passwords are registered with the scrubber.
 * The stack's outputs are recorded only at the end of an update that carried out every step.
 */
export function readJournal(deployment: unknown): Journal | undefined {
  const resources = resourcesOf(deployment);
  const record = resources.find(({ type }) => type.endsWith(':PlanRecord'))?.outputs;
  const plan = parsePlan(String(record?.['plan']));
  if (!plan) return undefined;
  const material = revealed(record?.['material']) as RotationMaterial | undefined;
  keepPasswordsIn(material);
  const outputs = resources.find(({ type }) => type === 'pulumi:pulumi:Stack')?.outputs;
  const versions = resources.filter(({ type }) => type === 'aws:secretsmanager/secretVersion:SecretVersion');
  const versionIds = versions.map(({ outputs: version }) => String(version?.['versionId']));
  if (outputs?.['rotation'] === plan.id)
    return { plan, versionIds, finished: true, ...(material ? { material } : {}) };
  return material && { plan, versionIds, finished: false, material };
}

function resourcesOf(deployment: unknown): StateResource[] {
  if (typeof deployment !== 'object' || deployment === null || !('resources' in deployment)) return [];
  return Array.isArray(deployment.resources) ? (deployment.resources as StateResource[]) : [];
}

/** A secret in an exported state is an object with its JSON text under `plaintext`, or under `ciphertext` encrypted. */
function revealed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('plaintext' in value && typeof value.plaintext === 'string') return JSON.parse(value.plaintext);
  return 'ciphertext' in value ? undefined : value;
}
