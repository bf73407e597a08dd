import * as pulumi from '@pulumi/pulumi';
import type { ResourceType } from '../providers/registry';
import { DynamicResource } from '../resources/dynamicResource';

/**
 * Resources one after the other: each depends on the one before. All are retained on delete: an act of an earlier
 * rotation just leaves the state, and `destroy` leaves the running OpenEMR as it is.
 */
export class Chain {
  private last: pulumi.Resource | undefined;

  /** Options for the next resource. */
  options(): pulumi.CustomResourceOptions {
    return { retainOnDelete: true, ...(this.last ? { dependsOn: [this.last] } : {}) };
  }

  /** Adds a resource; what comes next waits for it. */
  add<T extends pulumi.Resource>(resource: T): T {
    this.last = resource;
    return resource;
  }

  /** Adds a dynamic resource. */
  dynamic(
    type: ResourceType,
    name: string,
    inputs: Record<string, unknown>,
    secrets: string[] = [],
  ): DynamicResource {
    return this.add(new DynamicResource(type, name, inputs, this.options(), secrets));
  }

  /** A value that is known only when the last resource of the chain is done. */
  whenDone<T>(value: T): pulumi.Output<T> {
    const { last } = this;
    return last instanceof pulumi.CustomResource
      ? last.id.apply(() => value)
      : (pulumi.output(value) as pulumi.Output<T>);
  }
}
