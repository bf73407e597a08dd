import { expect } from 'chai';
import { Failure } from '../../../src/base/failure';
import { beginRun } from '../../../src/base/thisRun';
import type { Session } from '../../../src/mysql/database';
import { RunLock } from '../../../src/run/runLock';
import { guardedEffect } from '../../../src/steps/adminSession';

/** The connection that holds each named lock; of the run's own connection the id is 1. */
type Locks = Map<string, number>;

function sessionOn(locks: Locks): Session {
  return {
    schema: '',
    close: async () => undefined,
    query: async (sql, values = []) => {
      const names = values.map(String);
      if (sql.includes('GET_LOCK')) {
        for (const name of names) if (!locks.has(name)) locks.set(name, 1);
        return [{ taken: locks.get(names[0] ?? '') === 1 ? 1 : 0 }];
      }
      const columns = [...sql.matchAll(/AS (\w+)/g)].map(([, column = ''], index) => [
        column,
        locks.get(names[index] ?? '') ?? null,
      ]);
      return [Object.fromEntries(columns) as Record<string, unknown>];
    },
  };
}

describe('the guard of a run', () => {
  let locks: Locks;
  let lock: RunLock;
  let written: string[];
  let putBack: () => void;

  beforeEach(async () => {
    locks = new Map();
    written = [];
    lock = await RunLock.take(sessionOn(locks), async () => sessionOn(locks), ['the-lock']);
    putBack = beginRun({ guard: lock.guard, adminVersion: () => undefined });
  });
  afterEach(async () => {
    putBack();
    await lock.release();
  });

  const write = (): Promise<string> =>
    guardedEffect('database: a write', async () => void written.push('written')).then(
      () => 'done',
      (error: unknown) => (error instanceof Failure ? error.outcome : String(error)),
    );

  it('lets a step write while the lock is held', async () => {
    expect(await write()).to.equal('done');
    expect(written).to.deep.equal(['written']);
  });

  it('stops a step when somebody else has the lock', async () => {
    locks.set('the-lock', 2);
    expect(await write()).to.equal('locked');
    expect(written).to.deep.equal([]);
  });

  it('stops what is still under way when the run has given its lock back', async () => {
    await lock.release();
    expect(await write()).to.equal('locked');
    expect(written).to.deep.equal([]);
  });
});
