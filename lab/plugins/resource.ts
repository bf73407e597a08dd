import type { Properties } from './values.js';

/** One input that is not acceptable, and why. */
export interface InputFailure {
  property: string;
  reason: string;
}

/** One property that an update would change. */
export interface Change {
  property: string;
  /** Whether the resource has to be replaced for it. */
  replaces: boolean;
  kind: 'add' | 'delete' | 'update';
}

/** What a resource is after it was made or read. */
export interface ResourceState {
  id: string;
  outputs: Properties;
  /** Only from `read`: the inputs that would give this state. */
  inputs?: Properties;
}

/** One property in the plugin's schema. */
export interface PropertySchema {
  type: 'string' | 'boolean' | 'integer' | 'array' | 'object';
  /** Whether a program gives it. */
  input?: boolean;
  required?: boolean;
  secret?: boolean;
}

/**
 * A resource type as a stand-in implements it. Values come and go without their secret marks: the protocol part
 * keeps a property secret that was secret before, or that the schema calls secret. Every method may throw; the
 * message is what the user of the engine reads.
 */
export interface ResourceType {
  /** The full type, e.g. `random:index/randomPassword:RandomPassword`. */
  readonly token: string;
  readonly properties: Readonly<Record<string, PropertySchema>>;
  /** What is wrong with these inputs; unknown values are accepted. */
  check(inputs: Properties): InputFailure[];
  /** What separates the state from the inputs that are wanted now. */
  diff(state: Properties, inputs: Properties): Change[];
  /** The outputs as far as a preview can know them; `state` is there for an update, absent for a creation. */
  preview(inputs: Properties, state?: Properties): Properties;
  create(inputs: Properties, signal: AbortSignal): Promise<ResourceState>;
  /** The state in the world, or undefined when the resource is gone. An import has an id and no state. */
  read(id: string, state: Properties, signal: AbortSignal): Promise<ResourceState | undefined>;
  /** Changes the resource in place and returns its outputs. */
  update(id: string, state: Properties, inputs: Properties, signal: AbortSignal): Promise<Properties>;
  delete(id: string, state: Properties, signal: AbortSignal): Promise<void>;
}

/** A plugin: its types, made when the engine has sent the provider's configuration. */
export interface Plugin {
  readonly name: string;
  readonly version: string;
  /** Checks the provider's configuration; throws when the stand-in cannot honour it. Called before any type is used. */
  configure(configuration: Properties, stopped: AbortSignal): void | Promise<void>;
  readonly types: readonly ResourceType[];
}

/**
 * The resource exists (or is changed) in the world, but the operation did not end well: the engine records the
 * given state together with the error, and the next update goes on from it.
 */
export class HalfDone extends Error {
  constructor(
    message: string,
    readonly state: ResourceState,
  ) {
    super(message);
    this.name = 'HalfDone';
  }
}
