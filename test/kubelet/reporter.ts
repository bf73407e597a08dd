import { writeFileSync } from 'node:fs';
import type { Counts } from '../countingReporter';
import { CountingReporter } from '../countingReporter';

/** Writes the counts to the file that KUBELET_REPORT names. */
// eslint-disable-next-line no-restricted-syntax -- Mocha takes the default export of a reporter.
export default class KubeletReporter extends CountingReporter {
  protected record(counts: Counts): void {
    writeFileSync(process.env['KUBELET_REPORT'] ?? '/dev/null', JSON.stringify(counts));
  }
}
