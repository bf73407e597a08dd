import { describeUnknown, Failure } from './failure';

/** A part of the world that was read, or why it could not be: one part that fails hides no other. */
export type Part<T> = { kind: 'read'; value: T } | { kind: 'unreadable'; failure: Failure };

/** Waits for a reading and never throws. */
export async function partOf<T>(reading: Promise<T>): Promise<Part<T>> {
  try {
    return { kind: 'read', value: await reading };
  } catch (error) {
    const failure =
      error instanceof Failure
        ? error
        : new Failure('unexpected-error', `It cannot be read: ${describeUnknown(error)}.`, { cause: error });
    return { kind: 'unreadable', failure };
  }
}

/** The value of a part that was read. */
export function valueOf<T>(part: Part<T>): T | undefined {
  return part.kind === 'read' ? part.value : undefined;
}
