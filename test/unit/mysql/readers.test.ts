import { expect } from 'chai';
import { sleep } from '../../../src/base/errors';
import { Failure } from '../../../src/base/failure';
import { listenToNotices } from '../../../src/base/notices';
import type { Session } from '../../../src/mysql/database';
import { statementFailure } from '../../../src/mysql/databaseErrors';
import { waitForIdle } from '../../../src/mysql/idleness';
import { isUnchanged, whereFrom } from '../../../src/mysql/logins';
import { ownLoginBegins } from '../../../src/mysql/ownLogins';
import {
  closeReaders,
  instanceEndpoint,
  lookEverywhere,
  openReaders,
  readerIds,
  tellUnreached,
  unreachedText,
} from '../../../src/mysql/readers';
import type { Answer } from './fakeSession';
import { fakeSession } from './fakeSession';

// No Aurora was at hand: these sessions answer as Amazon's documentation says.
const cluster = 'emr.cluster-c1abc.eu-west-1.rds.amazonaws.com';
const login = { host: cluster, port: '3306', username: 'admin', password: 'p', dbname: '' };

/** A server of a cluster whose count of one user's logins the test moves. */
class Server {
  total = 0;
  open = false;
  closed = false;
  failing = false;
  counts = true;
  uptime = 1000;

  constructor(
    private readonly name: string,
    private readonly readers: string[] = [],
  ) {}

  get session(): Session {
    return {
      schema: '',
      query: async (sql) => {
        if (this.failing) throw new Failure('database-unreachable', `${this.name} has gone.`);
        const { session } = fakeSession('8.0.28', this.answers());
        return session.query(sql);
      },
      close: async () => void (this.closed = true),
    };
  }

  private answers(): [string, Answer][] {
    const variables = {
      performance_schema: this.counts ? 'ON' : 'OFF',
      performance_schema_accounts_size: '-1',
    };
    const rows = Object.entries(variables).map(([Variable_name, Value]) => ({ Variable_name, Value }));
    return [
      ["SHOW GLOBAL VARIABLES WHERE Variable_name IN ('performance_schema'", rows],
      [
        "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('server_uuid'",
        [{ Variable_name: 'server_uuid', Value: this.name }],
      ],
      ["SHOW GLOBAL STATUS LIKE 'Uptime'", [{ Value: String(this.uptime) }]],
      ['SELECT HOST AS host, TOTAL_CONNECTIONS', [{ host: '10.0.0.7', total: this.total }]],
      [
        'SELECT (SELECT SUM(VARIABLE_VALUE) FROM performance_schema.status_by_account',
        [{ questions: this.total, countedFor: this.uptime }],
      ],
      ['SELECT ID AS id', this.open ? [{ id: 5, host: '10.0.0.7:4000' }] : []],
      ['SELECT SERVER_ID AS id', this.readers.map((id) => ({ id }))],
    ];
  }
}

