import type { Part } from '../../base/part';
import { valueOf } from '../../base/part';
import { asSentence } from '../../base/sentence';
import { otherSecretText } from '../../rotation/takeUp';
import type { SlotSecretFacts, StatusFacts } from './facts';

/**
 * The state without what it has of a run of another slot secret, which a run does not go by either: of an OpenEMR that rotates
 * with the same stack, or of a secret that was made anew. Where this one's secret cannot be read, the state stays as it is. Pure.
 * @param stack its name, for the sentence that says so
 */
export function ownState(
  state: StatusFacts['state'],
  slotSecret: Part<SlotSecretFacts>,
  stack: string,
): Pick<StatusFacts, 'state' | 'stateOfOther'> {
  const [found, secret] = [valueOf(state), valueOf(slotSecret)];
  if (found === undefined || secret === undefined) return { state };
  const text = otherSecretText(stack, { slotSecret: secret }, found.journal);
  if (text === undefined) return { state };
  const { backendUrl, changedAt, secretsProvider } = found;
  return {
    state: { kind: 'read', value: { backendUrl, changedAt, secretsProvider, journal: undefined } },
    stateOfOther: asSentence(text),
  };
}
