import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { databaseNamed, startLab } from '../../lab';
import type { Database, Lab } from '../../lab';
import { makeFleet } from '../lab/support/fleet';
import { rotateAll, rotateSome } from './byCommand';
import { rotateByJob } from './byJob';
import type { Row, Scene } from './scene';
import { tableLines, writeTable } from './table';

const usage = `npm run fleet-demo -- [options]

Makes so many OpenEMRs and rotates them all, by fleet run and by an Indexed Job of Kubernetes. Each time one of them is
broken, and one worker is killed. It ends with an error unless all but the broken one are rotated, that one is rolled
back and reported, and what the killed worker left is finished. And it says what 1, 5 and all of them cost.

  --deployments N       how many (default 20, at least 4)
  --concurrency N       rotations at a time (default 4)
  --way command|job     only this way (default: both)
  --database NAME       mysql (8.0, default), mysql-9, mariadb (10.11) or mariadb-11
  --write               puts the table into docs/fleet.md; only with 20 or more, and both ways
`;

interface Choices {
  deployments: number;
  concurrency: number;
  ways: string[];
  database: Database;
  write: boolean;
}

/** Reads the command line; undefined when only help was asked for. @throws Error when it is wrong */
function choose(args: string[]): Choices | undefined {
  const { values } = parseArgs({
    args,
    options: {
      deployments: { type: 'string', default: '20' },
      concurrency: { type: 'string', default: '4' },
      way: { type: 'string' },
      database: { type: 'string', default: 'mysql' },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const { way, write } = values;
  const database = databaseNamed(values.database);
  const [deployments, concurrency] = [Number(values.deployments), Number(values.concurrency)];
  if (!(Number.isInteger(deployments) && deployments >= 4 && deployments <= 99))
    throw new Error('--deployments must be a number from 4 to 99');
  if (!(Number.isInteger(concurrency) && concurrency >= 1))
    throw new Error('--concurrency must be a number from 1');
  if (way !== undefined && way !== 'command' && way !== 'job')
    throw new Error(`--way ${way}: must be command or job`);
  if (write && (deployments < 20 || way !== undefined))
    throw new Error('--write is for the whole measurement: leave --deployments and --way out');
  return { deployments, concurrency, database, write, ways: way === undefined ? ['command', 'job'] : [way] };
}

async function main(): Promise<void> {
  const choices = choose(process.argv.slice(2));
  if (!choices) return void console.log(usage);
  const [load = 0] = loadavg();
  const lab = await startLab({ database: choices.database });
  try {
    const rows = await demonstrate(lab, choices);
    const lines = tableLines(rows, choices.concurrency, load);
    console.log(`\n${lines.join('\n')}`);
    if (choices.write) writeTable(lines);
  } finally {
    await lab.stop();
  }
}

async function demonstrate(lab: Lab, { deployments, concurrency, ways }: Choices): Promise<Row[]> {
  const begin = performance.now();
  const log = (line: string): void =>
    console.log(`${((performance.now() - begin) / 1000).toFixed(0).padStart(5)} s  ${line}`);
  const fleet = await makeFleet(lab, 'clinic', deployments);
  log(`${deployments} OpenEMRs are up`);
  const [, broken, killed] = fleet.sites;
  if (!broken || !killed) throw new Error('a fleet that is too small');
  const scene: Scene = { lab, fleet, concurrency, broken, killed, log };
  const rows: Row[] = [];
  if (ways.includes('command')) {
    for (const count of [1, 5].filter((each) => each < deployments)) {
      rows.push(await rotateSome(scene, count));
      log(`fleet run of ${count}: all rotated`);
    }
    rows.push(await rotateAll(scene));
  }
  if (ways.includes('job')) rows.push(await rotateByJob(scene));
  return rows;
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
