/**
 * What asks a run to stop. SIGHUP comes from a terminal that is gone, as when an SSH session drops: from the kernel and from the
 * shell, so that a second one means nothing. Node.js takes it under nohup, too.
 */
const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs an action that the first SIGINT, SIGTERM or SIGHUP stops in order; a second SIGINT or SIGTERM ends the process at once,
 * by the same signal, so that the parent sees the true reason; `endAtOnce` ends its children before.
 * @param stopping told of the first signal
 */
export async function withStopSignals<T>(
  action: (signal: AbortSignal) => Promise<T>,
  stopping: (signal: NodeJS.Signals) => void,
  endAtOnce: () => void = () => undefined,
): Promise<T> {
  const controller = new AbortController();
  const listen = (): void => stopSignals.forEach((name) => process.on(name, stop));
  const listenNoMore = (): void => stopSignals.forEach((name) => process.removeListener(name, stop));
  function stop(signal: NodeJS.Signals): void {
    if (!controller.signal.aborted) {
      stopping(signal);
      controller.abort();
      return;
    }
    if (signal === 'SIGHUP') return;
    listenNoMore();
    endAtOnce();
    process.kill(process.pid, signal);
  }
  listen();
  try {
    return await action(controller.signal);
  } finally {
    listenNoMore();
  }
}
