import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import type { Run } from '../lab/support/command';
import { run } from '../lab/support/command';
import { adminLockName } from '../../src/mysql/lock';
import { arnOf, secretUnder, stagesOf } from '../lab/support/secrets';
import { expectCode, expectHealthy } from '../lab/support/world';
import type { FaultResult } from './cases';
import { killRun } from './killRun';

const hookFile = path.join(__dirname, 'hook.js');
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Two OpenEMRs whose runs use one admin secret, each with its own slot secret. */
export interface Pair {
  sites: readonly [Site, Site];
  /** The slot that each uses. */
  slots: ['A' | 'B', 'A' | 'B'];
  remove: () => Promise<void>;
}

/** Makes two OpenEMRs; the admin of the first may change the users of the second, too. */
export async function pairOf(lab: Lab): Promise<Pair> {
  const [one, other] = [await lab.createSite(), await lab.createSite()];
  await lab.database.root(`GRANT ALL PRIVILEGES ON \`${other.schema}\`.* TO ?@'%' WITH GRANT OPTION`, [
    one.users.admin,
  ]);
  other.environment['RDS_ADMIN_SECRET_ID'] = one.adminSecretId;
  return {
    sites: [one, other],
    slots: ['A', 'A'],
    remove: async () => void (await Promise.all([one.remove(), other.remove()])),
  };
}

/** Where a run is that has been let go on: before a write, without the lock on the admin secret, or at its end. */
export type Place = { at: 'write'; name: string } | { at: 'lock' } | { at: 'end' };

/** A run that stops before each write of the admin secret and of the admin's password until it is let go on. */
export class GatedRun {
  ended: Run | undefined;
  /** Whose lock it waits for: with that one standing, nobody but this run can be waiting. */
  other: GatedRun | undefined;
  /** The writes that it was let make. */
  readonly writes: string[] = [];
  private readonly id = `together-${randomUUID()}`;
  private readonly folder: string;
  private readonly running: Promise<Run>;

  /** @param lockTag other than the other run's, each takes a lock on the admin secret of its own: it is broken */
  constructor(
    private readonly lab: Lab,
    readonly site: Site,
    lockTag?: string,
  ) {
    this.folder = path.join(site.folder, this.id);
    mkdirSync(this.folder);
    this.running = run(site, [], {
      NODE_OPTIONS: `--require ${hookFile}`,
      FAULT_RUN: this.id,
      FAULT_GATES: this.folder,
      FAULT_LOCK_TAG: lockTag,
    }).then((ended) => (this.ended = ended));
  }

  /** Whether it stands before a write. */
  get stands(): boolean {
    return this.gate() !== undefined;
  }

  /** Waits until it can go no further by itself. */
  async place(): Promise<Place> {
    for (let left = 3000; left > 0; left -= 1) {
      if (this.ended) return { at: 'end' };
      const name = this.gate();
      if (name !== undefined) return { at: 'write', name };
      if (left % 10 === 0 && this.other?.stands && (await this.waitsForLock())) return { at: 'lock' };
      await pause(20);
    }
    throw new Error(`${this.site.name} came to no write and to no end`);
  }

  /** Lets it make the write that it stands before, and waits until it can go no further. */
  async go(): Promise<Place> {
    const name = this.gate();
    if (name === undefined) throw new Error(`${this.site.name} stands before no write`);
    this.writes.push(name);
    for (const file of readdirSync(this.folder)) rmSync(path.join(this.folder, file));
    return this.place();
  }

  /** Lets it go on to its end. */
  async finish(): Promise<Run> {
    for (let place = await this.place(); place.at !== 'end';)
      place = place.at === 'write' ? await this.go() : await pause(100).then(() => this.place());
    return this.running;
  }

  /** Ends command, engine and plugins, as a node failure would. */
  async kill(): Promise<void> {
    killRun(this.id);
    await this.running;
  }

  /** Its name of the write that it stands before. */
  private gate(): string | undefined {
    const [file] = existsSync(this.folder)
      ? readdirSync(this.folder).filter((each) => !each.endsWith('.new'))
      : [];
    return file === undefined ? undefined : readFileSync(path.join(this.folder, file), 'utf8');
  }

  private async waitsForLock(): Promise<boolean> {
    const rows = await this.lab.database.root(
      "SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE '%GET_LOCK%' AND INFO LIKE '%-admin:%' AND ID <> CONNECTION_ID()",
    );
    return rows.length > 0;
  }
}

/** Whether a version of the admin secret that has a label logs in. */
export async function expectAdminKept({ sites: [site] }: Pair, what: string): Promise<void> {
  const labels = Object.values(await stagesOf(site, site.adminSecretId)).flat();
  for (const label of labels) {
    const text = await secretUnder(site, site.adminSecretId, label);
    const { username = '', password = '' } = JSON.parse(text ?? '{}') as Record<string, string>;
    if (await site.canLogin(username, password)) return;
  }
  throw new Error(`the admin password is lost: ${what}`);
}

/** Runs again what did not end well, and looks at all of the world. Gives the exit codes. */
export async function finishPair(pair: Pair, runs: readonly GatedRun[]): Promise<(number | string)[]> {
  const codes: (number | string)[] = [];
  for (const [index, site] of pair.sites.entries()) {
    let { ended } = runs[index] ?? {};
    const code = ended?.code ?? ended?.signal ?? 'killed';
    codes.push(code);
    if (code !== 0) {
      ended = await run(site);
      codes.push(ended.code ?? String(ended.signal));
      expectCode(ended, 0);
    }
    const slot = pair.slots[index] === 'A' ? 'B' : 'A';
    pair.slots[index] = slot;
    if (index === 1) continue;
    await expectAdminKept(pair, 'at the end');
  }
  for (const [index, site] of pair.sites.entries()) await expectHealthy(site, pair.slots[index] ?? 'A');
  const [site] = pair.sites;
  const labels = Object.values(await stagesOf(site, site.adminSecretId)).flat();
  expect(labels, 'labels of the admin secret').to.have.members(['AWSCURRENT', 'AWSPREVIOUS']);
  return codes;
}

