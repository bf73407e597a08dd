/**
 * Every write of this program to the outside goes through here under a name of its own, so that a test can
 * fail, hang or kill the process before and after each one.
 */
export async function effect<T>(_name: string, action: () => Promise<T>): Promise<T> {
  return action();
}
