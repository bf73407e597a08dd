import { expect } from 'chai';
import { renewAdmin } from '../../../../src/steps/11-admin-password/apply';
import { candidates } from '../../../../src/mysql/adminCredentials';
import { scrubber } from '../../../../src/secrecy/scrubber';
import type { Turns } from './worlds';
import { adminWorld, FakeSecret, FakeServer } from './worlds';

/** Thousands of passwords are made here, which the scrubber would know for the rest of this process. */
const register = scrubber.register.bind(scrubber);

const rotations = ['20260301-020304-aaaaaa', '20260301-020304-bbbbbb'] as const;
const document = JSON.stringify({ username: 'admin', password: 'First-1', host: 'db', port: 3306 });

/** One run of step 11, which stops before each of its turns until it is let go on. */
class Run {
  private go: (() => void) | undefined;
  private stopped: (() => void) | undefined;
  state: 'waiting' | 'ended' | 'failed' | 'killed' = 'waiting';
  turns = 0;
  error = '';

  constructor(
    private readonly shared: { secret: FakeSecret; server: FakeServer },
    private readonly rotation: string,
    private readonly fine: boolean,
  ) {}

  /** Until the first turn. */
  begin(): Promise<void> {
    const { secret, server } = this.shared;
    const turn = (): Promise<void> =>
      new Promise((resolve) => {
        this.go = resolve;
        this.stopped?.();
      });
    const turns: Turns = { read: () => (this.fine ? turn() : Promise.resolve()), write: turn };
    return this.untilNextTurn(() => {
      renewAdmin(adminWorld(secret, server, turns), this.rotation).then(
        () => this.end('ended'),
        (error: unknown) => this.end('failed', String(error)),
      );
    });
  }

  /** One turn, up to the next. */
  step(): Promise<void> {
    this.turns += 1;
    return this.untilNextTurn(() => this.go?.());
  }

  private end(state: 'ended' | 'failed', error = ''): void {
    this.state = state;
    this.error = error;
    this.stopped?.();
  }

  private untilNextTurn(action: () => void): Promise<void> {
    return new Promise((resolve) => {
      this.stopped = resolve;
      action();
    });
  }
}

interface Shared {
  secret: FakeSecret;
  server: FakeServer;
}

const begin = (retains: boolean): Shared => ({
  secret: new FakeSecret(document),
  server: new FakeServer(retains, 'First-1'),
});

/** The password that the database has is in a version that Secrets Manager keeps. */
function expectKept({ secret, server }: Shared, what: string): void {
  if (!secret.passwords().includes(server.newer)) throw new Error(`lost: ${what}`);
}

async function runAlone(shared: Shared, rotation: string): Promise<Run> {
  const run = new Run(shared, rotation, false);
  await run.begin();
  while (run.state === 'waiting') {
    await run.step();
    expectKept(shared, rotation);
  }
  return run;
}

/** Runs again what did not end, as its operator or schedule does. Returns how many further runs it took. */
async function finish(shared: Shared, unfinished: readonly string[], what: string): Promise<number> {
  let further = 0;
  for (const rotation of unfinished) {
    for (let tries = 0; ; tries += 1) {
      if (tries === 3) throw new Error(`a dead end: ${what}`);
      further += 1;
      const { state } = await runAlone(shared, rotation);
      if (state === 'ended') break;
    }
  }
  const { secret, server } = shared;
  const current = secret.version(secret.labels.get('AWSCURRENT'));
  expect(current?.text, what).to.include(server.newer);
  expect([...secret.labels.keys()].sort(), what).to.deep.equal(['AWSCURRENT', 'AWSPREVIOUS']);
  return further;
}

/** One order of the turns of two runs: `choose` says whose comes next while both wait. */
async function interleave(
  retains: boolean,
  fine: boolean,
  choose: (turn: number) => number,
): Promise<{ order: string; choices: number; further: number }> {
  const shared = begin(retains);
  const runs = rotations.map((rotation) => new Run(shared, rotation, fine));
  for (const run of runs) await run.begin();
  let order = '';
  let choices = 0;
  for (;;) {
    const waiting = runs.flatMap((run, index) => (run.state === 'waiting' ? [index] : []));
    if (waiting.length === 0) break;
    const next = waiting.length === 1 ? (waiting[0] ?? 0) : choose(choices);
    if (waiting.length === 2) choices += 1;
    order += String(next);
    await runs[next]?.step();
    expectKept(shared, order);
  }
  const unfinished = rotations.filter((_, index) => runs[index]?.state !== 'ended');
  const further = await finish(shared, unfinished, order);
  return { order, choices, further };
}

