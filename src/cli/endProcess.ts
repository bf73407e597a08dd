import { hasHangingFileAccess } from '../openemr/file/limit';

/**
 * Ends this process with an exit code. Node.js first waits for its threads, and one that a network share holds in the
 * kernel never ends; then the process becomes another program, which ends with the code: that ends every thread.
 */
export function endProcess(code: number): void {
  if (!hasHangingFileAccess()) process.exit(code);
  try {
    process.execve?.(process.execPath, [process.execPath, '-e', `process.exit(${code})`], {});
  } catch {
    // Not on this system.
  }
  // Node.js before 22.15 cannot. Nothing else ends such a process.
  process.kill(process.pid, 'SIGKILL');
}
