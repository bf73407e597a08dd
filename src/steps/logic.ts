/** Inputs and outputs as the engine hands them to a dynamic provider: plain values, secrets in clear. */
export type Properties = Record<string, unknown>;

/** The sentinel that the engine sends in a preview for a value that is not known yet (sdk/nodejs runtime/rpc). */
const unknownValue = '04da6b54-80e4-46f7-96ec-b56ff0331ba9';

/** True when the value is not known in this preview. */
export function isUnknown(value: unknown): boolean {
  return value === unknownValue;
}

/**
 * What stands behind one type of dynamic resource. Every method may be called again after a kill at any
 * point, so each looks at the world first and is done when nothing is left to do.
 */
export interface ResourceLogic {
  /** Also runs in a preview: reads the world, writes nothing, tolerates unknown values. */
  diff(olds: Properties, news: Properties): Promise<boolean>;
  /** Brings the world to the inputs; returns what is stored beside them. */
  apply(inputs: Properties): Promise<Properties>;
}

/**
 * Logic of a proof: made in each run anew, also where an earlier run of the same rotation has made it, and where the pods
 * were restarted under another token. What was proved then says nothing of now.
 */
export function proof<T extends { run: string }>(apply: (inputs: T) => Promise<Properties>): ResourceLogic {
  return {
    diff: async (olds, news) => olds['run'] !== news['run'] || olds['token'] !== news['token'],
    apply: (inputs) => apply(inputs as T),
  };
}

/** Logic of an act: done once for a rotation, and never again once it stands in the state. */
export function act<T>(apply: (inputs: T) => Promise<Properties>): ResourceLogic {
  return { diff: async () => false, apply: (inputs) => apply(inputs as T) };
}
