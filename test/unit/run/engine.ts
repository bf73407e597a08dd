import { runtime, secret } from '@pulumi/pulumi';
import { restartAnnotation } from '../../../src/rotation/annotations';
import type { PlannedRotation } from '../../../src/rotation/rotationPlan';
import { rotationProgram } from '../../../src/steps/program';
import type { ProgramSettings } from '../../../src/target/programSettings';
import { asWriter } from '../../../src/steps/adminSession';
import type { Properties, ResourceLogic } from '../../../src/steps/logic';
import { registry } from '../../../src/steps/registry';
import { effect } from '../../../src/base/effect';
import type { HandMadeWorld } from '../handMade/world';

/** What Pulumi's state is here: the outputs of each resource by its name, and those of the stack. */
export interface State {
  resources: Map<string, { type: string; inputs: Properties; outputs: Properties }>;
  /** The id of the rotation that carried out every step. */
  finished?: string;
}

/** The state as the engine exports it, for the journal. */
export function exported({ resources, finished }: State): object {
  const reveal = (value: unknown): object => ({
    '4dabf18193072939515e22adb298388d': '1b47061264138c4ac30d75fd1eb44270',
    plaintext: JSON.stringify(value),
  });
  const all = [...resources].map(([name, { type, inputs, outputs }]) => ({
    type,
    urn: `urn:pulumi:site1::credential-rotation::${type}::${name}`,
    inputs,
    outputs: 'material' in outputs ? { ...outputs, material: reveal(outputs['material']) } : outputs,
  }));
  const stack = {
    type: 'pulumi:pulumi:Stack',
    outputs: finished === undefined ? {} : { rotation: finished },
  };
  return { resources: [stack, ...all] };
}

/** The value of an input, out of its mark of a secret. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  if ('4dabf18193072939515e22adb298388d' in value && 'value' in value) return plain(value.value);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
}

let passwords = 0;

/**
 * Carries out a plan in a hand-made world: the real program under Pulumi's mocks, the real steps, and in the place of
 * the plugins of AWS, Kubernetes and random what they would do. What a state has as done, and has not changed, is not
 * done again.
 * @throws what a step threw
 */
export async function update(
  world: HandMadeWorld,
  state: State,
  planned: PlannedRotation,
  settings: ProgramSettings,
  run?: string,
): Promise<void> {
  let failed: { error: unknown } | undefined;
  const ends: (() => void)[] = [];
  const newResource = async (args: runtime.MockResourceArgs): Promise<runtime.MockResourceResult> => {
    const { type, name } = args;
    if (type === 'pulumi:pulumi:Stack') return { id: name, state: {} };
    if (failed !== undefined) throw new Error('an earlier step failed');
    const inputs = plain(args.inputs) as Properties;
    try {
      const before = state.resources.get(name);
      const outputs = await carryOut(world, type, name, inputs, before);
      state.resources.set(name, { type, inputs, outputs });
      const made = type.endsWith('RandomPassword') ? { result: secret(outputs['result']) } : outputs;
      return { id: name, state: type.startsWith('pulumi-nodejs') ? (args.inputs as Properties) : made };
    } catch (error) {
      failed ??= { error };
      ends.forEach((end) => end());
      throw error;
    }
  };
  const call = (): runtime.MockCallResult => ({});
  await runtime.setMocks({ newResource, call }, 'openemr-credential-rotation', 'prod', false);
  delete state.finished;
  const guard = (): Promise<void> => asWriter(world.context, async () => undefined);
  await new Promise<void>((resolve) => {
    ends.push(resolve);
    runtime
      .runInPulumiStack(async () => {
        const { rotation } = rotationProgram(planned, settings, { guard, run });
        rotation?.apply((id) => {
          state.finished = String(id);
          resolve();
        });
      })
      .catch(() => undefined);
  });
  if (failed !== undefined) throw failed.error;
}

async function carryOut(
  world: HandMadeWorld,
  type: string,
  name: string,
  inputs: Properties,
  before: { inputs: Properties; outputs: Properties } | undefined,
): Promise<Properties> {
  const own = /dynamic\/credential-rotation:(\w+)$/.exec(type)?.[1];
  if (own !== undefined) {
    const logic: ResourceLogic = registry[own as keyof typeof registry];
    if (before !== undefined && !(await logic.diff(before.outputs, inputs))) return before.outputs;
    return { ...inputs, ...(await logic.apply(inputs)) };
  }
  if (type.endsWith('RandomPassword'))
    return before?.outputs ?? { result: `Minted-${(passwords += 1)}-${'x'.repeat(20)}` };
  if (type.endsWith('SecretVersion')) {
    if (before !== undefined) return before.outputs;
    const versionId = `version-of-${name}`;
    await effect(`engine: ${type.split(':').at(-1)} ${versionId}`, async () =>
      world.slots.put(String(inputs['secretString']), inputs['versionStages'] as string[], versionId),
    );
    return { ...inputs, versionId };
  }
  if (before !== undefined && JSON.stringify(before.inputs) === JSON.stringify(inputs)) return before.outputs;
  await effect(`engine: ${type.split(':').at(-1)}`, async () => {
    if (type.endsWith('SecretPatch')) {
      const data = Object.entries(inputs['data'] as Record<string, string>);
      const values = data.map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]);
      world.kubernetes.secretData = Object.fromEntries(values) as Record<string, string>;
    } else world.kubernetes.deployment = restarted(inputs);
  });
  return inputs;
}

/** A Deployment whose rollout is done. */
function restarted(inputs: Properties): Record<string, unknown> {
  const { spec } = inputs as { spec: { template: { metadata: { annotations: Record<string, string> } } } };
  const annotations = { [restartAnnotation]: spec.template.metadata.annotations[restartAnnotation] };
  const counts = { updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1, replicas: 1 };
  return {
    metadata: { generation: 1, uid: 'a-uid' },
    spec: { replicas: 1, selector: {}, template: { metadata: { annotations } } },
    status: { observedGeneration: 1, ...counts },
  };
}
