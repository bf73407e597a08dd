import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Connection } from 'mysql2/promise';
import type { Lab, Site } from '../../lab';
import { readLogin } from '../../lab/site/files';
import { optionTable } from '../../src/settings/options';
import { environmentOf } from '../lab/support/command';
import { connectAs } from '../lab/support/database';

/** A login as a reader keeps it. */
interface Login {
  user: string;
  password: string;
}

/** What became of one kind of reader's logins. */
export interface ReaderCount {
  logins: number;
  failed: number;
}

/** How readers ended, by kind. */
export interface ReadersResult {
  counts: Record<ReaderKind, ReaderCount>;
  /** When, which kind, whose login it was, and why it failed; never a password. */
  failures: string[];
}

/**
 * Who keeps a login as the field does. None of them may ever be refused.
 * - `opcache`: PHP looks at the file again after 2 s at the earliest.
 * - `until-restart`: a pod that keeps what the file said when it started, for its life.
 * - `persistent`: one connection for the life of a pod, used now and then; a worker that is new makes it again, as above.
 * - `terminating`: a pod that is gone from the Deployment and still serves its last requests.
 * - `nfs`: a client that sees the file late, and has not logged in since.
 */
export const readerKinds = ['opcache', 'until-restart', 'persistent', 'terminating', 'nfs'] as const;

/** A kind of reader that keeps its login. */
export type ReaderKind = (typeof readerKinds)[number];

/** Readers that keep their logins, under way. */
export interface Readers {
  /** Goes on until every reader has had the time that it may take to let go, then ends. Idempotent. */
  stop(): Promise<ReadersResult>;
}

/** Revalidation of PHP's opcache in OpenEMR's image, in ms. */
const opcacheMs = 2000;
/** How late an NFS client was seen to read the old file (26–29 s), by the default grace that is made for it. */
const nfsLateSeconds = 29;

/** Milliseconds of the grace of the runs under test, and of the product as it comes. */
function graceOf(site: Site): { given: number; byDefault: number } {
  const { variable, default: byDefault } = optionTable.idleGraceSeconds;
  const given = Number(environmentOf(site)[variable] ?? byDefault);
  return { given: given * 1000, byDefault: Number(byDefault) * 1000 };
}

/**
 * How late the NFS client and how long the terminating pod are, in ms: as late in the grace that the runs are given as
 * the field's are in the default one.
 */
export function windowsOf({ given, byDefault }: { given: number; byDefault: number }): Windows {
  return {
    nfsMs: Math.min(nfsLateSeconds * 1000, (given * nfsLateSeconds * 1000) / byDefault),
    terminatingMs: 2 * given,
  };
}

interface Windows {
  nfsMs: number;
  terminatingMs: number;
}

/** Starts one reader of each kind, of each pod where it is a pod's. */
export function startReaders(lab: Lab, site: Site): Readers {
  const windows = windowsOf(graceOf(site));
  const ended = new AbortController();
  const log = new Log();
  const podsFolder = path.join(lab.folder, 'pods', site.namespace);
  const login = (kind: ReaderKind, kept: Login): Promise<void> =>
    log.count(kind, kept.user, async () => site.canLogin(kept.user, kept.password));
  const running = [
    opcache(site, login, ended.signal),
    nfs(site, windows.nfsMs, login, ended.signal),
    pods(podsFolder, ended.signal, (pod) => podReaders(lab, pod, windows, login, log, ended.signal)),
  ];
  let result: Promise<ReadersResult> | undefined;
  const stop = async (): Promise<ReadersResult> => {
    // Whoever keeps a login the longest has to have his turn after the last change.
    await pause(Math.max(opcacheMs, windows.nfsMs, windows.terminatingMs) + 200);
    ended.abort();
    await Promise.all(running);
    return log;
  };
  return { stop: () => (result ??= stop()) };
}

type TryLogin = (kind: ReaderKind, kept: Login) => Promise<void>;

class Log implements ReadersResult {
  readonly counts = Object.fromEntries(readerKinds.map((kind) => [kind, { logins: 0, failed: 0 }])) as Record<
    ReaderKind,
    ReaderCount
  >;
  readonly failures: string[] = [];