/** What a pair came to. */
export type TogetherResult = Pick<FaultResult, 'codes' | 'canaryLogins'>;

/**
 * One order of the two runs' writes, the lock on the admin secret broken on purpose: `01` is a write of the first run,
 * then one of the second. What is left after that goes on in turn.
 */
export function inOrder(lab: Lab, pair: Pair, order: string): Promise<TogetherResult> {
  return watched(pair, (runs) => ordered(lab, pair, order, runs));
}

async function ordered(lab: Lab, pair: Pair, order: string, runs: GatedRun[]): Promise<void> {
  runs.push(...pair.sites.map((site, index) => new GatedRun(lab, site, `b${index}`)));
  const places = await Promise.all(runs.map((each) => each.place()));
  const step = async (index: number): Promise<void> => {
    if (places[index]?.at !== 'write') return;
    places[index] = (await runs[index]?.go()) ?? { at: 'end' };
    await expectAdminKept(pair, `${order}: ${runs.map(({ writes }) => writes.join(', ')).join(' | ')}`);
  };
  for (const index of order) await step(Number(index));
  for (let turn = 0; places.some(({ at }) => at === 'write'); turn += 1) await step(turn % 2);
}

/**
 * With the lock: while one run stands before any of its writes, the other waits for it. Before the write of that number
 * something happens to the one.
 */
export function withLock(
  lab: Lab,
  pair: Pair,
  fate: Fate = 'none',
  before = Infinity,
): Promise<TogetherResult> {
  return watched(pair, (runs) => oneAtATime(lab, pair, { fate, before }, runs));
}

/** What may happen to the run that holds the lock: a node failure, or its session is dropped. */
export const fates = ['killed', 'cut'] as const;
type Fate = (typeof fates)[number] | 'none';

async function oneAtATime(
  lab: Lab,
  pair: Pair,
  { fate, before }: { fate: Fate; before: number },
  runs: GatedRun[],
): Promise<void> {
  runs.push(...pair.sites.map((site) => new GatedRun(lab, site)));
  for (const [index, each] of runs.entries()) each.other = runs[1 - index];
  const places = await Promise.all(runs.map((each) => each.place()));
  const first = places.findIndex(({ at }) => at === 'write');
  const [holder, waiting] = first === 0 ? runs : [runs[1], runs[0]];
  if (first < 0 || !holder || !waiting) throw new Error('no run came to its first write');
  for (let write = 0; ; write += 1) {
    if (holder.ended) break;
    expect(await waiting.place(), `the other run, at write ${write} of the first`).to.deep.equal({
      at: 'lock',
    });
    if (write === before && fate === 'killed') {
      await holder.kill();
      break;
    }
    if (write === before && fate === 'cut') {
      await cut(lab, holder.site);
      // The server gives the lock to who waits, in its own time.
      for (let tries = 0; tries < 100 && (await waiting.place()).at === 'lock'; tries += 1) await pause(50);
      expect((await waiting.place()).at, 'the other run has the lock').to.equal('write');
      expect(await holder.go(), 'it wrote without the lock').to.deep.equal({ at: 'lock' });
      await waiting.finish();
      expectCode(await holder.finish(), 0);
      break;
    }
    if ((await holder.go()).at === 'end') break;
    await expectAdminKept(pair, holder.writes.join(', '));
  }
  expectCode(await waiting.finish(), 0);
}

/** Drops the session that holds the lock on the admin secret. */
async function cut(lab: Lab, site: Site): Promise<void> {
  const name = adminLockName(await arnOf(site, site.environment['RDS_ADMIN_SECRET_ID'] ?? ''));
  const rows = (await lab.database.root('SELECT IS_USED_LOCK(?) AS id', [name])) as { id: number | null }[];
  const id = rows[0]?.id;
  if (id === null || id === undefined) throw new Error('nobody holds the lock on the admin secret');
  await lab.database.root(`KILL ${id}`);
}

/** Both OpenEMRs log in throughout; none of that may fail. */
async function watched(pair: Pair, action: (runs: GatedRun[]) => Promise<void>): Promise<TogetherResult> {
  const canaries = pair.sites.map((site) => site.canary());
  const runs: GatedRun[] = [];
  try {
    await action(runs);
    const codes = await finishPair(pair, runs);
    let canaryLogins = 0;
    for (const canary of canaries) {
      const { logins, failed, failures } = await canary.stop();
      expect(failed, failures.join('\n')).to.equal(0);
      canaryLogins += logins;
    }
    return { codes, canaryLogins };
  } finally {
    // One that still stands before a write would wait for ever.
    for (const each of runs) if (!each.ended) await each.kill();
    for (const canary of canaries) await canary.stop();
  }
}

/** Every order of so many writes of each of two runs, those first that change least between the runs. */
export function ordersOf(writes: number): string[] {
  const orders: string[] = [];
  const add = (order: string, left: number, other: number): void => {
    if (left === 0 && other === 0) orders.push(order);
    if (left > 0) add(`${order}0`, left - 1, other);
    if (other > 0) add(`${order}1`, left, other - 1);
  };
  add('', writes, writes);
  const changes = (order: string): number => order.match(/01|10/g)?.length ?? 0;
  return orders.sort((one, two) => changes(one) - changes(two) || (one < two ? -1 : 1));
}
