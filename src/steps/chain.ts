import * as pulumi from '@pulumi/pulumi';
import type { ResourceType } from './registry';
import { DynamicResource } from './dynamicResource';

/**
 * Resources one after the other: each depends on the one before. All are retained on delete: an act of an earlier
 * rotation just leaves the state, and `destroy` leaves the running OpenEMR as it is.
 */
export class Chain {
  private last: pulumi.Resource | undefined;
  private ready: (() => Promise<void>) | undefined;

  /** @param guard called before a resource of another plugin is written: those cannot check the lock themselves */
  constructor(private readonly guard: () => Promise<void> = async () => undefined) {}

  /** Options for the next resource. */
  options(): pulumi.CustomResourceOptions {
    return { retainOnDelete: true, ...(this.last ? { dependsOn: this.whenReady(this.last) } : {}) };
  }

  /** Lets the next resource wait for more than the one before: what is given here is done between the two. */
  holdNext(ready: () => Promise<void>): void {
    this.ready = ready;
  }

  private whenReady(last: pulumi.Resource): pulumi.Input<pulumi.Resource[]> {
    const { ready } = this;
    if (ready === undefined) return [last];
    return new Promise((resolve) => {
      last.urn.apply(() => ready().then(() => resolve([last])));
    });
  }

  /** Adds a resource; what comes next waits for it. */
  add<T extends pulumi.Resource>(resource: T): T {
    this.last = resource;
    this.ready = undefined;
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

  /**
   * An input of the next resource, known only when the run still holds its lock and what comes before is done. A
   * preview knows a URN at once, so it shows the value; and it has the same dependencies, as a saved plan wants.
   */
  guarded<T>(value: pulumi.Output<T>): pulumi.Output<T> {
    const both: pulumi.Output<[pulumi.Unwrap<T>, string]> = pulumi.all([value, this.last?.urn ?? '']);
    return both.apply(async ([known]) => {
      if (!pulumi.runtime.isDryRun()) await this.guard();
      return known;
    }) as pulumi.Output<T>;
  }

  /** A value that is known only when the last resource of the chain is done. */
  whenDone<T>(value: T): pulumi.Output<T> {
    const { last } = this;
    return last instanceof pulumi.CustomResource
      ? last.id.apply(() => value)
      : (pulumi.output(value) as pulumi.Output<T>);
  }
}
