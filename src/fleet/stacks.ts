import { readingAt } from '../engine/readingPlace';
import { readLastRotation } from '../engine/readState';
import type { LastRotation } from './fleetRun';
import type { Member } from './member';
import { memberEnvironment } from './member';

/** How long the engine may take for one state, in ms. */
const limitMs = 30_000;

/**
 * What each deployment's own state says of its last rotation; so many states are read at a time. A state that cannot be
 * read is left out: the rotation itself says why.
 */
export async function readLastRotations(
  members: readonly Member[],
  concurrency: number,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Map<string, LastRotation>> {
  const found = new Map<string, LastRotation>();
  const waiting = [...members];
  const work = async (): Promise<void> => {
    for (let member = waiting.shift(); member && !signal.aborted; member = waiting.shift()) {
      const variables = definedOf(memberEnvironment(member, environment));
      const last = await readingAt(member.location, (at) => readLastRotation(at, limitMs, variables)).catch(
        () => undefined,
      );
      if (last) found.set(member.name, last);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return found;
}

function definedOf(environment: NodeJS.ProcessEnv): Record<string, string> {
  const given = Object.entries(environment).filter((each): each is [string, string] => each[1] !== undefined);
  return Object.fromEntries(given);
}
