import type { Session } from '../../../src/mysql/database';

/** An answer of a scripted session: rows, or an error with the server's number. */
export type Answer = Record<string, unknown>[] | Error;

/**
 * A session that answers from a table of statement beginnings, the same repeatedly, and notes what it is asked
 * beyond what every session asks first. A VERSION is the server to play.
 */
export function fakeSession(
  version: string,
  answers: [start: string, answer: Answer][] = [],
  schema = 'openemr',
): { session: Session; asked: unknown[][] } {
  const asked: unknown[][] = [];
  const session: Session = {
    query: async (sql, values = []) => {
      const told = answers.find(([start]) => sql.startsWith(start))?.[1];
      if (sql.includes("Variable_name IN ('version'"))
        return [{ Variable_name: 'version', Value: version }, ...(Array.isArray(told) ? told : [])];
      if (sql.startsWith('SET SESSION sql_mode')) return [];
      // Nobody holds a lock on the server, unless a test says so.
      if (told === undefined && sql.includes('credential_rotation_probe')) return [];
      asked.push([sql, ...values]);
      const answer = told ?? [];
      if (answer instanceof Error) throw answer;
      return answer;
    },
    schema,
    close: async () => undefined,
  };
  return { session, asked };
}
