import { Ended, Failure } from '../base/failure';
import type { Observation } from '../rotation/observation';
import { slots } from '../rotation/slot';
import type { WorldContext } from '../target/context';
import { openSqlconf } from '../openemr/openSqlconf';
import type { RunRequest } from './request';

/**
 * Adds to a failure that stops a run before it changed anything what OpenEMR runs on: each message says which password
 * is live. One place for all of them, so that none is left out.
 * @param action gets the request with a listener for what is observed
 */
export async function sayingWhatIsLive<T>(
  request: RunRequest,
  action: (request: RunRequest) => Promise<T>,
): Promise<T> {
  let seen: Observation | undefined;
  try {
    const saw = (observation: Observation): void => {
      seen = observation;
      request.saw?.(observation);
    };
    return await action({ ...request, saw });
  } catch (error) {
    if (!(error instanceof Failure) || error instanceof Ended) throw error;
    const live = await liveNow(request.settings.context, seen);
    if (live === undefined) throw error;
    throw error.saying(`${error.message} ${live}`);
  }
}

/**
 * What OpenEMR runs on, as a sentence; the slot where the slot secret was read. Only the file is read: whatever else
 * would be asked may be what failed.
 * @returns undefined when the file cannot be read: then the failure says that
 */
export async function liveNow(
  context: WorldContext,
  seen: (Pick<Observation, 'slotSecret'> & Partial<Pick<Observation, 'sqlconf'>>) | undefined,
): Promise<string | undefined> {
  const username = await openSqlconf(context).then(
    ({ login }) => login.username,
    () => undefined,
  );
  if (username === undefined) return undefined;
  const entries = seen?.slotSecret.document.entries;
  const slot = slots.find((each) => {
    const entry = entries?.[each];
    return (entry?.kind === 'complete' ? entry.login.username : entry?.username) === username;
  });
  const who = `${username}${slot === undefined ? '' : ` (slot ${slot})`}`;
  const isRefused = seen?.sqlconf?.works === false && seen.sqlconf.login.username === username;
  return isRefused
    ? `sqlconf.php names ${who}, and the database refuses that login.`
    : `OpenEMR runs on ${who}.`;
}
