import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { databaseNamed, releaseOf } from '../../lab';
import type { Lab } from '../../lab';
import { pluginOrigin } from '../../lab/plugins/origin';
import { labWith, stopLabs } from '../lab/support/labs';
import type { FaultMode } from './cases';
import { modes } from './cases';
import type { Entry } from './ledger';
import { Ledger, tableOf } from './ledger';
import type { Planned, Selection } from './parts';
import { parts } from './parts';
import { Recoveries } from './recoveries';
import { writeResults } from './results';
import type { ScenarioName } from './scenarios';
import { makesUsers, scenarioNames } from './scenarios';

const options = {
  database: { type: 'string', default: 'mysql' },
  part: { type: 'string', multiple: true },
  start: { type: 'string', multiple: true },
  mode: { type: 'string', multiple: true },
  point: { type: 'string' },
  'kill-every': { type: 'string', default: '100' },
  jobs: { type: 'string', default: '1' },
  'side-by-side': { type: 'string', default: '1' },
  ledger: { type: 'string', default: path.join('.lab', 'faults.jsonl') },
  'limit-minutes': { type: 'string' },
  shard: { type: 'string' },
  'write-results': { type: 'boolean', default: false },
} as const;

/**
 * `npm run faults`: every point × mode from each start, every pair of kills, a kill every 100 ms, every signal in every
 * step. What the ledger has is not carried out again. Prints a table; ends with 1 if a case failed.
 */
async function main(): Promise<number> {
  const { values } = parseArgs({ options });
  const ledger = new Ledger(values.ledger);
  if (values['write-results']) {
    writeResults(ledger.entries());
    return 0;
  }
  const jobs = Number(values.jobs);
  if (jobs > 1 && values.shard === undefined) await inProcesses(jobs);
  else await carryOutAll(values, ledger);
  const entries = ledger.entries();
  if (values.shard === undefined) console.log(tableOf(entries).join('\n'));
  return entries.every(({ healthy }) => healthy) ? 0 : 1;
}

/** Each process has a lab of its own. */
async function inProcesses(jobs: number): Promise<void> {
  const one = (number: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const args = [__filename, ...process.argv.slice(2), '--shard', `${number}/${jobs}`];
      const child = spawn(process.execPath, args, { stdio: 'inherit' });
      child.on('error', reject);
      child.on('close', () => resolve());
    });
  await Promise.all(Array.from({ length: jobs }, (_each, index) => one(index + 1)));
}

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];

async function carryOutAll(values: Values, ledger: Ledger): Promise<void> {
  const sideBySide = Number(values['side-by-side']);
  const selection = selectionOf(values);
  // These two have starts of their own.
  const isApart = values.part?.every((part) => part === 'idle' || part === 'canary') ?? false;
  const namesakes = isApart ? [] : selection.starts.filter(makesUsers);
  if (sideBySide > 1 && namesakes.length > 0)
    throw new Error(
      `not side by side in one lab, since the users that they make have one name: ${namesakes.join(', ')}`,
    );
  const lab = await labWith(releaseOf(databaseNamed(values.database)));
  const world: RunWorld = await worldOf(lab);
  const minutes = Number(values['limit-minutes'] ?? Infinity);
  const end = performance.now() + minutes * 60_000;
  try {
    const cases = casesOf(lab, values.part ?? Object.keys(parts), selection, ledger);
    // One generator for all of them: each takes the next case when it has done one.
    const takeTurns = async (): Promise<void> => {
      for (let next = await cases.next(); !next.done; next = await cases.next()) {
        if (performance.now() > end) return console.log('The time is over; run it again to go on.');
        await one(ledger, next.value.part, next.value.planned, world);
      }
    };
    await Promise.all(Array.from({ length: sideBySide }, takeTurns));
  } finally {
    await stopLabs();
  }
}

interface PlannedOf {
  part: string;
  planned: Planned;
}

/** What the selection has of these parts, and the ledger does not. */
async function* casesOf(
  lab: Lab,
  names: readonly string[],
  selection: Selection,
  ledger: Ledger,
): AsyncGenerator<PlannedOf, void, void> {
  for (const part of names) {
    const plannedOf = parts[part];
    if (!plannedOf) throw new Error(`there is no part "${part}": ${Object.keys(parts).join(', ')}`);
    for await (const planned of plannedOf(lab, selection))
      if (!ledger.has(part, planned.name)) yield { part, planned };
  }
}

function selectionOf(values: Values): Selection {
  const [shard, shards] = (values.shard ?? '1/1').split('/').map(Number) as [number, number];
  const { point } = values;
  return {
    starts: (values.start as ScenarioName[] | undefined) ?? scenarioNames,
    modes: (values.mode as FaultMode[] | undefined) ?? modes,
    points: (name) => point === undefined || name.includes(point),
    mine: (name) => createHash('sha256').update(name).digest().readUInt32BE(0) % shards === shard - 1,
    everyMs: Number(values['kill-every']),
    beginAt: (shard - 1) / shards,
    recoveries: new Recoveries(`${values.ledger}.recoveries`),
  };
}

/** With what a case is carried out. */
type RunWorld = Required<Pick<Entry, 'database' | 'plugins' | 'commit'>>;

async function worldOf({ database, pulumiHome }: Lab): Promise<RunWorld> {
  const [row] = (await database.root('SELECT VERSION() AS version')) as { version: string }[];
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  return {
    database: `${database.flavour} ${row?.version ?? '?'}`,
    plugins: (['aws', 'random'] as const)
      .map((name) => `${name} ${pluginOrigin(pulumiHome, name)}`)
      .join(', '),
    commit,
  };
}

/** Carries out a case, writes it down and prints its line. */
async function one(
  ledger: Ledger,
  part: string,
  { start, mode, name, carryOut }: Planned,
  world: RunWorld,
): Promise<void> {
  const started = performance.now();
  const entry = (healthy: boolean, logins: number, text: string, kept?: Record<string, number>): void => {
    const seconds = Math.round((performance.now() - started) / 100) / 10;
    const more = { ...(kept ? { kept } : {}), ...world };
    ledger.add({ part, start, mode, name, healthy, seconds, logins, text, ...more });
    console.log(`${healthy ? '✓' : '✗'} ${name}  ${text}  (${logins} logins, ${seconds} s)`);
  };
  try {
    const result = await carryOut();
    if (!result) return;
    const kept = Object.entries(result.readers ?? {}).map(([kind, { logins }]) => [kind, logins] as const);
    entry(true, result.canaryLogins, `exit ${result.codes.join(' → ')}`, Object.fromEntries(kept));
  } catch (error) {
    entry(false, 0, error instanceof Error ? error.message : String(error));
  }
}

void main().then((code) => process.exit(code));
