/* What `npm start` runs: a rotation of a running OpenEMR, shown from beginning to end. */
import { constants } from 'node:os';
import { parseArgs } from 'node:util';
import { setTimeout as wait } from 'node:timers/promises';
import { COMMAND, Commands } from './demo/command';
import { machinery } from './demo/machinery';
import { leaveLoad, PAGE, pageFile } from './demo/page';
import { describeCanary, describeLoad, describeTime, readHistory } from './demo/result';
import { Screen } from './demo/screen';
import { comparePasswords, readWorld, showWorld } from './demo/world';
import type { World } from './demo/world';
import { optionTable } from '../src/settings/options';
import { databaseNamed, flavourOf, startLab } from './index';
import type { CanaryResult, Database, Lab, LoadResult, Site } from './index';
import type { Finished } from './demo/command';
import { shortWaits } from './shortWaits';

const USAGE = `npm start -- [options]

Starts a whole OpenEMR on this machine, rotates its database passwords under load, and shows what happened.

  --database NAME            mysql (8.0, default), mysql-9, mariadb (10.11) or mariadb-11
`;

const REQUESTS_PER_SECOND = 25;

/** Requests before the rotation and after it, in milliseconds. */
const LOAD_MARGIN = 1500;

interface Choices {
  database: Database;
}

/** What must be ended when the demonstration ends early. */
interface Running {
  lab?: Lab;
  commands?: Commands;
}

/** What the rotation did, seen from outside. */
interface Observed {
  rotation: Finished;
  requests: LoadResult;
  logins: CanaryResult;
}

