/** Kinds of causes; where nothing was switched they decide the exit code. */
export type Cause =
  /** A flag, a setting or a file of the command is wrong: nothing is begun. */
  | 'usage'
  /** Somebody must correct a setting, a secret or an object. */
  | 'configuration'
  /** A right or a login is missing. */
  | 'permission'
  /** No answer came, or one that passes by itself. */
  | 'unreachable'
  /** A system refused what was asked of it. */
  | 'refused'
  /** Somebody else changed something during the run. */
  | 'changed'
  /** What OpenEMR needs is in use, full or not healthy. */
  | 'ill'
  /** Another run works on it. */
  | 'locked'
  /** The run was ended from outside. */
  | 'stopped'
  /** A saved plan no longer fits the world. */
  | 'outdated'
  /** A signed file is not what was signed. */
  | 'forged'
  /** Whether a rollback may go on could not be seen. */
  | 'undecided'
  | 'unexpected';

/** One code: what it means, and what to do about it. */
export interface CodeFacts {
  cause: Cause;
  means: string;
  todo: string;
}

const of =
  (cause: Cause) =>
  (means: string, todo: string): CodeFacts => ({ cause, means, todo });

export const usage = of('usage');
export const configuration = of('configuration');
export const permission = of('permission');
export const unreachable = of('unreachable');
export const refused = of('refused');
export const changed = of('changed');
export const ill = of('ill');
export const locked = of('locked');
export const stopped = of('stopped');
export const outdated = of('outdated');
export const forged = of('forged');
export const undecided = of('undecided');
export const unexpected = of('unexpected');