  /** Counts one login, which `attempt` makes; false or an error is a failed one. */
  async count(kind: ReaderKind, user: string, attempt: () => Promise<boolean>): Promise<void> {
    const count = this.counts[kind];
    count.logins += 1;
    const reason = await attempt().then(
      (accepted) => (accepted ? undefined : 'the server refuses the login'),
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    if (reason === undefined) return;
    count.failed += 1;
    this.failures.push(`${new Date().toISOString()} ${kind}, user ${user}: ${reason}`);
  }
}

/** Looks at the file at most every two seconds, and logs in more often than that. */
async function opcache(site: Site, login: TryLogin, signal: AbortSignal): Promise<void> {
  for (let [kept, until] = [loginIn(site.sqlconfFile), 0]; !signal.aborted; await pause(300)) {
    if (performance.now() >= until)
      [kept, until] = [loginIn(site.sqlconfFile) ?? kept, performance.now() + opcacheMs];
    if (kept) await login('opcache', kept);
  }
}

/** Logs in once with the old login, so late after each change of the file, and is not heard of in between. */
async function nfs(site: Site, lateMs: number, login: TryLogin, signal: AbortSignal): Promise<void> {
  const late: Promise<void>[] = [];
  for (let seen = loginIn(site.sqlconfFile); !signal.aborted; await pause(20)) {
    const now = loginIn(site.sqlconfFile);
    if (!now || !seen || (now.user === seen.user && now.password === seen.password)) continue;
    const old = seen;
    seen = now;
    late.push(pause(lateMs).then(() => login('nfs', old)));
  }
  await Promise.all(late);
}

/** Calls back for each pod as it starts: the folder in which it keeps its copy of the file until it is gone. */
async function pods(
  folder: string,
  signal: AbortSignal,
  begin: (pod: string) => Promise<void>,
): Promise<void> {
  const known = new Map<string, Promise<void>>();
  for (; !signal.aborted; await pause(50)) {
    const names = existsSync(folder) ? readdirSync(folder) : [];
    for (const name of names.filter((each) => existsSync(path.join(folder, each, 'sqlconf.php'))))
      if (!known.has(name)) known.set(name, begin(path.join(folder, name)));
  }
  await Promise.all(known.values());
}

/** A pod as three kinds of reader, for its life and, terminating, for a while after. */
async function podReaders(
  lab: Lab,
  folder: string,
  { terminatingMs }: Windows,
  login: TryLogin,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const copy = path.join(folder, 'sqlconf.php');
  let kept = loginIn(copy);
  const worker = new PersistentWorker(lab, log);
  for (let turn = 0; existsSync(copy) && !signal.aborted; turn += 1) {
    // A container that was started again has read the file again.
    kept = loginIn(copy) ?? kept;
    if (kept && turn % 3 === 0) await login('until-restart', kept);
    if (kept && turn % 5 === 0) await worker.use(kept);
    await pause(150);
  }
  const end = performance.now() + terminatingMs;
  while (kept && !signal.aborted && performance.now() < end) {
    await login('terminating', kept);
    await pause(250);
  }
  await worker.end();
}

/** One connection that is used repeatedly; after some time the worker ends, and the next one makes its own. */
class PersistentWorker {
  private connection: Connection | undefined;
  private uses = 0;

  constructor(
    private readonly lab: Lab,
    private readonly log: Log,
  ) {}

  use({ user, password }: Login): Promise<void> {
    return this.log.count('persistent', user, async () => {
      this.connection ??= await connectAs(this.lab, { username: user, password });
      // Without a listener a connection that breaks ends this process.
      if (this.uses === 0) this.connection.on('error', () => undefined);
      await this.connection.query('SELECT 1');
      this.uses += 1;
      if (this.uses >= 8) await this.end();
      return true;
    });
  }

  async end(): Promise<void> {
    const { connection } = this;
    [this.connection, this.uses] = [undefined, 0];
    await connection?.end().catch(() => undefined);
  }
}

/** The login in a file; undefined where there is none now. */
function loginIn(file: string): Login | undefined {
  try {
    return readLogin(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
