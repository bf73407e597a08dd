import { configuration, ill, locked, permission, unexpected, unreachable } from './cause';
import type { CodeFacts } from './cause';

/** Of Pulumi's engine, its state, and proxies on the way. */
export const engineCodes = {
  'engine-missing': configuration(
    'The pulumi CLI is not found, or too old.',
    'Install it, or set `CREDENTIAL_ROTATION_ENGINE_ROOT`.',
  ),
  'engine-plugin-missing': configuration(
    'A plugin of Pulumi is missing and could not be fetched.',
    'Run the command that the message names.',
  ),
  'engine-user-unknown': configuration(
    'The user of this process is not in `/etc/passwd`, and the engine needs its name.',
    'Add it there, or run as a user that is there.',
  ),
  'engine-no-answer': configuration('The engine gave no answer in time.', 'Check `PULUMI_BACKEND_URL`.'),
  'engine-ended-outside': ill('The engine was ended from outside.', 'Run again; it finishes.'),
  'engine-failed': unexpected('The engine failed for a reason that is not known.', 'Run again; report it.'),
  'state-passphrase-wrong': configuration(
    'The passphrase of the state is missing or wrong.',
    'Set `PULUMI_CONFIG_PASSPHRASE`.',
  ),
  'state-key-unusable': configuration(
    'The key or secrets provider of the state does not exist or does not fit.',
    'Correct `CREDENTIAL_ROTATION_SECRETS_PROVIDER`.',
  ),
  'state-key-refused': permission(
    "The state's KMS key cannot be used.",
    'Allow `kms:Decrypt` and `kms:Encrypt`.',
  ),
  'state-damaged': configuration('The state cannot be read.', 'Restore it from a backup.'),
  'state-not-openable': configuration(
    'The backend of the state cannot be opened: bucket, region, URL, token or encryption.',
    'Correct `PULUMI_BACKEND_URL`, or what the message names.',
  ),
  'state-permission-missing': permission(
    'The state, or its folder, may not be read or written.',
    'Allow what the message names.',
  ),
  'state-unreachable': unreachable('The backend of the state does not answer.', 'Run again when it does.'),
  'state-locked': locked('Another update holds the state.', 'Wait, or clear a dead run as the message says.'),
  'proxy-unreachable': unreachable(
    'The HTTP proxy takes no connection, or does not reach the target.',
    'Correct its address, or name the target in `NO_PROXY`.',
  ),
  'proxy-refused': configuration(
    'The HTTP proxy requires a login or refuses the target.',
    'Correct its login, allow the target, or name it in `NO_PROXY`.',
  ),
} as const satisfies Record<string, CodeFacts>;
