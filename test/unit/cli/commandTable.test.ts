import { expect } from 'chai';
import { flagsOf } from '../../../src/cli/commandCheck';
import type { NamedCommand } from '../../../src/cli/commandTable';
import { commandTable, settingFlags, workingCommands } from '../../../src/cli/commandTable';
import { commandHelp, flagText, programHelp, usageOf } from '../../../src/cli/helpText';
import { parseCommandLine } from '../../../src/cli/parser';
import { referenceText } from '../../../src/cli/reference';
import type { Command, Flag } from '../../../src/cli/table/command';
import { Failure } from '../../../src/base/failure';
import { captured } from '../report/captured';

const leading = Object.entries(commandTable as Record<string, Command>)
  .filter(([, { below, worksAlone }]) => below !== undefined && worksAlone !== true)
  .map(([word, command]): NamedCommand => ({ words: [word], command }));
const all = [...workingCommands(), ...leading];
const nameOf = ({ words }: NamedCommand): string => words.join(' ');
const helps = [programHelp(), ...all.map(commandHelp)];

/** The least that a command takes besides a flag. */
const needed = ({ flags = [] }: Command, given: Flag): string[] =>
  flags
    .filter(({ required, name }) => required && name !== given.name)
    .flatMap(({ name }) => [`--${name}`, 'x']);

const refusal = (argv: string[]): Promise<string> =>
  parseCommandLine(argv).then(
    () => 'taken',
    (error: unknown) => {
      if (error instanceof Failure) return error.message;
      throw error;
    },
  );

describe('the table of commands', () => {
  it('has each command once, with a summary and an example', () => {
    const names = all.map(nameOf);
    expect(new Set(names).size).to.equal(names.length);
    for (const { words, command } of all) {
      expect(command.summary).to.match(/^[a-z].*[^.]$/);
      for (const [args] of command.examples)
        if (words[0] !== 'rotate') expect(args.startsWith(words[0] ?? ''), args).to.equal(true);
      expect(command.examples).not.to.deep.equal([]);
    }
  });

  it('uses one name of a flag for one kind of flag, and no name of a setting', () => {
    const kinds = new Map<string, unknown>();
    for (const { command } of workingCommands())
      for (const { name, value, takesMany, mayStandAlone } of command.flags ?? []) {
        const kind = { hasValue: value !== undefined, takesMany, mayStandAlone };
        expect(kinds.get(name) ?? kind, name).to.deep.equal(kind);
        expect(settingFlags.map((flag) => flag.name)).not.to.include(name);
        kinds.set(name, kind);
      }
  });

  it('names only flags that are there as exclusive', () => {
    for (const { command } of workingCommands())
      for (const name of (command.exclusive ?? []).flat())
        expect((command.flags ?? []).map((flag) => flag.name)).to.include(name);
  });
});

describe('each help', () => {
  it('has no line of more than 100 columns, and nothing in brackets but variables and what may be missing', () => {
    for (const line of helps.flatMap((text) => text.split('\n'))) {
      expect(line.length, line).to.be.at.most(100);
      expect(line).to.equal(line.trimEnd());
      for (const [, inside = ''] of line.matchAll(/\[([^\]]+)\]/g))
        expect(inside, line).to.match(/^([A-Z][A-Z0-9_]+|command|flags|name|-- ARGUMENTS)$/);
    }
  });

  for (const named of all)
    it(`of ${nameOf(named)} is what --help prints: its usage, and each of its flags with its value`, async () => {
      const help = commandHelp(named);
      const shown = await captured(async () => {
        expect(await parseCommandLine([...named.words, '--help'])).to.equal(undefined);
      });
      expect(shown).to.deep.equal({ stdout: `${help}\n`, stderr: '' });
      expect(help.split('\n')[0]).to.equal(usageOf(named));
      const listed = [...help.matchAll(/^ {2}(--[a-z-]+(?: \[?[A-Z|a-z.]+\]?)?) {2,}/gm)].map(
        ([, text]) => text,
      );
      const isRotate = nameOf(named) === 'rotate';
      const wanted = flagsOf(named.command).filter((flag) => isRotate || !settingFlags.includes(flag));
      expect(listed).to.have.members(wanted.map(flagText));
      for (const { name } of settingFlags) expect(help).to.match(new RegExp(`--${name}(?= |$)`, 'm'));
    });

  it('of the program has every command, every flag of a rotation and every setting with its variable', () => {
    const help = programHelp();
    for (const [word, { summary }] of Object.entries(commandTable))
      expect(help).to.match(new RegExp(`^  ${word} +${summary.slice(0, 40)}`, 'm'));
    const words = help.replace(/\s+/g, ' ');
    for (const flag of flagsOf(commandTable.rotate)) {
      expect(words).to.include(` ${flagText(flag)} ${flag.summary}`);
      if (flag.variable !== undefined) expect(words).to.include(`[${flag.variable}]`);
    }
    expect(words).to.include('how long to wait until an account is unused (default: 300 seconds)');
    expect(words).to.include('(default: 3)').and.include('AWS region of both secrets (required)');
  });

  it('of job logs, letter by letter', () => {
    const [named] = workingCommands().filter((each) => nameOf(each) === 'job logs');
    if (named === undefined) throw new Error('job logs is gone');
    expect(commandHelp(named)).to.equal(jobLogsHelp);
  });

  it('of rollback, letter by letter', () => {
    expect(commandHelp({ words: ['rollback'], command: commandTable.rollback })).to.equal(rollbackHelp);
  });
});

