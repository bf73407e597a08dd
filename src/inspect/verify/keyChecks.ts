import type { Failure } from '../../base/failure';
import { isKeyFailure } from '../../aws/awsFailure';
import type { Part } from '../../base/part';
import type { Check } from './check';
import { Checks } from './check';
import type { StateFacts } from '../../engine/stateFacts';

/** What was seen of one secret's key. */
export interface SealedSecret {
  id: string;
  /** The key that the secret names; undefined for the one that AWS manages. */
  key: Part<string | undefined>;
  /** Whether its value could be read. */
  read: Part<unknown>;
  /** What a write that cannot take effect was refused for. */
  put: Part<Failure[]>;
}

const managedKey = 'alias/aws/secretsmanager';
const needsDescribe = 'DescribeSecret would name the key, but it failed; fix what is missing above.';

/** The KMS keys of both secrets, each once, and that of the state. Pure. */
export function keyChecks(
  secrets: readonly SealedSecret[],
  state: Part<StateFacts>,
  configured: string,
): Check[] {
  const checks = new Checks('KMS');
  const keys = new Map<string, SealedSecret[]>();
  const found: Check[] = [];
  for (const secret of secrets) {
    if (secret.key.kind === 'unreadable') {
      found.push(checks.notChecked(`the key of ${secret.id}`, needsDescribe));
      continue;
    }
    const name = secret.key.value ?? managedKey;
    keys.set(name, [...(keys.get(name) ?? []), secret]);
  }
  for (const [name, sealed] of keys)
    found.push(openCheck(checks, name, sealed), sealCheck(checks, name, sealed));
  return [...found, ...stateKeyChecks(checks, state, configured)];
}

function idsOf(sealed: readonly SealedSecret[]): string {
  return sealed.map(({ id }) => id).join(' and ');
}

/** To read a value takes kms:Decrypt on its key: the reading is the proof. */
function openCheck(checks: Checks, name: string, sealed: readonly SealedSecret[]): Check {
  const title = `${name} opens ${idsOf(sealed)}`;
  const failures = sealed.flatMap(({ read }) => (read.kind === 'unreadable' ? [read.failure] : []));
  const closed = failures.find(isKeyFailure);
  if (closed) return checks.failed(title, closed);
  if (failures.length > 0)
    return checks.notChecked(title, 'Needs a readable value; fix what is missing above.');
  return checks.ok(title, 'kms:Decrypt, as the successful read shows');
}

/**
 * To store a version takes kms:GenerateDataKey, too. Of AWS's own key everybody has it who may use Secrets Manager. Of
 * another one only a refusal of the probe tells: that Secrets Manager asks the key before it refuses is nowhere promised.
 */
function sealCheck(checks: Checks, name: string, sealed: readonly SealedSecret[]): Check {
  const title = `${name} encrypts new versions of ${idsOf(sealed)}`;
  const failures = sealed.flatMap(({ put }) => (put.kind === 'unreadable' ? [put.failure] : put.value));
  const closed = failures.find(isKeyFailure);
  if (closed) return checks.failed(title, closed);
  if (failures.length > 0)
    return checks.notChecked(title, 'Needs permission to store versions; fix what is missing above.');
  if (name === managedKey)
    return checks.ok(title, 'a key that AWS manages: usable by whoever may store versions');
  return checks.notChecked(
    title,
    'No refusal was seen; kms:GenerateDataKey on it shows only when a version is stored, in step 4, before the switch.',
  );
}

function stateKeyChecks(checks: Checks, state: Part<StateFacts>, configured: string): Check[] {
  const found = state.kind === 'read' ? state.value : undefined;
  const provider = found?.secretsProvider ?? configured;
  if (provider === 'passphrase') return [];
  const title = `${provider.split('?')[0]} decrypts the state`;
  if (state.kind === 'unreadable')
    return [checks.notChecked(title, 'The state cannot be read; see above for the reason.')];
  if (found?.changedAt === undefined)
    return [
      checks.notChecked(
        title,
        'There is no state yet: the first rotation encrypts it (kms:Encrypt, kms:Decrypt) before it changes anything.',
      ),
    ];
  return [checks.ok(title, 'kms:Decrypt, as the successful read shows; an existing state needs no more')];
}
