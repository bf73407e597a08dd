import type { CustomResourceOptions, Resource } from '@pulumi/pulumi';
import type { CheckedInputs } from '../inputs/inputs';

/** Whose child a resource is, and what all resources of one rotation have in common. */
export interface Scope {
  /** Begins the names of the resources. */
  name: string;
  parent: Resource;
  inputs: CheckedInputs;
}

/** Options of a child. */
export function childOf({ parent }: Scope, more: CustomResourceOptions = {}): CustomResourceOptions {
  return { parent, ...more };
}

/** Options of a child whose loss would lose passwords or states: Pulumi refuses to delete it, unless told otherwise. */
export function keptChildOf(scope: Scope, more: CustomResourceOptions = {}): CustomResourceOptions {
  return childOf(scope, { protect: scope.inputs.aws?.protect ?? true, ...more });
}
