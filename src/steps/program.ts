import * as pulumi from '@pulumi/pulumi';
import type { Slot } from '../rotation/slot';
import type { PlannedRotation } from '../rotation/rotationPlan';
import { Chain } from './chain';
import { adminCheckStep } from './03-admin-check/declare';
import { canaryStep } from './04-canary/declare';
import { userSteps } from './04-users/declare';
import { flipStep } from './09-flip/declare';
import { renewSteps } from './10-renewal/declare';
import { adminSteps } from './11-admin-password/declare';
import type { Begun } from './plugins';
import { startPlugins } from './plugins';
import { switchSteps } from './switch';
import { mintPasswords } from './04-users/versions';
import type { ProgramSettings, StepSettings } from '../target/programSettings';

/** What is around the program in one run. */
export interface Around {
  /** Checks the run's lock; it throws when the run must not write any more. */
  guard?: (() => Promise<void>) | undefined;
  /** Tells when the engine has begun with a resource. */
  begun?: Begun;
  /** Names the run, where it is not the first of its plan. */
  run?: string | undefined;
}

/**
 * The Pulumi program: a function of the plan. It takes no decision and reads nothing; the eleven steps are one
 * chain, so nothing of a step starts before the step before it is done.
 * @returns the stack's outputs; they are recorded only when every step was carried out
 */
export function rotationProgram(
  planned: PlannedRotation,
  given: ProgramSettings,
  { guard, begun, run }: Around = {},
): Record<string, pulumi.Output<unknown>> {
  const { plan, material } = planned;
  // A saved plan of the engine holds every input fast, so that the first run is named by the plan itself.
  const settings: StepSettings = { ...given, run: run ?? plan.id };
  const switchPluginStarted = startPlugins(plan, begun);
  const chain = new Chain(guard);
  chain.dynamic('PlanRecord', 'plan', { plan: JSON.stringify(plan), material: pulumi.secret(material) }, [
    'material',
  ]);
  if (plan.kind === 'rollback') {
    chain.holdNext(switchPluginStarted);
    switchSteps(chain, planned, settings, material.before.sqlconf);
  } else {
    adminCheckStep(chain, planned, settings);
    const passwords = mintPasswords(chain, planned);
    const { flipVersion, renewalVersion } = userSteps(chain, planned, settings, passwords);
    if (plan.kind !== 'sync') {
      const slot = plan.to as Slot;
      const login = { ...material.logins[slot], password: passwords.before[slot] };
      canaryStep(chain, planned, settings, login);
      chain.holdNext(switchPluginStarted);
      switchSteps(chain, planned, settings, login);
    }
    if (flipVersion) flipStep(chain, planned, settings, flipVersion, renewalVersion);
    if (plan.renew && flipVersion && renewalVersion) {
      renewSteps(chain, planned, settings, {
        slot: plan.renew,
        flipVersion,
        renewalVersion,
        password: passwords.after,
      });
    }
    if (plan.rotateAdmin) adminSteps(chain, planned, settings);
  }
  return {
    rotation: chain.whenDone(plan.id),
    kind: chain.whenDone(plan.kind),
    activeSlot: chain.whenDone(plan.to),
  };
}
