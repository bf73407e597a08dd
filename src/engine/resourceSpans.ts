import type { EngineEvent } from '@pulumi/pulumi/automation';
import { tracingOfRun } from '../base/trace';
import { nameWithoutId } from './stepTracker';

/** What makes a plugin do something; what leaves the state is retained in the world. */
const worked = /^(create|update|read|import|refresh)/;

/**
 * A span for each operation of the engine on a resource, where the run is traced: so what Pulumi's plugins do has one, too.
 * By type, name and operation alone; an event has the resource's values beside them.
 */
export class ResourceSpans {
  /** Ends the span of a resource that is being worked on, by its URN. */
  private readonly open = new Map<string, (failed: boolean) => void>();

  /** Takes one engine event of an update. */
  take({ resourcePreEvent, resOutputsEvent, resOpFailedEvent }: EngineEvent): void {
    if (resourcePreEvent) this.begin(resourcePreEvent.metadata);
    if (resOutputsEvent) this.finish(resOutputsEvent.metadata.urn, false);
    if (resOpFailedEvent) this.finish(resOpFailedEvent.metadata.urn, true);
  }

  /** Ends what the engine began and said no more of. */
  end(): void {
    for (const urn of [...this.open.keys()]) this.finish(urn, true);
  }

  private begin({ urn, op }: { urn: string; op: string }): void {
    const type = typeIn(urn);
    // The stack is no more than what holds the others.
    if (!worked.test(op) || type === 'pulumi:pulumi:Stack' || this.open.has(urn)) return;
    const facts = {
      'credential_rotation.resource': nameWithoutId(urn),
      'credential_rotation.operation': op,
    };
    const end = tracingOfRun()?.begins(`resource ${type}`, facts);
    if (end) this.open.set(urn, end);
  }

  private finish(urn: string, failed: boolean): void {
    this.open.get(urn)?.(failed);
    this.open.delete(urn);
  }
}

/** The type of a resource: the part before the name, less the types of what it is in. */
function typeIn(urn: string): string {
  return urn.slice(0, urn.lastIndexOf('::')).replace(/^.*(::|\$)/, '');
}
