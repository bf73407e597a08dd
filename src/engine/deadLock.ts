import { randomBytes } from 'node:crypto';
import type { LocalWorkspace, Stack } from '@pulumi/pulumi/automation';
import type { AutomationLibrary } from '../sdk/automation';
import { withoutInfo } from '../sdk/automation';

/**
 * Makes a stack whose name a dead run has locked in the backend. The engine makes no stack where a lock is, and clears
 * no lock where no stack is: so it is made under another name, renamed, and then the lock is cleared. A kill in between
 * leaves an empty stack of that other name, or one that the next run finds locked and clears.
 * Only for who holds the database lock, so that no other run is alive.
 */
export async function createBesideDeadLock(
  library: AutomationLibrary,
  workspace: LocalWorkspace,
  name: string,
): Promise<Stack> {
  const other = `${name}-${randomBytes(3).toString('hex')}`;
  const stack = withoutInfo(await library.Stack.create(other, workspace));
  await stack.rename({ stackName: name });
  await stack.cancel();
  return stack;
}
