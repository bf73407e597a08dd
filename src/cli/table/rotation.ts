import type { Command, Flag } from './command';
import { dryRun, exitMeanings, json, logJson, readingExits, yes } from './command';

const age: Flag = {
  name: 'if-older-than',
  value: 'AGE',
  summary:
    'do nothing if the last rotation is younger, e.g. 30d or 12h, or since a time, e.g. 2026-01-31T03:00:00Z',
};

/** `rotate`, which is the command without a word. */
export const rotate: Command = {
  summary: 'rotate, or finish a rotation that was interrupted',
  flags: [
    dryRun,
    {
      name: 'plan',
      value: 'FILE',
      summary: 'with --dry-run: save the plan in this file; without: carry out that plan, or refuse',
    },
    age,
    { name: 'sync-db-users', summary: "only set both slots' users to the slot secret" },
    {
      name: 'fix-permissions',
      value: 'MODE',
      mayStandAlone: true,
      default: '0644 if no mode is given',
      summary: 'only set the mode of sqlconf.php, e.g. 0440',
    },
    logJson,
  ],
  exclusive: [
    ['fix-permissions', 'sync-db-users', 'dry-run', 'plan', 'if-older-than'],
    ['sync-db-users', 'plan', 'if-older-than'],
  ],
  exits: { ...exitMeanings, drift: 'the plan of --plan no longer fits' },
  examples: [
    ['--dry-run', 'see the plan, a masked diff and the preflight'],
    ['', 'rotate, or finish a rotation that was interrupted'],
    ['--if-older-than 30d', 'for a schedule: rotate once a month'],
    ['--sync-db-users', 'repair the database users from the slot secret'],
  ],
};

const unreadable = 'a part cannot be read, and the other parts agree';

/** `status`. */
export const status: Command = {
  summary: 'show which login is live, and which places disagree; changes nothing',
  flags: [json],
  exits: {
    done: 'everything agrees',
    unexpected: exitMeanings.unexpected,
    configuration: unreadable,
    permission: unreadable,
    'before-switch': unreadable,
    drift: 'something differs or is unfinished',
  },
  examples: [
    ['status', 'who is live, how old the passwords are, what is unfinished'],
    ['status --json', 'the same for a program'],
  ],
};

/** `verify`. */
export const verify: Command = {
  summary: 'check everything that a rotation needs; changes nothing',
  flags: [json],
  exits: {
    done: 'a rotation has everything that it needs',
    unexpected: exitMeanings.unexpected,
    configuration: 'something else is missing',
    permission: 'a permission is missing',
    'before-switch': 'OpenEMR or a system that it needs is not healthy',
    locked: exitMeanings.locked,
  },
  examples: [['verify', 'a checklist, with what to do for each missing thing']],
};

/** `history`. */
export const history: Command = {
  summary: 'show the rotations of this stack',
  flags: [
    json,
    { name: 'html', value: 'FILE', summary: 'write one self-contained page to this file' },
    {
      name: 'load',
      value: 'FILE',
      summary: 'counted requests to OpenEMR, for the page and the JSON (docs/json-history.md)',
    },
    {
      name: 'limit',
      value: 'NUMBER',
      default: '20 as text, else all',
      summary: 'show only the last rotations, 1 to 99999',
    },
  ],
  exits: {
    ...readingExits,
    configuration: 'a setting is missing or wrong, or the state does not open',
    permission: 'the state may not be read',
    'before-switch': 'the state cannot be reached',
  },
  examples: [
    ['history', 'the last rotations with their kind, duration and result'],
    ['history --html rotations.html', 'a page with a timeline'],
  ],
};

/** `rollback`. */
export const rollback: Command = {
  summary: 'move OpenEMR back to the other slot, by the same steps',
  about: ['Moves OpenEMR back to the slot that it was on before the last rotation.'],
  flags: [dryRun, yes, json, logJson],
  exits: { ...exitMeanings, cancelled: 'stopped by a signal, run again to finish; or you answered no' },
  examples: [
    ['rollback --dry-run', 'see what it restores, and what it cannot'],
    ['rollback', 'asks, then moves OpenEMR back'],
  ],
};

/** `unlock`. */
export const unlock: Command = {
  summary: 'show who holds the lock, and end a run that hangs',
  about: [
    'Shows who holds the lock of this OpenEMR. After a yes it ends that connection, and clears the Lease and the lock of the state. A run that is alive stops before its next write.',
  ],
  flags: [yes, json],
  exits: {
    done: 'every lock is clear',
    unexpected: exitMeanings.unexpected,
    configuration: 'a setting is missing or wrong, or the lock cannot be read',
    permission: 'a permission is missing',
    'before-switch': 'a system does not answer',
    cancelled: 'you answered no: nothing was changed',
    locked: 'a lock is still held',
  },
  examples: [['unlock', 'shows the holder, and asks']],
};

/** `config`. */
export const config = {
  summary: 'show the settings',
  examples: [['config show', 'what a run from here would use']],
  below: {
    show: {
      summary: 'show every setting; secrets are never settings',
      flags: [{ name: 'origin', summary: 'also show where each value comes from' }, json],
      exits: readingExits,
      examples: [['config show --origin', 'flag, environment, stack file or default']],
    },
  },
} satisfies Command;

/** `completion`. */
export const completion: Command = {
  summary: 'print a completion script for the shell (bash or zsh)',
  exits: { done: 'done', unexpected: exitMeanings.unexpected },
  examples: [['completion', 'the script; in bash: source <(credential-rotation completion)']],
};
