import { expect } from 'chai';
import { expiryOf, mayExpireInUse } from '../../../src/mysql/expiry';
import { statementFailure } from '../../../src/mysql/databaseErrors';
import type { Answer } from './fakeSession';
import { fakeSession } from './fakeSession';

const account = { username: 'b', host: '%' };
const login = { username: 'admin', host: 'db.example', port: '3306' };

/** What is read of an account where the server answers so. */
function read(answer: Answer, version = '8.0.36') {
  return expiryOf(fakeSession(version, [['SELECT', answer]]).session, account);
}

describe('how the password of an account ages', () => {
  it("by its own rule, else by the server's; MariaDB writes -1 for that", async () => {
    expect(await read([{ own: 90, usual: 30, age: 60 }])).to.deep.equal({ lifetime: 90, age: 60 });
    expect(await read([{ own: null, usual: 30, age: 2 }])).to.deep.equal({ lifetime: 30, age: 2 });
    const mariadb = [{ own: '-1', usual: 30, age: 2 }];
    expect(await read(mariadb, '10.11.6-MariaDB')).to.deep.equal({ lifetime: 30, age: 2 });
  });

  it('never, or not known', async () => {
    for (const row of [
      { own: 0, usual: 30, age: 2 },
      { own: null, usual: 0, age: 2 },
      { own: 90, usual: 0, age: null },
    ])
      expect(await read([row])).to.equal(undefined);
    expect(await read([])).to.equal(undefined);
    expect(await read([{ own: 90, usual: 0, age: 2 }], '10.3.39-MariaDB')).to.equal(undefined);
    expect(await read(statementFailure({ errno: 1142 }, 'SELECT 1', login))).to.equal(undefined);
  });

  it('a slot becomes twice as old as it is when OpenEMR moves to it', () => {
    expect(mayExpireInUse({ lifetime: 90, age: 60 })).to.equal(true);
    expect(mayExpireInUse({ lifetime: 90, age: 30 })).to.equal(false);
  });
});
