import type { Argv, Options } from 'yargs';
import { describeFleet } from './fleetHelp';
import { describeInit, describeJob } from './launchHelp';
import { json, logJson } from './flags';

const yes: Options = { type: 'boolean', describe: 'do not ask; needed without a terminal' };

/** Flags without a value, of all commands. */
export const switchNames = ['dry-run', 'log-json', 'json', 'yes', 'sync-db-users', 'origin', 'anew', 'force'];

/** Declares every command with its flags and examples. */
export function describeCommands(parser: Argv): Argv {
  return parser
    .usage(
      "$0 [command] [options]\n\nRotates the database passwords of a running OpenEMR: moves it to the standby slot, proves that it works,\nthen renews the password of the slot it left and the admin's.",
    )
    .command(['rotate', '$0'], 'rotate, or finish a rotation that was interrupted', rotate)
    .command('status', 'show where OpenEMR stands, and where its places disagree; changes nothing', status)
    .command('verify', 'check everything that a rotation needs; changes nothing', verify)
    .command('history', 'show the rotations of this stack', history)
    .command('rollback', 'go back to the slot before, by a rotation of its own', rollback)
    .command('unlock', 'show who holds the lock, and end a run that hangs', unlock)
    .command('config', 'show the settings', config)
    .command('init', 'find the settings of an OpenEMR that runs, write the stack file, verify', describeInit)
    .command('job', 'start the Job of the schedule in the cluster, or follow one', describeJob)
    .command('fleet', 'plan, run or watch the rotations of many OpenEMRs', describeFleet)
    .command('completion', 'print a completion script for the shell (bash or zsh)', completion);
}

function rotate(parser: Argv): Argv {
  return parser
    .option('dry-run', {
      type: 'boolean',
      group: 'Rotation:',
      describe: 'show what would be done; writes nothing',
    })
    .option('plan', {
      type: 'string',
      group: 'Rotation:',
      requiresArg: true,
      describe: 'file: a dry run saves its plan there, a rotation carries out that plan or refuses',
    })
    .option('if-older-than', {
      type: 'string',
      group: 'Rotation:',
      requiresArg: true,
      describe:
        'do nothing while the last rotation is younger, e.g. 30d or 12h; or since a time, e.g. 2026-01-31T03:00:00Z',
    })
    .option('sync-db-users', {
      type: 'boolean',
      group: 'Rotation:',
      describe: "only set both slots' users to the slot secret",
    })
    .option('fix-permissions', {
      type: 'string',
      group: 'Rotation:',
      describe: 'only set the mode of sqlconf.php, 0644 or the given one (e.g. 0440)',
    })
    .option('log-json', logJson)
    .conflicts('fix-permissions', ['sync-db-users', 'dry-run', 'plan', 'if-older-than'])
    .conflicts('sync-db-users', ['plan', 'if-older-than'])
    .example('$0 --dry-run', 'see the plan, a masked diff and the preflight')
    .example('$0', 'rotate, or finish a rotation that was interrupted')
    .example('$0 --if-older-than 30d', 'for a schedule: rotate once a month')
    .example('$0 --sync-db-users', 'repair the database users from the slot secret');
}

function status(parser: Argv): Argv {
  return parser
    .usage(
      '$0 status [options]\n\nExit code 0: all agrees; 10: something differs or is unfinished;\n2, 3 or 4: a part cannot be read, and no difference is seen without it.',
    )
    .option('json', json)
    .example('$0 status', 'who is live, how old the passwords are, what is unfinished')
    .example('$0 status --json', 'the same for a program');
}

function verify(parser: Argv): Argv {
  return parser
    .usage(
      '$0 verify [options]\n\nExit code 0: a rotation has all that it needs; 3: a right is missing; 2: something else; 11: another one is running.',
    )
    .option('json', json)
    .example('$0 verify', 'a checklist, with what to do for each missing thing');
}

function history(parser: Argv): Argv {
  return parser
    .usage('$0 history [options]')
    .option('json', json)
    .option('html', {
      type: 'string',
      group: 'Output:',
      requiresArg: true,
      describe: 'write one self-contained page to this file',
    })
    .option('limit', {
      type: 'string',
      group: 'Output:',
      requiresArg: true,
      describe: 'only the last N rotations (default: 20 as text, else all)',
    })
    .example('$0 history', 'the last rotations with their kind, duration and result')
    .example('$0 history --html rotations.html', 'a page with a timeline');
}

function rollback(parser: Argv): Argv {
  return parser
    .usage('$0 rollback [options]\n\nMoves OpenEMR back to the slot that it was on before the last rotation.')
    .option('dry-run', {
      type: 'boolean',
      group: 'Rotation:',
      describe: 'show what would be done; writes nothing',
    })
    .option('yes', yes)
    .option('json', json)
    .option('log-json', logJson)
    .example('$0 rollback --dry-run', 'see what it restores, and what it cannot')
    .example('$0 rollback', 'asks, then moves OpenEMR back');
}

function unlock(parser: Argv): Argv {
  return parser
    .usage(
      '$0 unlock [options]\n\nShows who holds the lock of this OpenEMR. After a yes it ends that connection, clears the Lease and the lock of the state.\nA run that is alive stops before its next write.',
    )
    .option('yes', yes)
    .option('json', json)
    .example('$0 unlock', 'shows the holder, and asks');
}

function config(parser: Argv): Argv {
  return parser
    .usage('$0 config show [options]')
    .command('show', 'show every setting; secrets are never settings', (each) =>
      each
        .option('origin', { type: 'boolean', describe: 'also where each value comes from' })
        .option('json', json)
        .example('$0 config show --origin', 'flag, environment, stack file or default'),
    )
    .example('$0 config show', 'what a run from here would take')
    .demandCommand(1, 'config needs a word: show');
}

function completion(parser: Argv): Argv {
  return parser
    .usage('$0 completion')
    .example('$0 completion', 'the script; in bash: source <(credential-rotation completion)');
}

/** What stands below every help text. */
export const epilogue = `Each setting is also read from the environment (names in brackets) or from Pulumi.<stack>.yaml; a flag wins.

Exit codes:
   0  done
   1  unexpected error
   2  configuration: nothing was changed
   3  permission: nothing was switched
   4  failed before the switch, the old password is live
   8  stopped by a signal, run again to finish
   9  timeout (reserved)
  10  drift: status found places that disagree, or a plan no longer fits
  11  another rotation holds the lock
  12  held after the switch, the new password is live, run again to finish
  13  rolled back, the old password is live`;
