import { expect } from 'chai';
import { Failure } from '../../../src/base/failure';
import { DatabaseFailure } from '../../../src/mysql/databaseErrors';
import { activateRoles, idleRoles } from '../../../src/mysql/roles';
import type { Answer } from './fakeSession';
import { fakeSession } from './fakeSession';

async function activated(version: string, answers: [string, Answer][] = []): Promise<unknown[]> {
  const { session, asked } = fakeSession(version, answers);
  await activateRoles(session);
  return asked.map(([sql]) => sql).filter((sql) => String(sql).startsWith('SET ROLE'));
}

const noRole: [string, Answer] = ['SELECT CURRENT_ROLE()', [{ roles: null }]];
const granted = (...names: string[]): [string, Answer] => [
  'SELECT ROLE_NAME',
  names.map((role) => ({ role })),
];

describe('activateRoles', () => {
  it('MySQL: all at once, from 8.0 on', async () => {
    expect(await activated('8.0.15')).to.deep.equal(['SET ROLE ALL']);
    expect(await activated('5.7.44')).to.deep.equal([]);
  });

  it('MariaDB: the only role that is granted, quoted, and none where one counts already', async () => {
    expect(await activated('10.11.6-MariaDB', [noRole, granted('rds`admin')])).to.deep.equal([
      'SET ROLE `rds``admin`',
    ]);
    expect(await activated('10.11.6-MariaDB', [noRole, granted('a', 'b')])).to.deep.equal([]);
    expect(await activated('10.11.6-MariaDB', [noRole])).to.deep.equal([]);
    const current: [string, Answer] = ['SELECT CURRENT_ROLE()', [{ roles: 'a' }]];
    expect(await activated('10.11.6-MariaDB', [current, granted('b')])).to.deep.equal([]);
  });

  it('what the server refuses is left to the check of the rights; a fault of ours is not', async () => {
    const refused = new DatabaseFailure('admin-permission-missing', 'refused', { passes: false });
    expect(await activated('8.0.15', [['SET ROLE', refused]])).to.have.lengthOf(1);
    const fault = await activated('8.0.15', [['SET ROLE', new TypeError('x')]]).catch((e: unknown) => e);
    expect(fault).to.be.instanceOf(TypeError).and.not.instanceOf(Failure);
  });

  it('the roles that could be made a default are told', async () => {
    const { session } = fakeSession('10.11.6-MariaDB', [noRole, granted('a', 'b')]);
    expect(await idleRoles(session)).to.deep.equal(['a', 'b']);
    expect(await idleRoles(fakeSession('8.0.15').session)).to.deep.equal([]);
  });
});