/** Reads the command line; undefined when only help was asked for. Throws when it is wrong. */
function choose(args: string[]): Choices | undefined {
  const { values } = parseArgs({
    args,
    options: {
      database: { type: 'string', default: 'mysql' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const { database } = values;
  return { database: databaseNamed(database) };
}

/** The whole demonstration; the exit code. */
async function demonstrate(choices: Choices, screen: Screen, running: Running): Promise<number> {
  screen.line("A rotation of OpenEMR's database passwords from beginning to end, on this machine alone:");
  screen.line(
    'your own AWS and Kubernetes settings are not used, and nothing of it stays but one page about it.',
  );
  screen.heading('1. The lab');
  const lab = await startLab({ ...choices, log: (line) => screen.line(`  ${line}`) });
  running.lab = lab;
  const site = await lab.createSite();
  const commands = new Commands(lab, site, (data) => screen.raw(data));
  running.commands = commands;
  screen.line();
  for (const [name, what] of await machinery(lab)) screen.rows(name, what);

  screen.heading('2. The world before');
  const before = await readWorld(lab, site);
  showWorld(screen, site, before);

  screen.heading('3. What a rotation would do');
  screen.command(`${COMMAND} --dry-run`);
  const preview = await commands.run(['--dry-run']);
  if (preview.code !== 0) {
    screen.verdict(false, `The dry run ended with exit code ${preview.code}: there is no rotation to show.`);
    return 1;
  }

  screen.heading(`4. The rotation, while ${REQUESTS_PER_SECOND} requests a second come in`);
  const observed = await rotate(site, commands, screen);

  screen.heading('5. The result');
  const code = await conclude(lab, site, before, observed, commands, screen);

  screen.heading('6. The history as a page, with the steps and the requests of that time');
  const load = await leaveLoad(commands.home(), observed.rotation.output, observed.requests);
  screen.command(`${COMMAND} history --html ${PAGE} --load FILE`);
  const page = await commands.run(['history', '--html', pageFile(), '--load', load]);
  return code === 0 && page.code !== 0 ? 1 : code;
}

/** Runs the rotation under load. */
async function rotate(site: Site, commands: Commands, screen: Screen): Promise<Observed> {
  const { idleGraceSeconds, oldLoginSeconds } = optionTable;
  screen.line(
    `(The lab's pods drain at once and read a local file: the run waits ${shortWaits.oldLoginSeconds} + ${shortWaits.idleGraceSeconds} s before it renews the old password, not ${oldLoginSeconds.default} + ${idleGraceSeconds.default} s.)`,
  );
  const load = site.load({ ratePerSecond: REQUESTS_PER_SECOND });
  const canary = site.canary();
  try {
    await wait(LOAD_MARGIN);
    screen.command(COMMAND);
    const rotation = await commands.run([]);
    await wait(LOAD_MARGIN);
    return { rotation, requests: await load.stop(), logins: await canary.stop() };
  } finally {
    await Promise.all([load.stop(), canary.stop()]);
  }
}

/** Shows what is true now, and judges. */
async function conclude(
  lab: Lab,
  site: Site,
  before: World,
  { rotation, requests, logins }: Observed,
  commands: Commands,
  screen: Screen,
): Promise<number> {
  screen.rows('Requests', [describeLoad(requests), ...requests.examples]);
  screen.rows('Logins', [describeCanary(logins), ...logins.failures.slice(0, 5)]);
  const after = await readWorld(lab, site);
  showWorld(screen, site, after, before);
  screen.rows('Passwords', await comparePasswords(site, before, after));
  screen.rows('Time', describeTime(rotation.output, rotation.ms));
  screen.rows('Stack history', await readHistory(commands, site.name));
  const good = rotation.code === 0 && requests.failed === 0 && logins.failed === 0;
  const failed = `requests failed: ${requests.failed}, logins failed: ${logins.failed}`;
  screen.verdict(good, `The rotation ended with exit code ${rotation.code}; ${failed}.`);
  return good ? 0 : 1;
}

/** How to go on. */
function showNext(screen: Screen, { database }: Choices): void {
  const other = flavourOf(database) === 'mysql' ? 'mariadb' : 'mysql';
  const suggest = (why: string, commands: string[]): void => {
    screen.line(`  ${why}`);
    for (const command of commands) screen.command(command, '    ');
  };
  screen.heading('Try more');
  suggest('The same lab to keep: it stays until Ctrl-C, and prints the environment for a second shell.', [
    `npm run lab${database === 'mysql' ? '' : ` -- --database ${database}`}`,
  ]);
  suggest('In that second shell, in this folder; each rotation goes to the other slot:', [
    `${COMMAND} --dry-run`,
    COMMAND,
    `${COMMAND} --help`,
  ]);
  suggest('An OpenEMR that has no slots yet (npm run lab -- --help lists more starting points):', [
    'npm run lab -- --start bootstrap',
  ]);
  suggest(`This demonstration on ${other === 'mysql' ? 'MySQL' : 'MariaDB'}:`, [
    `npm start -- --database ${other}`,
  ]);
}

/** Resolves with the exit code of a signal, when one comes. */
function signalled(): Promise<number> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => resolve(128 + constants.signals[signal]));
    }
    // Nobody reads any more (`npm start | head`): the same as an end of the terminal.
    process.stdout.on('error', () => resolve(128 + constants.signals.SIGPIPE));
  });
}

async function main(): Promise<void> {
  const choices = choose(process.argv.slice(2));
  if (!choices) {
    process.stdout.write(USAGE);
    return;
  }
  const screen = new Screen();
  const running: Running = {};
  const early = signalled().then((code) => ({ early: code }));
  try {
    const ending = await Promise.race([demonstrate(choices, screen, running), early]);
    if (typeof ending === 'object') {
      screen.line('\nStopping the lab.');
      screen.close();
      running.commands?.kill();
      await running.lab?.stop();
      // What was under way does not end of itself. A lab that was still starting is ended by its reaper.
      process.exit(ending.early);
    }
    process.exitCode = ending;
  } finally {
    screen.line('\nStopping the lab.');
    await running.lab?.stop();
  }
  showNext(screen, choices);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