const settingList = `Settings (credential-rotation --help explains them):
  --aws-region --slot-secret-id --admin-secret-id --sites-root --site --namespace --deployment
  --kubernetes-secret --health-url --database-ca-file --health-answers --health-ca-file
  --health-limit --accept-downtime --timeout --canary --canary-limit --idle-grace --idle-limit
  --old-login-window --keep-old-password --file-limit --stack --home --backend-url
  --secrets-provider --metrics-file --pushgateway-url`;

const jobLogsHelp = `credential-rotation job logs [name] [flags]

Shows the log of a Job to its end, and ends with the exit code of the command in its pod.

Arguments:
  [name]  the Job (default: the newest one of the CronJob)

Flags:
  --context NAME   context of the kubeconfig (default: the current one)
  --cron-job NAME  the CronJob (default: the one that infra/ makes)
  --help           show this help
  --version        show the version

${settingList}

Examples:
  credential-rotation job logs  the newest one

Exit codes:
  8      it was ended from outside, or you stopped watching: the Job goes on
  other  that of the command in the pod`;

const rollbackHelp = `credential-rotation rollback [flags]

Moves OpenEMR back to the slot that it was on before the last rotation.

Flags:
  --dry-run   show what would be done; change nothing
  --yes       do not ask for confirmation; required without a terminal
  --json      print the result as one JSON object
  --log-json  print one JSON object per line; the last one is the result
  --help      show this help
  --version   show the version

${settingList}

Examples:
  credential-rotation rollback --dry-run  see what it restores, and what it cannot
  credential-rotation rollback            asks, then moves OpenEMR back

Exit codes:
  0   done
  1   unexpected error
  2   configuration: nothing was changed
  3   permission: nothing was switched
  4   failed before the switch, the old password is live
  8   stopped by a signal, run again to finish; or you answered no
  9   timeout (reserved)
  10  drift: status found places that disagree, or a plan no longer fits
  11  another rotation holds the lock
  12  held after the switch, the new password is live, run again to finish
  13  rolled back, the old password is live`;

describe('the parser', () => {
  for (const named of workingCommands().filter((each) => nameOf(each) !== 'completion'))
    it(`takes every flag of ${nameOf(named)}, behind its words or before them, and no other command's`, async () => {
      const [first] = named.command.flags ?? [];
      const settings = settingFlags.flatMap(({ name }) => [`--${name}`, '7']);
      const argument = named.command.positional?.required === true ? ['x'] : [];
      const words = [...named.words, ...argument];
      const least = first?.required ? [`--${first.name}`, 'x'] : [];
      expect(await refusal([...settings, ...words, ...least])).to.equal('taken');
      expect(await refusal([...words, ...settings, ...least])).to.equal('taken');
      const own = named.command.flags ?? [];
      for (const flag of own) {
        const more = needed(named.command, flag);
        const value = flag.value === undefined ? [] : [flag.choices?.[0] ?? '7'];
        const given = [`--${flag.name}`, ...value];
        expect(await refusal([...words, ...given, ...more]), flag.name).to.equal('taken');
        // What takes several values, or may have one, would take the words of the command for it.
        if (!flag.takesMany && !flag.mayStandAlone)
          expect(await refusal([...given, ...words, ...more]), flag.name).to.equal('taken');
      }
      const names = own.map(({ name }) => name);
      const foreign = workingCommands().flatMap(({ command }) => command.flags ?? []);
      for (const name of new Set(foreign.map((flag) => flag.name)))
        if (!names.includes(name))
          expect(await refusal([...named.words, `--${name}`])).to.include(
            `--${name} is no flag of ${nameOf(named)}, but of `,
          );
    });

  for (const name of ['wombat', 'dryRun', 'dry_run', 'no-json', 'json.x', 'constructor', '__proto__'])
    it(`does not know --${name}`, async () => {
      for (const words of [[], ['status'], ['fleet', 'run']])
        expect(await refusal([...words, `--${name}`])).to.include(`Unknown flag --${name}.`);
    });

  for (const { words, command } of leading)
    it(`wants to know which command of ${words.join(' ')}`, async () => {
      for (const word of Object.keys(command.below ?? {})) expect(await refusal([...words])).to.include(word);
    });
});

describe('docs/reference.md', () => {
  const text = referenceText();
  const section = (name: string): string => text.split(`\n### ${name}\n`)[1]?.split('\n### ')[0] ?? '';

  it('has exactly the commands that do something, in their order', () => {
    const commands = text.slice(text.indexOf('## Commands'), text.indexOf('## Settings'));
    const titles = [...commands.matchAll(/^### (.+)$/gm)].map(([, title]) => title);
    expect(titles).to.deep.equal(workingCommands().map(nameOf));
  });

  for (const named of workingCommands())
    it(`has exactly the flags of ${nameOf(named)}, and its usage`, () => {
      const found = [...section(nameOf(named)).matchAll(/^\| `(--[a-z].*?)` \|/gm)].map(([, flag]) => flag);
      const wanted = (named.command.flags ?? []).map((flag) => flagText(flag).replaceAll('|', '\\|'));
      expect(found).to.deep.equal(wanted);
      expect(section(nameOf(named))).to.include(`\n${usageOf(named)}\n`);
    });

  it('has no trace of the types of a parser', () => {
    expect(text).not.to.match(/\[(string|boolean|array|number|required|default:.*)\]/);
  });
});
