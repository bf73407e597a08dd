import type { Session } from './database';
import { DatabaseFailure } from './databaseErrors';
import { errorNumber } from '../base/errors';
import type { LoginCount, LoginLook, Questions } from './logins';
import { lookAtLogins } from './logins';
import { tellNotice } from '../base/notices';
import { withoutFullStop } from '../base/sentence';

/** A reader of an Aurora cluster: its instance, and what it is asked through, or why it cannot be asked. */
export interface Reader {
  name: string;
  session?: Session | undefined;
  unreached?: string;
}

/** Where a session to a reader is opened. @throws Failure when it cannot be reached */
export type OpenReader = (host: string) => Promise<Session>;

/** No table of that name, or in no such schema: 1109, 1146, 1049. A server that is no Aurora says so. */
const noTable = new Set([1109, 1146, 1049]);
/** What has not been heard of for so long is gone, in seconds: as long as AWS's own drivers take. */
const staleSeconds = 300;

/**
 * The identifiers of the readers that the cluster lists; none where the server is no Aurora MySQL.
 * docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraMySQL.Reference.ISTables.html
 */
export async function readerIds(session: Session): Promise<string[]> {
  try {
    const rows = await session.query(
      "SELECT SERVER_ID AS id FROM information_schema.replica_host_status WHERE SESSION_ID <> 'MASTER_SESSION_ID' AND TIME_TO_SEC(TIMEDIFF(NOW(), LAST_UPDATE_TIMESTAMP)) <= ?",
      [staleSeconds],
    );
    return rows.map((row) => String(row['id'])).sort();
  } catch (error) {
    if (error instanceof DatabaseFailure && noTable.has(errorNumber(error.cause))) return [];
    throw error;
  }
}

/**
 * The endpoint of an instance, from any other endpoint of its cluster: `<cluster>.cluster-<id>.<region>.rds.amazonaws.com`
 * has its instances at `<instance>.<id>.<region>.rds.amazonaws.com`; undefined for a name that is not Amazon's.
 * docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Overview.Endpoints.html
 */
export function instanceEndpoint(host: string, instance: string): string | undefined {
  const found = /^[^.]+\.(?:cluster-(?:ro-|custom-)?)?([^.]+\.[^.]+\.rds\.amazonaws\.com(?:\.cn)?)\.?$/i.exec(
    host,
  );
  return found?.[1] === undefined ? undefined : `${instance}.${found[1]}`;
}

/** Endpoints that could not be reached, until when that is believed: a failover's old writer is back soon. */
const unreached = new Map<string, { why: string; until: number }>();

/** A connection that runs into its limit is waited for seldom, one that is refused costs nothing; in ms. */
const [slowMs, believedSlowMs, believedMs] = [1000, 60_000, 1000];

/** Readers that people were told of: their names. */
const told = new Set<string>();

/** The readers of the cluster behind a session, as far as they can be reached from here. */
export async function openReaders(session: Session, host: string, open: OpenReader): Promise<Reader[]> {
  const ids = await readerIds(session);
  return Promise.all(
    ids.map(async (name): Promise<Reader> => {
      const endpoint = instanceEndpoint(host, name);
      if (endpoint === undefined)
        return { name, unreached: `the endpoint of an instance does not follow from ${host}` };
      const known = unreached.get(endpoint);
      const begun = performance.now();
      if (known !== undefined && begun < known.until) return { name, unreached: known.why };
      try {
        return { name, session: await open(endpoint) };
      } catch (error) {
        const now = performance.now();
        const until = now + (now - begun > slowMs ? believedSlowMs : believedMs);
        unreached.set(endpoint, { why: whyOf(error), until });
        return { name, unreached: whyOf(error) };
      }
    }),
  );
}

function whyOf(error: unknown): string {
  return withoutFullStop(error instanceof Error ? error.message : String(error));
}

