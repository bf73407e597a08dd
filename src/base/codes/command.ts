import {
  forged,
  usage,
  locked,
  outdated,
  permission,
  refused,
  stopped,
  undecided,
  unexpected,
} from './cause';
import type { CodeFacts } from './cause';

/** Of the command, its files, and the course of a run. */
export const commandCodes = {
  'setting-invalid': usage(
    'A setting is missing or malformed.',
    'Correct the settings that the message lists.',
  ),
  'command-line-invalid': usage('A flag or an argument is wrong.', 'See `credential-rotation --help`.'),
  'confirmation-needed': usage(
    'The command asks before it acts, and there is no terminal.',
    'Read its output and give `--yes`.',
  ),
  'file-unreadable': usage(
    'A file that a setting or flag names cannot be read.',
    'Name a readable file, or correct its mode.',
  ),
  'file-unwritable': usage(
    'A file or folder of this command cannot be written.',
    'Name a writable place with the setting that the message names.',
  ),
  'fleet-file-invalid': usage(
    'The fleet file, or a flag that refers to it, is wrong.',
    'Correct what the message lists; see fleet.md.',
  ),
  'outputs-invalid': usage(
    'The file of stack outputs cannot be used, or `terraform output` failed.',
    'Make it again as the message says.',
  ),
  'openemr-not-found': usage(
    'No Deployment, or more than one, looks like OpenEMR.',
    'Name it with `--namespace` and `--deployment`.',
  ),
  'saved-plan-invalid': usage(
    'The file is not a plan of this version.',
    'Make a new one with `--dry-run --plan FILE`.',
  ),
  'saved-plan-outdated': outdated(
    'The world or the state has changed since the plan was saved.',
    'Make a new plan; finish an interrupted rotation first.',
  ),
  'evidence-invalid': forged(
    'Evidence is not as it was signed, or does not hold together.',
    'Ask for the original; see evidence.md.',
  ),
  'evidence-key-invalid': usage(
    'The key cannot sign or verify evidence.',
    'Give a key of the kind and mode that the message names.',
  ),
  'plan-impossible': usage(
    'No rotation can be planned from what was found.',
    'Correct what the message names; `--dry-run` shows it.',
  ),
  'lock-held': locked('Another rotation of this OpenEMR is running.', 'Wait until it ends; see `unlock`.'),
  'lock-lost': locked(
    'The run lost its lock or Lease and stopped before its next write.',
    'Run again to finish.',
  ),
  'admin-lock-held': locked(
    "Another OpenEMR's rotation works on the same admin secret.",
    'Run again to finish when it has ended.',
  ),
  'admin-lock-lost': locked(
    'The run lost its lock on the admin secret; nothing more was written.',
    'Run again to finish.',
  ),
  'stopped-by-signal': stopped(
    'The run was stopped by SIGINT, SIGTERM or SIGHUP.',
    'Run again; it finishes.',
  ),
  'rollback-undecided': undecided(
    'An interrupted rollback was found, and whether the old password still works could not be seen.',
    'Run again to finish the rollback.',
  ),
  'step-forbidden': permission(
    'A Pulumi plugin was not allowed to do what a step asks of it.',
    'Grant the right that the message quotes.',
  ),
  'step-failed': refused(
    'A step failed in a Pulumi plugin for a reason that has no code of its own.',
    'Remove the cause that the message quotes.',
  ),
  'unexpected-error': unexpected('An unexpected error.', 'Try `--dry-run`; report the line.'),
  uncoded: unexpected('A failure that has no code.', 'Do what its message says.'),
} as const satisfies Record<string, CodeFacts>;
