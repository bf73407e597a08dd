import { restartAnnotation, rotationAnnotation } from '../rotation/annotations';
import type { Journal } from '../rotation/observation';
import type { RotationMaterial, RotationPlan } from '../rotation/rotationPlan';
import { keepPasswordsIn } from '../secrecy/passwordsIn';
import { scrubber } from '../secrecy/scrubber';
import { parseJson } from '../base/stored';
import { readMaterial } from '../rotation/storedPlan';
import type { Slot } from '../rotation/slot';
import { slots } from '../rotation/slot';
import { begunIn, isPlanRecord, lastEndIn, outputsOf, planInState } from './pastSteps';
import { nameOf } from './stepTracker';
import type { StateResource } from './stateForm';
import { resourcesIn, unreadableState } from './stateForm';

/**
 * The password that the state has for each slot: what the last run found or set. They are registered with the scrubber.
 * @param deployment exported with its secrets
 */
export function slotPasswordsIn(deployment: unknown): Partial<Record<Slot, string>> {
  const { material } = readJournal(deployment) ?? {};
  const found: Partial<Record<Slot, string>> = {};
  for (const slot of slots) {
    // A user that the run set says more than what the run found before it.
    const password = setPassword(deployment, slot) ?? material?.logins[slot].password;
    if (password !== undefined) found[slot] = password;
  }
  return found;
}

/** The password that a run has set for a slot's user, by the state; registered with the scrubber. */
function setPassword(deployment: unknown, slot: Slot): string | undefined {
  const users = resourcesIn(deployment).filter(({ type }) => type.endsWith(':DatabaseUser'));
  const user = users.find(({ outputs }) => outputs?.['slot'] === slot)?.outputs;
  const password = revealed(user?.['password']);
  if (typeof password !== 'string') return undefined;
  scrubber.register(password);
  return password;
}

/** The passwords that a plan has made itself, and set. */
function madePasswords(deployment: unknown, { mint }: RotationPlan): NonNullable<Journal['passwords']> {
  const made = mint.flatMap((slot) => {
    const password = setPassword(deployment, slot);
    return password === undefined ? [] : [[slot, password] as const];
  });
  return Object.fromEntries(made);
}

/**
 * What the state says of the last rotation that was begun: its plan, its secret half, and whether it was finished.
 * Its passwords are registered with the scrubber.
 * The stack's outputs are recorded only at the end of an update that carried out every step.
 * @throws Failure `configuration` for a plan that this version cannot read: it may be of a rotation that is not finished
 */
export function readJournal(deployment: unknown): Journal | undefined {
  const resources = resourcesIn(deployment);
  const secretHalf = revealed(resources.find(isPlanRecord)?.outputs?.['material']);
  keepPasswordsIn(secretHalf);
  const plan = planInState(deployment);
  if (!plan) return undefined;
  const material = secretHalf === undefined ? undefined : materialOf(secretHalf);
  // The versions of the rotation before stay in the state until this one has ended.
  const versions = resources.filter(
    ({ type, urn = '' }) =>
      type === 'aws:secretsmanager/secretVersion:SecretVersion' && nameOf(urn).endsWith(plan.id),
  );
  const versionIds = versions.map(({ outputs: version }) => String(version?.['versionId']));
  const begunAt = begunIn(deployment);
  const recorded = recordedIn(resources, plan);
  const passwords = madePasswords(deployment, plan);
  const begun = { plan, versionIds, recorded, passwords, ...(begunAt === undefined ? {} : { begunAt }) };
  if (outputsOf(deployment)['rotation'] === plan.id) {
    const endedAt = lastEndIn(deployment);
    const ended = endedAt === undefined ? {} : { endedAt };
    return { ...begun, ...ended, finished: true, ...(material ? { material } : {}) };
  }
  return material && { ...begun, finished: false, material };
}

function materialOf(secretHalf: unknown): RotationMaterial {
  const read = readMaterial(secretHalf);
  if (read.ok) return read.value;
  throw unreadableState(`the secret half of its plan: ${read.problem}`);
}

/** Whether the Secret and the pod template were given this plan's own annotations, by the state. */
function recordedIn(resources: readonly StateResource[], plan: RotationPlan): Journal['recorded'] {
  const has = (type: string, within: readonly string[], annotation: string, token: string): boolean => {
    const found = resources.find((each) => each.type === type)?.inputs;
    return within.concat('metadata', 'annotations', annotation).reduce(partOf, found) === token;
  };
  return {
    secret: has('kubernetes:core/v1:SecretPatch', [], rotationAnnotation, plan.patchToken ?? plan.id),
    restart: has(
      'kubernetes:apps/v1:DeploymentPatch',
      ['spec', 'template'],
      restartAnnotation,
      plan.restartToken,
    ),
  };
}

function partOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && key in value
    ? (value as Record<string, unknown>)[key]
    : undefined;
}

/** A secret in an exported state is an object with its JSON text under `plaintext`, or under `ciphertext` encrypted. */
function revealed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('plaintext' in value && typeof value.plaintext === 'string') return parseJson(value.plaintext);
  return 'ciphertext' in value ? undefined : value;
}