describe('readers of an Aurora cluster', () => {
  it('the endpoint of an instance follows from that of the cluster, or of another instance', () => {
    const instance = 'reader-1.c1abc.eu-west-1.rds.amazonaws.com';
    for (const host of [
      cluster,
      cluster.replace('.cluster-', '.cluster-ro-'),
      cluster.replace('.cluster-', '.cluster-custom-'),
      'writer.c1abc.eu-west-1.rds.amazonaws.com',
      `${cluster}.`,
    ])
      expect(instanceEndpoint(host, 'reader-1'), host).to.equal(instance);
    const china = 'emr.cluster-c1abc.cn-north-1.rds.amazonaws.com.cn';
    expect(instanceEndpoint(china, 'r')).to.equal('r.c1abc.cn-north-1.rds.amazonaws.com.cn');
    for (const host of [
      'db.internal',
      '10.0.0.3',
      'emr.proxy-c1abc.eu-west-1.rds.amazonaws.com.evil.example',
      'c1abc.eu-west-1.rds.amazonaws.com',
    ])
      expect(instanceEndpoint(host, 'r'), host).to.equal(undefined);
  });

  it('a server that is no Aurora has none', async () => {
    for (const errno of [1109, 1146, 1049]) {
      const none = statementFailure({ errno }, 'SELECT 1', login);
      const { session } = fakeSession('8.0.36', [['SELECT SERVER_ID AS id', none]]);
      expect(await readerIds(session)).to.deep.equal([]);
    }
  });

  it('each is asked at its own endpoint; one that cannot be reached is named, and tried once', async () => {
    const tried: string[] = [];
    const open = async (host: string): Promise<Session> => {
      tried.push(host);
      if (host.startsWith('away')) throw new Failure('database-unreachable', `${host} does not answer.`);
      return new Server('near').session;
    };
    const { session } = new Server('writer', ['away', 'near']);
    const [first, again] = [
      await openReaders(session, cluster, open),
      await openReaders(session, cluster, open),
    ];
    const [away, near] = ['away', 'near'].map((name) => `${name}.c1abc.eu-west-1.rds.amazonaws.com`);
    expect(tried).to.deep.equal([away, near, near]);
    for (const readers of [first, again])
      expect(unreachedText(readers)).to.include(`away (${away} does not answer)`);
    expect(unreachedText(first.slice(1))).to.equal(undefined);
    const elsewhere = await openReaders(session, 'db.internal', open);
    expect(unreachedText(elsewhere)).to.match(/away \(the endpoint .*\), near \(/);
  });

  async function clusterOf(): Promise<{
    writer: Server;
    reader: Server;
    look: () => ReturnType<typeof lookEverywhere>;
    close: () => Promise<void>;
  }> {
    const [writer, reader] = [new Server('writer', ['near-1']), new Server('near-1')];
    const readers = await openReaders(writer.session, cluster, async () => reader.session);
    return {
      writer,
      reader,
      look: () => lookEverywhere(writer.session, readers, 'openemr_a'),
      close: () => closeReaders(readers),
    };
  }

  it('one that was away for a moment is asked again, and people are told of it once', async () => {
    const notices: string[] = [];
    listenToNotices((text) => notices.push(text));
    const [writer, reader] = [new Server('writer', ['back-soon']), new Server('back-soon')];
    let isAway = true;
    const open = async (): Promise<Session> => {
      if (isAway) throw new Failure('database-unreachable', 'refused.');
      return reader.session;
    };
    tellUnreached(await openReaders(writer.session, cluster, open));
    tellUnreached(await openReaders(writer.session, cluster, open));
    expect(notices).to.have.lengthOf(1);
    expect(notices[0]).to.include('does not see who logs in at back-soon (refused)');
    isAway = false;
    await sleep(1100);
    const [found] = await openReaders(writer.session, cluster, open);
    expect(found?.session, 'it is seen now').not.to.equal(undefined);
  });

  it('a login at the reader alone is a login', async () => {
    const { writer, reader, look, close } = await clusterOf();
    const before = await look();
    expect(isUnchanged(before, await look())).to.equal(true);
    reader.total += 1;
    expect(isUnchanged(before, await look())).to.equal(false);
    const since = await look();
    writer.total += 1;
    expect(isUnchanged(since, await look())).to.equal(false);
    await close();
    expect(reader.closed).to.equal(true);
  });

  it('a session at the reader alone is a session, and the message says where', async () => {
    const { reader, look } = await clusterOf();
    reader.open = true;
    expect(whereFrom(await look())).to.equal('10.0.0.7 at near-1 (1)');
  });

  it("a session there is nobody's of this process, though the writer gave it the same id", async () => {
    const { reader, look } = await clusterOf();
    ownLoginBegins('openemr_a').letIn(5);
    reader.open = true;
    expect((await look()).sessions.size).to.equal(1);
  });

  it('a reader that restarts, or goes away, proves nothing of the time before', async () => {
    const { reader, look } = await clusterOf();
    const before = await look();
    reader.uptime = 1;
    expect(isUnchanged(before, await look())).to.equal(false);
    reader.uptime = 1000;
    reader.failing = true;
    const without = await look();
    expect(isUnchanged(before, without)).to.equal(false);
    expect(isUnchanged(without, await look())).to.equal(true);
  });

  it('where a reader counts nothing, the whole proof is sampled, and says whose fault it is', async () => {
    const { reader, look } = await clusterOf();
    reader.counts = false;
    const { counted, whySampled } = await look();
    expect(counted).to.equal(undefined);
    expect(whySampled).to.match(/performance_schema is OFF.*\(near-1\)/);
  });

  it('clients that log in at the reader alone hold the proof', async () => {
    const { reader, look } = await clusterOf();
    // A clock of the test's own: what the machine does beside it takes no time.
    let clock = 0;
    const world = {
      look: async () => {
        if (clock < 300) reader.total += 1;
        return { ...(await look()), asked: clock, answered: clock };
      },
      pause: async (ms: number) => void (clock += ms / 10),
      now: () => clock,
    };
    const found = await waitForIdle(world, { graceMs: 100, limitMs: 5000 });
    expect(found.idle).to.equal(true);
    // The last login was seen less than a pause before 300 ms.
    expect(clock).to.be.greaterThan(400 - 30);
  });
});
