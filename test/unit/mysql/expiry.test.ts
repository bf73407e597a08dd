import { expect } from 'chai';
import type { Expiry } from '../../../src/mysql/expiry';
import { expiryOf, mayExpireInUse } from '../../../src/mysql/expiry';
import { statementFailure } from '../../../src/mysql/databaseErrors';
import type { Answer } from './fakeSession';
import { fakeSession } from './fakeSession';

const account = { username: 'b', host: '%' };
const login = { username: 'admin', host: 'db.example', port: '3306' };

/** What is read of an account with this rule, where the server answers so. */
function read(answer: Answer, rule?: number, version = '8.0.36'): Promise<Expiry | undefined> {
  return expiryOf(fakeSession(version, [['SELECT', answer]]).session, account, rule);
}

describe('how the password of an account ages', () => {
  it("by its own rule, else by the server's", async () => {
    expect(await read([{ usual: 30, age: 60 }], 90)).to.deep.equal({ lifetime: 90, age: 60 });
    expect(await read([{ usual: 30, age: 2 }])).to.deep.equal({ lifetime: 30, age: 2 });
    const mariadb = await read([{ usual: '30', age: '2' }], undefined, '10.11.6-MariaDB');
    expect(mariadb).to.deep.equal({ lifetime: 30, age: 2 });
  });

  it('never, or not known', async () => {
    expect(await read([{ usual: 30, age: 2 }], 0)).to.equal(undefined);
    expect(await read([{ usual: 0, age: 2 }])).to.equal(undefined);
    expect(await read([{ usual: 0, age: null }], 90)).to.equal(undefined);
    expect(await read([], 90)).to.equal(undefined);
    expect(await read([{ usual: 0, age: 2 }], 90, '10.3.39-MariaDB')).to.equal(undefined);
    expect(await read(statementFailure({ errno: 1142 }, 'SELECT 1', login), 90)).to.equal(undefined);
  });

  it('a slot becomes twice as old as it is when OpenEMR moves to it; one that has expired is set again', () => {
    const may = (age: number): boolean => mayExpireInUse({ lifetime: 90, age });
    expect([30, 60, 90].map(may)).to.deep.equal([false, true, false]);
  });
});