/** Every order, by the choices that were made: 0 first, then 1 at the last place that can change. */
async function everyOrder(retains: boolean): Promise<{ orders: number; further: number }> {
  let orders = 0;
  let most = 0;
  for (let prefix: number[] | undefined = []; prefix;) {
    const chosen: number[] = [...prefix];
    const { choices, further } = await interleave(retains, false, (turn) => (chosen[turn] ??= 0));
    orders += 1;
    most = Math.max(most, further);
    const made = chosen.slice(0, choices);
    const last = made.lastIndexOf(0);
    prefix = last < 0 ? undefined : [...made.slice(0, last), 1];
  }
  return { orders, further: most };
}

for (const [name, retains] of [
  ['MySQL, which keeps the password before', true],
  ['MariaDB, which does not', false],
] as const) {
  describe(`two OpenEMRs with one admin secret, step 11 of both at once (${name})`, function () {
    before(() => (scrubber.register = () => undefined));
    after(() => (scrubber.register = register));

    this.timeout(60_000);

    it('the lock broken on purpose: every order of their writes, no password lost, all healthy after running again', async () => {
      const { orders, further } = await everyOrder(retains);
      console.log(`      ${orders} orders, lost 0, dead ends 0, at most ${further} further runs`);
      expect(orders).to.be.greaterThan(300);
    });

    it('and 3,000 random orders of their reads and writes', async () => {
      let seed = 42;
      const random = (): number => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
      for (let count = 0; count < 3000; count += 1) {
        // Long turns of one and short turns of both: each order has its own inclination.
        const inclination = random();
        await interleave(retains, true, () => (random() < inclination ? 0 : 1));
      }
    });

    it('the lock working: one is killed before or after any write, the other one rotates, the first finishes', async () => {
      let cases = 0;
      for (let kill = 0; ; kill += 1) {
        const shared = begin(retains);
        const killed = new Run(shared, rotations[0], false);
        await killed.begin();
        for (let turn = 0; turn < kill && killed.state === 'waiting'; turn += 1) await killed.step();
        if (killed.state !== 'waiting') break;
        cases += 1;
        const { state, error } = await runAlone(shared, rotations[1]);
        expect(state, `killed after ${kill} writes: ${error}`).to.equal('ended');
        expect(await finish(shared, [rotations[0]], `killed after ${kill} writes`)).to.equal(1);
      }
      expect(cases).to.be.greaterThan(3);
    });
  });
}

describe('which login of the admin secret is tried', () => {
  const order = async (labels: readonly [string, string][], beginAt = 0): Promise<string[]> => {
    const secret = new FakeSecret(document);
    for (const [label, id] of labels) secret.put(document.replace('First-1', id), [label], id);
    const tried: string[] = [];
    const read = {
      describe: async () => ({ arn: 'arn', stages: secret.stages() }),
      read: async (_: string, which: { stage: string } | { versionId: string }) =>
        secret.version('stage' in which ? secret.labels.get(which.stage) : which.versionId),
    };
    const found = candidates(read, 'admin', undefined, () => beginAt);
    for await (const { version } of found) tried.push(version.versionId);
    return tried;
  };
  const own = (rotation: string): [string, string] => [
    `CREDENTIAL_ROTATION_ADMIN_${rotation}`,
    `credential-rotation-admin-password-${rotation}`,
  ];
  const [older, newer] = [own(rotations[0]), own(rotations[1])];

  it('current, what a rotation has pending, previous: at most three of them, then what else rotations have pending', async () => {
    expect(await order([])).to.deep.equal(['v0']);
    expect(await order([older, newer, ['AWSPREVIOUS', 'v9']])).to.deep.equal([
      'v0',
      newer[1],
      'v9',
      older[1],
    ]);
  });

  it('the others begin at another one in another run, so that the limit of tries does not leave out the same ones', async () => {
    const labels = [older, newer, ['AWSPREVIOUS', 'v9']] as [string, string][];
    expect(await order(labels, 1)).to.deep.equal(['v0', newer[1], older[1], 'v9']);
  });

  it('what is under AWSPENDING comes before that', async () => {
    const tried = await order([older, ['AWSPENDING', 'foreign'], ['AWSPREVIOUS', 'v9']]);
    expect(tried).to.deep.equal(['v0', 'foreign', 'v9', older[1]]);
  });
});

