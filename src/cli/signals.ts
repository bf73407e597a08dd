/**
 * Runs an action that the first SIGINT or SIGTERM stops in order; the second one ends the process at once, by
 * the same signal, so that the parent sees the true reason; `endAtOnce` ends its children before.
 * @param stopping told of the first signal
 */
export async function withStopSignals<T>(
  action: (signal: AbortSignal) => Promise<T>,
  stopping: (signal: NodeJS.Signals) => void,
  endAtOnce: () => void = () => undefined,
): Promise<T> {
  const controller = new AbortController();
  const stop = (signal: NodeJS.Signals): void => {
    if (!controller.signal.aborted) {
      stopping(signal);
      controller.abort();
      return;
    }
    process.removeListener('SIGINT', stop);
    process.removeListener('SIGTERM', stop);
    endAtOnce();
    process.kill(process.pid, signal);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    return await action(controller.signal);
  } finally {
    process.removeListener('SIGINT', stop);
    process.removeListener('SIGTERM', stop);
  }
}
