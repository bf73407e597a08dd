import { previewLookMs } from '../src/run/dryRun';
import type { Results } from './results';
import type { Measured } from './measure';
import { phasesOf } from './phases';
import { spreadOf } from './statistics';

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

/** Where the time goes of what misses its goal, by this run's own medians, and why it stays. */
export interface Reasons {
  rotation: string;
  preview: string;
  status: string;
  memory: string;
}

/** Sentences for the goals of time; each names what cannot go away. */
export function reasonsOf(results: Results): Reasons {
  const { rotation, status, withoutCheckpoints } = results;
  const engine = (key: keyof Results['engine'][number]): number =>
    spreadOf(results.engine.map((each) => each[key])).median;
  const passphrase = Math.max(0, engine('stateInClear') - engine('state'));
  const wall = (runs: readonly Measured[]): number => spreadOf(runs.map(({ wallMs }) => wallMs)).median;
  const checkpoints = Math.max(0, wall(rotation) - wall(withoutCheckpoints));
  return {
    rotation:
      `Before step 2 the engine starts, opens the state's passphrase and starts a plugin: ${seconds(medianOf(rotation, /^start of the engine/))} ` +
      `(of it the passphrase ${seconds(passphrase)}: 1,000,000 rounds of PBKDF2, which a KMS key does not need). It cannot start earlier: an update that is then refused would stand in the ` +
      `history as a failed one. Writing the state around each write takes ${seconds(checkpoints)}: that is what a killed run is taken up from. Before that the command logs in, takes the lock, ` +
      `reads the world and asks for its rights: ${seconds(medianOf(rotation, /^(start of the command|admin login|observe|preflight)/))}, mostly loading three SDKs.`,
    preview:
      `It watches the database's clients for ${previewLookMs / 1000} s, so that it can name who else uses the login whose password changes. The engine works beside it: ` +
      `${seconds(engine('state'))} for the state and ${seconds(engine('previewWithPlugins'))} for a preview that does nothing but start the same three plugins, one after the other.`,
    status:
      `${seconds(medianOf(status, /^start of/))} are the start of Node.js and of the command; the rest is one thread that loads the SDKs of AWS, Kubernetes and MySQL and makes the TLS connections, while ` +
      `the engine reads the state on the other core and is not waited for.`,
    memory: memoryReason(results),
  };
}

/** What of the memory is data, and what the pages of program files that the kernel maps around those that are used. */
function memoryReason({ watched: { rotation } }: Results): string {
  const peaks = rotation.map((run) => run.watched?.peak);
  const files = spreadOf(peaks.map((peak) => peak?.files ?? NaN)).median;
  const all = Math.max(...peaks.map((peak) => peak?.pss ?? NaN));
  return (
    `${files.toFixed(0)} MiB are pages of program files, mostly the engine and the Kubernetes plugin of 120 and 160 MB, which this kernel maps in pieces of 2 MiB and takes back at need; ` +
    `${(all - files).toFixed(0)} MiB are the processes' own: one of Node.js (the command with the eleven steps), the engine and three plugins, of which the lab's stand-in for aws is Node.js, too.`
  );
}

/** The median of some phases together, in ms. */
function medianOf(runs: readonly Measured[], phase: RegExp): number {
  const sums = runs.map((run) =>
    phasesOf(run)
      .filter(({ name }) => phase.test(name))
      .reduce((sum, { ms }) => sum + ms, 0),
  );
  return spreadOf(sums).median;
}
