import { traced } from './trace';

/**
 * Every write of this program to the outside goes through here under a name of its own. A test preloads a hook
 * that fails, hangs or kills the process before and after each one; without it this only calls the action.
 */
export async function effect<T>(name: string, action: () => Promise<T>): Promise<T> {
  const hook = hookOf();
  return traced(name, { 'credential_rotation.write': true }, () =>
    hook ? hook.effect(name, action) : action(),
  );
}

/** A moment in the engine's work on a resource of another plugin, whose write cannot be wrapped. */
export function moment(name: string): void {
  hookOf()?.moment(name);
}

/** What a test puts under {@link effectHook} of the global object. */
export interface EffectHook {
  effect<T>(name: string, action: () => Promise<T>): Promise<T>;
  moment(name: string): void;
}

/** Key of the hook on the global object. */
export const effectHook = Symbol.for('openemr-credential-rotation.effect');

function hookOf(): EffectHook | undefined {
  return (globalThis as { [effectHook]?: EffectHook })[effectHook];
}
