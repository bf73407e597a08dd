import { readFileSync } from 'node:fs';
import type { Lab } from '../../lab';
import type { Fleet } from '../lab/support/fleet';

/** How many calls came to the servers; of the database the statements on connections of the admins. */
export interface Calls {
  aws: number;
  kubernetes: number;
  sql: number;
}

/** Counts what comes from now on. */
export function countCalls(lab: Lab, fleet: Fleet): () => Calls {
  const before = callsSoFar(lab, fleet);
  return () => {
    const after = callsSoFar(lab, fleet);
    return {
      aws: after.aws - before.aws,
      kubernetes: after.kubernetes - before.kubernetes,
      sql: after.sql - before.sql,
    };
  };
}

function callsSoFar(lab: Lab, fleet: Fleet): Calls {
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
