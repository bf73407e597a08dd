/** What the run that is under way in this process hands to whatever is done for it, whoever calls: the engine, too. */
export interface ThisRun {
  /**
   * Checks right before a write that the run still holds its lock, and its Lease where it has one.
   * @throws Failure `locked` when it does not, and for good when the run has given them back
   */
  guard(): Promise<void>;
  /** Which version of the admin secret logged in, so that no refused one is tried again. It holds no secret. */
  adminVersion(): KnownVersion | undefined;
}

/** The version that works, and the one that was AWSCURRENT when that was seen: with another one it says nothing. */
export interface KnownVersion {
  works: string;
  current: string;
  /** The versions that the database refused. */
  refused: string[];
}

let current: ThisRun | undefined;

/**
 * Begins a run; the next one takes its place. The command never ends one: what is still under way when a run is over
 * must find a guard that refuses it, and not none.
 * @returns puts back the run before, for tests
 */
export function beginRun(run: ThisRun): () => void {
  const before = current;
  current = run;
  return () => {
    current = before;
  };
}

/** The run under way; undefined where none has begun in this process: a dry run, a reader, Pulumi's own program. */
export function thisRun(): ThisRun | undefined {
  return current;
}