describe('step 11 beside the rotation of another OpenEMR', () => {
  const other = (password: string): string => document.replace('First-1', password);
  const otherId = `credential-rotation-admin-password-${rotations[0]}`;

  it('a pending version of another run that the database refuses keeps its labels, and stops nobody', async () => {
    const shared = begin(true);
    shared.secret.put(other('Never-set-1'), ['AWSPENDING'], otherId);
    expect((await runAlone(shared, rotations[1])).state).to.equal('ended');
    expect(shared.secret.stages()[otherId]).to.deep.equal(['AWSPENDING']);
    expect(await finish(shared, [rotations[0]], 'its own run')).to.equal(1);
  });

  it('many versions of runs that were given up, all refused: tried as far as the tries go, kept, and they stop nobody', async () => {
    const givenUp = [1, 2, 3, 4].map(
      (day) => `credential-rotation-admin-password-2026010${day}-020304-cccccc`,
    );
    const labels = givenUp.map((id) =>
      id.replace('credential-rotation-admin-password-', 'CREDENTIAL_ROTATION_ADMIN_'),
    );
    const shared = begin(false);
    givenUp.forEach((id, index) => shared.secret.put(other(`Never-set-${index}`), [labels[index] ?? ''], id));
    expect((await runAlone(shared, rotations[1])).state).to.equal('ended');
    const stages = shared.secret.stages();
    for (const [index, id] of givenUp.entries()) expect(stages[id]).to.deep.equal([labels[index]]);
    // A run that stored its own version and did not set it has no try left for it.
    const [id, label] = [otherId, `CREDENTIAL_ROTATION_ADMIN_${rotations[0]}`];
    shared.secret.put(other('Stored-not-set-1'), [label], id);
    expect((await runAlone(shared, rotations[0])).state).to.equal('ended');
    expect(shared.server.newer).to.equal('Stored-not-set-1');
    expect(shared.secret.labels.get('AWSCURRENT')).to.equal(id);
  });

  it('one that the database accepts becomes current, and is the previous one afterwards', async () => {
    const shared = begin(false);
    shared.secret.put(other('Was-set-1'), ['AWSPENDING'], otherId);
    shared.server.set('Was-set-1');
    expect((await runAlone(shared, rotations[1])).state).to.equal('ended');
    expect(shared.secret.labels.get('AWSPREVIOUS')).to.equal(otherId);
  });

  it('one of another tool stops the run before its first write', async () => {
    const shared = begin(true);
    shared.secret.put(other('Of-another-tool-1'), ['AWSPENDING'], '6f1d2c1e-0000-4000-8000-000000000000');
    const { state, error } = await runAlone(shared, rotations[1]);
    expect([state, error]).to.satisfy(() => state === 'failed' && error.includes('did not make'));
    expect(shared.server.newer).to.equal('First-1');
  });

  it("a second password that is not the previous one is somebody else's: it is not discarded", async () => {
    const shared = begin(true);
    const run = new Run(shared, rotations[1], false);
    await run.begin();
    let isSet = false;
    while (run.state === 'waiting') {
      await run.step();
      // Set by somebody right after the run's own password: now the run's is the older one.
      if (!isSet && shared.server.older !== undefined) {
        shared.server.set('Somebody-else-1');
        isSet = true;
      }
    }
    expect(run.state, run.error).to.equal('ended');
    expect(shared.server.older, "the run's own, which is AWSCURRENT").to.not.equal(undefined);
  });
});
