import { expect } from 'chai';
import type { Session } from '../../../src/mysql/database';
import { serverOf } from '../../../src/mysql/server';

function sessionWith(variables: Record<string, string>): Session {
  const rows = Object.entries(variables).map(([name, value]) => ({ Variable_name: name, Value: value }));
  return {
    query: async (sql) => (sql.startsWith('SHOW GLOBAL VARIABLES') ? rows : []),
    schema: '',
    close: async () => undefined,
  };
}

describe('serverOf', () => {
  it('reads schema names letter by letter only where partial revokes are on', async () => {
    const names = async (variables: Record<string, string>): Promise<string> =>
      (await serverOf(sessionWith(variables))).schemaNames;
    expect(await names({ version: '8.4.9', partial_revokes: 'ON' })).to.equal('literal');
    expect(await names({ version: '8.4.9', partial_revokes: 'OFF' })).to.equal('pattern');
    expect(await names({ version: '8.0.15' })).to.equal('pattern');
    expect(await names({ version: '10.11.6-MariaDB-log' })).to.equal('pattern');
  });

  it('compares versions part by part, and knows MariaDB, with its prefix of old, too', async () => {
    const { mariadb, atLeast } = await serverOf(sessionWith({ version: '5.5.5-10.11.6-MariaDB' }));
    expect([mariadb, atLeast(10, 11), atLeast(10, 11, 6), atLeast(10, 12), atLeast(5, 99)]).to.deep.equal([
      true,
      true,
      true,
      false,
      true,
    ]);
  });

  it('keeps schema names as the server does, and lifts a limit on SELECTs where there is one', async () => {
    const asked: string[] = [];
    const spied = (variables: Record<string, string>): Session => {
      const session = sessionWith(variables);
      return { ...session, query: (sql) => (asked.push(sql), session.query(sql)) };
    };
    const folded = await serverOf(spied({ version: '8.0.36', lower_case_table_names: '1' }));
    expect(folded.schemaName('OpenEMR')).to.equal('openemr');
    expect((await serverOf(spied({ version: '5.6.51' }))).schemaName('OpenEMR')).to.equal('OpenEMR');
    await serverOf(spied({ version: '10.11.6-MariaDB' }));
    const sets = asked.filter((sql) => sql.startsWith('SET SESSION'));
    expect(sets.map((sql) => sql.includes('max_execution_time = 0'))).to.deep.equal([true, false, false]);
  });
});
