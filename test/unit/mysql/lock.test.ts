import { expect } from 'chai';
import { Failure } from '../../../src/base/failure';
import type { Kubernetes } from '../../../src/kubernetes/kubernetes';
import {
  adminLockName,
  deploymentLockName,
  firstHeld,
  lockName,
  lockState,
  runLockNames,
  tryLock,
} from '../../../src/mysql/lock';
import type { Session } from '../../../src/mysql/database';
import { LockKeeper } from '../../../src/mysql/lockKeeper';
import { NoAnswer } from '../../../src/kubernetes/errors';

const arn = (name: string): string =>
  `arn:aws-us-gov:secretsmanager:us-gov-west-1:111122223333:secret:${name.repeat(40)}-AbCdEf`;
const own = `credential-rotation-run:${'0'.repeat(32)}`;

/** The cluster as far as the lock of a Deployment asks it. */
const clusterWith = (uid: string | undefined): Kubernetes =>
  ({
    deployment: () =>
      uid === undefined
        ? Promise.reject(new Failure('kubernetes-permission-missing', 'forbidden'))
        : Promise.resolve({ metadata: { uid } }),
  }) as unknown as Kubernetes;

/** A server whose locks with these names somebody else has. */
function serverWith(held: readonly string[]): { session: Session; calls: string[] } {
  const calls: string[] = [];
  const query: Session['query'] = async (sql, [name] = []) => {
    const verb = /GET_LOCK|RELEASE_LOCK|IS_USED_LOCK/.exec(sql)?.[0];
    if (verb === undefined) return [{ user: 'admin', host: '10.0.0.9:1', time: 2 }];
    if (verb !== 'IS_USED_LOCK') calls.push(`${verb} ${String(name)}`);
    const isHeld = held.includes(String(name));
    return verb === 'IS_USED_LOCK' ? [{ id: isHeld ? 7 : null }] : [{ taken: isHeld ? 0 : 1 }];
  };
  return { session: { query, close: async () => undefined, schema: '' }, calls };
}

describe('the locks of a run', () => {
  it('have names that MySQL takes: at most 64 characters, however long an ARN is', () => {
    const names = [
      lockName(arn('slots')),
      deploymentLockName('f'.repeat(36)),
      adminLockName(arn('admin')),
      own,
    ];
    for (const name of names) expect(name.length, name).to.be.at.most(64);
    expect(new Set(names).size).to.equal(4);
  });

  it('are taken in one order, the slot secret before the Deployment; the admin secret is none of them', async () => {
    const names = await runLockNames(arn('slots'), clusterWith('uid-1'));
    expect(names).to.deep.equal([lockName(arn('slots')), deploymentLockName('uid-1')]);
    const { session, calls } = serverWith([]);
    expect(await tryLock(session, { shared: names, own })).to.equal(undefined);
    expect(calls).to.deep.equal([own, ...names].map((name) => `GET_LOCK ${name}`));
  });

  it('two sites of one Deployment: the second finds the first, and keeps none of its own', async () => {
    const [first, second] = [
      await runLockNames(arn('slots-a'), clusterWith('uid-1')),
      await runLockNames(arn('slots-b'), clusterWith('uid-1')),
    ];
    expect(second[0]).not.to.equal(first[0]);
    const { session, calls } = serverWith(first);
    const holder = await tryLock(session, { shared: second, own });
    expect(holder).to.deep.equal({ connectionId: 7, client: 'admin@10.0.0.9:1', idleSeconds: 2 });
    const released = calls.filter((call) => call.startsWith('RELEASE_LOCK'));
    expect(released).to.deep.equal([own, second[0]].map((name) => `RELEASE_LOCK ${name}`));
    expect((await firstHeld(session, second))?.name, 'what status, dry run and unlock show').to.equal(
      first[1],
    );
  });

  it('a Deployment that cannot be read now may have one: only who looks does without', async () => {
    const away = new NoAnswer('the server is away', true);
    const cluster = { deployment: () => Promise.reject(away) } as unknown as Kubernetes;
    const failure: unknown = await runLockNames(arn('slots'), cluster).catch((error: unknown) => error);
    expect(failure).to.equal(away);
    expect(await runLockNames(arn('slots'), cluster, true)).to.deep.equal([lockName(arn('slots'))]);
  });

  describe('on a server that takes no writes', () => {
    /** A server where this run has all locks, with these answers of its two switches. */
    const answering = (readOnly: unknown, readOnlyTables: unknown): Session => ({
      query: async (sql) =>
        sql.includes('GET_LOCK') ? [{ taken: 1 }] : [{ holder0: 3, own: 3, readOnly, readOnlyTables }],
      close: async () => undefined,
      schema: '',
    });
    const names = { shared: ['credential-rotation:x'], own };

    it('are no locks: it is the writer no more, and others take theirs at another', async () => {
      for (const on of [1, 'ON', '1']) {
        expect(await lockState(answering(on, 0), names)).to.equal('elsewhere');
        expect(await lockState(answering(0, on), names)).to.equal('elsewhere');
      }
      for (const off of [0, 'OFF', '0', undefined, null])
        expect(await lockState(answering(off, off), names)).to.equal('held');
    });

    it('are not taken at the begin of a run', async () => {
      const failure: unknown = await LockKeeper.take(
        answering(0, 1),
        () => Promise.reject(new Error('none')),
        names.shared,
      ).catch((error: unknown) => error);
      expect(failure).to.include({ code: 'database-reader-endpoint', outcome: 'configuration' });
    });
  });

  it('without the right to read the Deployment there is the one of the slot secret', async () => {
    expect(await runLockNames(arn('slots'), clusterWith(undefined))).to.deep.equal([lockName(arn('slots'))]);
  });
});
