import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startLab } from '../../lab';
import type { Lab } from '../../lab';
import type { Fleet } from '../lab/support/fleet';
import { makeFleet } from '../lab/support/fleet';
import type { Cost } from './measure';
import { measured } from './measure';

const usage = `npm run fleet-demo -- [options]

Makes so many OpenEMRs, rotates them all with one command, one of them broken, and says what it cost.

  --size N          deployments (default 20)
  --concurrency N   rotations at a time (default 4)
  --sound           none of them is broken
  --database NAME   mysql or mariadb (default mysql)
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      size: { type: 'string', default: '20' },
      concurrency: { type: 'string', default: '4' },
      sound: { type: 'boolean', default: false },
      database: { type: 'string', default: 'mysql' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return void console.log(usage);
  const size = Number(values.size);
  const lab = await startLab({ database: values.database === 'mariadb' ? 'mariadb' : 'mysql' });
  try {
    const begin = performance.now();
    const fleet = await makeFleet(lab, 'clinic', size);
    console.log(`${size} OpenEMRs are up after ${((performance.now() - begin) / 1000).toFixed(0)} s.`);
    if (!values.sound) await fleet.sites[Math.floor(size / 2)]?.podFault('health-500', { rollouts: 1 });
    await rotate(lab, fleet, values.concurrency);
  } finally {
    await lab.stop();
  }
}

async function rotate(lab: Lab, fleet: Fleet, concurrency: string): Promise<void> {
  const before = callsOf(lab, fleet);
  const args = ['fleet', 'run', '--fleet', fleet.file, '--concurrency', concurrency];
  const cost = await measured(fleet.environment, fleet.folder, args);
  const after = callsOf(lab, fleet);
  console.log(cost.stderr.replace(/^cpu .*\n/m, '').trim());
  console.log(cost.stdout.trim());
  console.log(`exit code ${String(cost.code)}\n`);
  console.log(costText(cost, fleet.sites.length, minus(after, before)));
}

interface Calls {
  aws: number;
  kubernetes: number;
  sql: number;
}

/** What came to the servers so far; of the database the statements on connections of the admins. */
function callsOf(lab: Lab, fleet: Fleet): Calls {
  return {
    aws: lab.aws.requests().length,
    kubernetes: lab.kubernetes.requests().length,
    sql: statementsOf(readFileSync(lab.database.generalLogFile, 'utf8'), fleet),
  };
}

function statementsOf(log: string, { sites }: Fleet): number {
  const admins = new Set(sites.map(({ users }) => users.admin));
  const connections = new Set<string>();
  let count = 0;
  for (const line of log.split('\n')) {
    const [, id = '', command = '', text = ''] =
      /\s(\d+) (Connect|Query|Execute|Prepare)\t(.*)$/.exec(line) ?? [];
    if (command === 'Connect' && admins.has(text.split('@')[0] ?? '')) connections.add(id);
    if ((command === 'Query' || command === 'Execute') && connections.has(id)) count += 1;
  }
  return count;
}

function minus(one: Calls, other: Calls): Calls {
  return {
    aws: one.aws - other.aws,
    kubernetes: one.kubernetes - other.kubernetes,
    sql: one.sql - other.sql,
  };
}

function costText({ seconds, cpuSeconds, peakMiB, peakOwnMiB }: Cost, size: number, calls: Calls): string {
  const each = (count: number): string => (count / size).toFixed(0);
  return [
    `deployments ${size}: wall ${seconds.toFixed(1)} s, ${(seconds / size).toFixed(1)} s each`,
    `CPU ${cpuSeconds.toFixed(1)} s, ${(cpuSeconds / size).toFixed(1)} s each; most memory ${peakMiB.toFixed(0)} MiB, shared pages counted once ${peakOwnMiB.toFixed(0)} MiB`,
    `calls for each: AWS ${each(calls.aws)}, Kubernetes ${each(calls.kubernetes)}, SQL of the admin ${each(calls.sql)}`,
  ].join('\n');
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
