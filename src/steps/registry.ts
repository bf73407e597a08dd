import { traced } from '../base/trace';
import { failureToText } from '../base/failure';
import { keepPasswordsIn } from '../secrecy/passwordsIn';
import { scrubber } from '../secrecy/scrubber';
import { adminCheck } from './03-admin-check/apply';
import { adminPassword } from './11-admin-password/apply';
import { databaseUser } from './04-users/apply';
import type { Properties, ResourceLogic } from './logic';
import { planRecord } from './planRecord';
import { promotion } from './promotion';
import { canaryProof } from './04-canary/apply';
import { healthProof } from './08-health/apply';
import { idleProof } from './10-renewal/apply';
import { rolloutProof } from './07-restart/apply';
import { withRetries } from './retry';
import { sqlconf } from './05-sqlconf/apply';

/** Logic by the type name of the dynamic resource. The names stand in states: never rename one. */
export const registry = {
  PlanRecord: planRecord,
  AdminCheck: adminCheck,
  DatabaseUser: databaseUser,
  CanaryProof: canaryProof,
  Sqlconf: sqlconf,
  RolloutProof: rolloutProof,
  HealthProof: healthProof,
  Promotion: promotion,
  IdleProof: idleProof,
  AdminPassword: adminPassword,
} satisfies Record<string, ResourceLogic>;

/** A type of dynamic resource. */
export type ResourceType = keyof typeof registry;

/** The interface that Pulumi's dynamic provider process calls (sdk/nodejs/cmd/dynamic-provider). */
export interface DynamicProvider {
  diff(id: string, olds: Properties, news: Properties): Promise<{ changes: boolean }>;
  create(inputs: Properties): Promise<{ id: string; outs: Properties }>;
  update(id: string, olds: Properties, news: Properties): Promise<{ outs: Properties }>;
}

/** The provider of one type. What passes by itself is tried again; errors carry their outcome through the engine's text; see failureToText. */
export function dynamicProvider(type: ResourceType): DynamicProvider {
  const logic: ResourceLogic = registry[type];
  const named = async <T>(given: Properties, action: () => Promise<T>): Promise<T> => {
    keepPasswordsIn(given);
    try {
      return await traced(`act ${type}`, {}, () => withRetries(action));
    } catch (error) {
      throw new Error(
        failureToText(error, (sentence) => scrubber.scrub(sentence)),
        { cause: error },
      );
    }
  };
  return {
    diff: (_id, olds, news) => named({ olds, news }, async () => ({ changes: await logic.diff(olds, news) })),
    create: (inputs) => named(inputs, async () => ({ id: type, outs: await outsOf(logic, inputs) })),
    update: (_id, _olds, news) => named(news, async () => ({ outs: await outsOf(logic, news) })),
  };
}

/** Inputs are kept as outputs, so that secret inputs stay secret under their own keys. */
async function outsOf(logic: ResourceLogic, inputs: Properties): Promise<Properties> {
  return { ...inputs, ...(await logic.apply(inputs)) };
}
