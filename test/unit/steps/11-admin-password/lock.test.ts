import { expect } from 'chai';
import { Failure } from '../../../../src/base/failure';
import { defaultGraceSeconds } from '../../../../src/steps/10-renewal/idle';
import { adminLockWaitMs } from '../../../../src/rotation/adminLockWait';
import { takeInTurn } from '../../../../src/steps/11-admin-password/lock';
import type { Session } from '../../../../src/mysql/database';

/** A server that gives a lock at the try of that number, and notes what it was asked. */
function serverGiving(at: number): { session: Session; asked: string[] } {
  const asked: string[] = [];
  let tries = 0;
  const query = async (sql: string): Promise<Record<string, unknown>[]> => {
    asked.push(sql);
    if (sql.includes('GET_LOCK')) return [{ taken: (tries += 1) >= at ? 1 : 0 }];
    if (sql.includes('IS_USED_LOCK')) return [{ id: 7 }];
    return [{ user: 'admin', host: '10.0.0.9:1', time: 1 }];
  };
  return { session: { query, close: async () => undefined, schema: '' }, asked };
}

describe('the lock on the admin secret', () => {
  it('is waited for while five others prove that the admin is idle', () => {
    expect(adminLockWaitMs / 1000).to.be.at.least(5 * (defaultGraceSeconds + 10));
  });

  it('is taken when its holder has ended; the run looks after its own locks between two turns', async () => {
    const { session, asked } = serverGiving(3);
    let checks = 0;
    const check = async (): Promise<void> => void (checks += 1);
    expect(await takeInTurn(session, 'lock', { check })).to.equal(undefined);
    expect([asked.length, checks]).to.deep.equal([3, 2]);
  });

  it('after the limit the holder is told', async () => {
    const { session } = serverGiving(Infinity);
    const left = await takeInTurn(session, 'lock', { check: async () => undefined, limitMs: 0 });
    expect(left?.text).to.equal(' (from admin@10.0.0.9:1, connection 7)');
  });

  it('a run that lost its own lock meanwhile waits no longer, and takes nothing', async () => {
    const { session, asked } = serverGiving(2);
    const lost = new Failure('lock-held', 'This run lost its lock.');
    const check = (): Promise<void> => Promise.reject(lost);
    const error = await takeInTurn(session, 'lock', { check }).catch((thrown: unknown) => thrown);
    expect(error).to.equal(lost);
    expect(asked).to.have.lengthOf(1);
  });
});
