import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import type { Lab } from '../../lab';
import type { Session } from '../../src/mysql/database';
import { openSession } from '../../src/mysql/database';
import type { Idleness } from '../../src/mysql/idleness';
import { waitForIdle } from '../../src/mysql/idleness';
import { lookAtLogins } from '../../src/mysql/logins';
import type { Planned, Selection } from './parts';

/** How often the proof is tried on each database. */
const tries = 1000;
/** As short as the proof that was seen to pass 20 of 20 times when it looked at sessions alone, in ms. */
const graceMs = 5000;
/** How long a client that stops goes on at most, and how long the proof waits for it, in ms. */
const [longestMs, patientMs] = [6000, 60_000];
/** How long it waits for one that goes on, in ms: it has to see a grace without a login before. */
const impatientMs = graceMs;
/** Rates in logins/s, and their columns in the table. */
const [slowest, fastest] = [0.2, 16];
const columns = [0.5, 1, 2, 4, 8, 16];
/** A login takes so long, in ms, as OpenEMR's does. */
const [shortest, longest] = [20, 130];

/** How the text of a try begins that passed though somebody had logged in. */
export const wrongPass = 'a wrong pass';

/** One try: a client with a rate, which stops at some time or never. */
interface Try {
  username: string;
  rate: number;
  stopsAfterMs: number;
  random: () => number;
}

/** When a login began, and when its client knew that it was let in, in ms of `performance.now()`: it was counted in between. */
interface Login {
  began: number;
  letIn: number;
}

/**
 * The idle proof against clients that come and go, where logins are counted. The rates lie evenly on a logarithmic scale;
 * between two logins are 0.5 to 1.5 times the mean, so that some gaps of the slowest clients are longer than the grace.
 */
export async function* idleProofs(lab: Lab, { mine }: Selection): AsyncGenerator<Planned> {
  const { flavour } = lab.database;
  for (let index = 0; index < tries; index += 1) {
    const rate = slowest * (fastest / slowest) ** (index / (tries - 1));
    const stops = index % 2 === 1;
    const name = `${flavour}: try ${index + 1}, ${rate.toFixed(2)} logins/s, ${stops ? 'stops' : 'goes on'}`;
    if (!mine(name)) continue;
    const random = randomOf(index + 1);
    const stopsAfterMs = stops ? random() * longestMs : Infinity;
    yield {
      start: flavour,
      mode: `to ${columns.find((most) => rate <= most + 1e-9)} logins/s`,
      name,
      carryOut: () => tryOnce(lab, { username: `idle_try_${index + 1}`, rate, stopsAfterMs, random }),
    };
  }
}

/** @throws when the proof passed though somebody had logged in, or did not pass though nobody did any more */
async function tryOnce(lab: Lab, one: Try): Promise<{ codes: string[]; canaryLogins: number }> {
  const { database } = lab;
  const password = 'Comes-and-goes-1';
  // Many logins a second on a few cores: the cheapest way in, without TLS.
  const method = database.flavour === 'mysql' ? 'WITH mysql_native_password BY' : 'BY';
  await database.root(`CREATE USER ?@'%' IDENTIFIED ${method} ?`, [one.username, password]);
  const client = new Client(lab, one, password);
  try {
    const idle = await prove(await adminOf(lab), one);
    judge(idle, client.logins, one);
    return { codes: [idle.idle ? 'passed' : 'held'], canaryLogins: client.logins.length };
  } finally {
    await client.stop();
    await database.root("DROP USER ?@'%'", [one.username]);
  }
}

function prove(session: Session, { username, stopsAfterMs }: Try): Promise<Idleness> {
  const world = {
    look: () => lookAtLogins(session, username),
    pause: async (ms: number) => void (await sleep(ms)),
    now: () => performance.now(),
  };
  return waitForIdle(world, { graceMs, limitMs: Number.isFinite(stopsAfterMs) ? patientMs : impatientMs });
}

function judge(found: Idleness, logins: readonly Login[], { stopsAfterMs }: Try): void {
  if (!found.idle) {
    if (Number.isFinite(stopsAfterMs)) throw new Error('not idle, though nobody logged in any more');
    return;
  }
  if (found.look.counted === undefined) throw new Error(`not counted: ${found.look.whySampled}`);
  const [from, to] = [found.since.answered, found.look.asked];
  if (to - from < graceMs) throw new Error(`it passed after ${Math.round(to - from)} ms`);
  const missed = logins.filter(({ began, letIn }) => began > from && letIn < to);
  if (missed.length > 0)
    throw new Error(`${wrongPass}: ${missed.length} logins in ${Math.round(to - from)} ms`);
}

/** Logs in repeatedly, each time for a moment, until it stops. */
class Client {
  readonly logins: Login[] = [];
  private over = false;
  private readonly running: Promise<void>;

  constructor(
    private readonly lab: Lab,
    private readonly one: Try,
    private readonly password: string,
  ) {
    this.running = this.loop();
    // Told by `stop`.
    this.running.catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.over = true;
    await this.running;
  }

  private async loop(): Promise<void> {
    const { rate, stopsAfterMs, random } = this.one;
    const end = performance.now() + stopsAfterMs;
    let next = performance.now() + (random() * 1000) / rate;
    while (!this.over && next < end) {
      await this.waitUntil(next);
      next += ((0.5 + random()) * 1000) / rate;
      if (!this.over) await this.once(shortest + random() * (longest - shortest));
    }
  }

  /** In small pieces, so that a client that is stopped ends soon. */
  private async waitUntil(time: number): Promise<void> {
    for (let left = time - performance.now(); left > 0 && !this.over; left = time - performance.now())
      await sleep(Math.min(left, 100));
  }

  private async once(takesMs: number): Promise<void> {
    const { host, port } = this.lab.database;
    const began = performance.now();
    const connection = await createConnection({
      host,
      port,
      user: this.one.username,
      password: this.password,
    });
    const letIn = performance.now();
    this.logins.push({ began, letIn });
    await sleep(Math.max(0, takesMs - (letIn - began)));
    await connection.end();
  }
}

/** Sessions of an admin with the rights that docs/production.md asks for, shared by the tries. */
const admins = new Map<Lab, Promise<Session>[]>();
const adminSessions = 8;
let nextAdmin = 0;

async function adminOf(lab: Lab): Promise<Session> {
  const all = admins.get(lab) ?? openAdmins(lab);
  admins.set(lab, all);
  nextAdmin = (nextAdmin + 1) % adminSessions;
  return all[nextAdmin] as Promise<Session>;
}

function openAdmins(lab: Lab): Promise<Session>[] {
  const { database } = lab;
  const { host, port, caFile } = database;
  const login = {
    host,
    port: String(port),
    username: 'idle_admin',
    password: 'Looks-at-logins-1',
    dbname: '',
  };
  const made = (async () => {
    await database.root("CREATE USER ?@'%' IDENTIFIED BY ? REQUIRE SSL", [login.username, login.password]);
    await database.root("GRANT CREATE USER, PROCESS ON *.* TO ?@'%'", [login.username]);
    await database.root("GRANT SELECT ON performance_schema.accounts TO ?@'%'", [login.username]);
  })();
  return Array.from({ length: adminSessions }, () => made.then(() => openSession(login, { caFile })));
}

/** The same numbers in each sweep (mulberry32): 0 to less than 1. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