/** Tells of the readers that are not seen, and that nobody was told of yet. */
export function tellUnreached(readers: readonly Reader[]): void {
  const text = unreachedText(readers.filter(({ name }) => !told.has(name)));
  if (text !== undefined) tellNotice(text);
}

/** What is not seen, for a message without its full stop; undefined where every reader is. What it names counts as told. */
export function unreachedText(readers: readonly Reader[]): string | undefined {
  const all = readers.filter(({ session }) => session === undefined);
  if (all.length === 0) return undefined;
  all.forEach(({ name }) => told.add(name));
  const names = all.map((reader) => `${reader.name} (${reader.unreached ?? 'unknown'})`);
  return `the idle proof does not see who logs in at ${names.join(', ')}: let this machine and the admin user reach the readers' endpoints, or end what uses the old login there`;
}

/** Ends the sessions to readers. */
export async function closeReaders(readers: readonly Reader[]): Promise<void> {
  await Promise.all(readers.map(async ({ session }) => session?.close()));
}

/** One look at the writer and at each reader that can be reached, as if they were one server. */
export async function lookEverywhere(
  session: Session,
  readers: readonly Reader[],
  username: string,
  knownToCountNothing?: string,
): Promise<LoginLook> {
  // The writer first: what this process itself logs in is taken away there, once.
  const writer = await lookAtLogins(session, username, knownToCountNothing);
  const looks = await Promise.all(
    readers.map((reader) => lookAtReader(reader, username, knownToCountNothing)),
  );
  return looks.reduce<LoginLook>((all, look) => (look === undefined ? all : joined(all, look)), writer);
}

/** One that fails is asked no more: the readers are others then, which begins the proof anew. */
async function lookAtReader(
  reader: Reader,
  username: string,
  knownToCountNothing: string | undefined,
): Promise<LoginLook | undefined> {
  const { name, session } = reader;
  if (session === undefined) return undefined;
  try {
    const look = await lookAtLogins(session, username, knownToCountNothing, 'foreign');
    const sessions = new Map([...look.sessions].map(([id, host]) => [`${name} ${id}`, `${host} at ${name}`]));
    const why = look.whySampled === undefined ? {} : { whySampled: `${look.whySampled} (${name})` };
    return { ...look, sessions, ...why };
  } catch (error) {
    await session.close();
    reader.session = undefined;
    reader.unreached = whyOf(error);
    tellNotice(unreachedText([reader]) ?? '');
    return undefined;
  }
}

/** Two servers' looks as one: counted only where both count. */
function joined(one: LoginLook, other: LoginLook): LoginLook {
  const sessions = new Map([...one.sessions, ...other.sessions]);
  const whole = {
    sessions,
    asked: Math.min(one.asked, other.asked),
    answered: Math.max(one.answered, other.answered),
  };
  const whySampled = one.whySampled ?? other.whySampled;
  if (!one.counted || !other.counted) return { ...whole, ...(whySampled ? { whySampled } : {}) };
  return { ...whole, counted: joinedCounts(one.counted, other.counted) };
}

function joinedCounts(one: LoginCount, other: LoginCount): LoginCount {
  const byHost = new Map(one.byHost);
  for (const [host, total] of other.byHost) byHost.set(host, (byHost.get(host) ?? 0) + total);
  const { readers = new Map<string, number>(), questions, ...rest } = one;
  return {
    ...rest,
    ...(questions !== undefined && other.questions !== undefined
      ? { questions: joinedQuestions(questions, other.questions) }
      : {}),
    total: one.total + other.total,
    byHost,
    readers: new Map([...readers, [other.server, other.uptime]]),
  };
}

/** A server that has begun to count anew makes the time too short, so that nothing is taken for refused. */
function joinedQuestions(one: Questions, other: Questions): Questions {
  return {
    count: one.count + other.count,
    countedFor: Math.min(one.countedFor, other.countedFor),
    own: one.own + other.own,
  };
}
