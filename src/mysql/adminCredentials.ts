import { randomInt } from 'node:crypto';
import type { KnownVersion } from '../base/thisRun';
import { thisRun } from '../base/thisRun';
import { Failure } from '../base/failure';
import type { JsonObject } from '../rotation/secretDocument';
import { parseAdminDocument } from '../rotation/secretDocument';
import type { DatabaseLogin } from '../rotation/slot';
import { pendingOfThisTool } from '../aws/adminPendingId';
import type { DatabaseTrust, Session } from './database';
import { tryOpen } from './database';
import { LoginTriesUsedUp } from './databaseErrors';
import { activateRoles } from './roles';
import type { SecretsManager, SecretVersion } from '../aws/secretsManager';

/** Stands for the label that each rotation gives its own version: see `adminLabel`. */
const ownLabel = 'CREDENTIAL_ROTATION_ADMIN';

/** How many versions are tried that have no label of AWS: each wrong password counts for the server. */
const mostOwn = 3;

/** The admin login that the database accepts, and where it was found. */
export interface AdminCredentials {
  stage: 'AWSCURRENT' | 'AWSPENDING' | 'AWSPREVIOUS' | typeof ownLabel;
  version: SecretVersion;
  json: JsonObject;
  login: DatabaseLogin;
  /** For the next login of this run. */
  known: KnownVersion;
}

/** The admin's session, and the login that opened it. */
export interface AdminSession {
  credentials: AdminCredentials;
  session: Session;
}

/**
 * Opens a session with the admin login that works: current, then pending, then in turn previous and the other versions that
 * rotations of this tool have pending; at most three tries that are refused; what is not tried then is tried in another order by the next run.
 * @param known what logged in before in this run, and what was refused: that is not tried again before all others
 * @throws Failure `admin-login-refused` when none works, Failure `configuration` when the secret is malformed.
 */
export async function openAdmin(
  secrets: Pick<SecretsManager, 'read' | 'describe'>,
  secretId: string,
  trust: DatabaseTrust,
  known = thisRun()?.adminVersion(),
): Promise<AdminSession> {
  const refused = new Set<string>();
  const late: Candidate[] = [];
  let current = '';
  let currentUser: string | undefined;
  let username = 'the admin user';
  const attempt = async ({ stage, version }: Candidate): Promise<AdminSession | undefined> => {
    const checked = parseAdminDocument(version.text);
    if (!checked.ok) {
      if (stage !== 'AWSCURRENT') return undefined;
      throw new Failure(
        'secret-malformed',
        `The admin secret ${secretId} is malformed: ${checked.problems.join('; ')}.`,
      );
    }
    const { json, login } = checked.value;
    // Somebody stored another user since: to go back to the one before would undo that, and rotate a password that is not asked for.
    if (currentUser !== undefined && login.username !== currentUser) return undefined;
    username = login.username;
    const session = await openWithRoles(login, trust);
    if (session === undefined) {
      refused.add(version.versionId);
      return undefined;
    }
    const found = { works: version.versionId, current, refused: [...refused] };
    return { credentials: { stage, version, json, login, known: found }, session };
  };
  try {
    for await (const candidate of candidates(secrets, secretId, known)) {
      const { versionId } = candidate.version;
      if (candidate.stage === 'AWSCURRENT') {
        current = versionId;
        const checked = parseAdminDocument(candidate.version.text);
        currentUser = checked.ok ? checked.value.login.username : undefined;
      }
      // Each wrong password counts for the server: one that was refused in this run is left for the end.
      if (known !== undefined && known.current === current && known.refused.includes(versionId)) {
        refused.add(versionId);
        late.push(candidate);
        continue;
      }
      const opened = await attempt(candidate);
      if (opened) return opened;
    }
    for (const candidate of late) {
      const opened = await attempt(candidate);
      if (opened) return opened;
    }
  } catch (error) {
    if (!(error instanceof LoginTriesUsedUp)) throw error;
    // The next run tries the others: for its schedule this is no refusal for good.
    throw new Failure(
      'admin-login-refused',
      `The database refuses ${username} with every password in the admin secret ${secretId} that this run could try; ` +
        `run again, which tries the others, or set the password of ${username} in the database to the secret's current one.`,
      { cause: error, outcome: 'before-switch' },
    );
  }
  throw new Failure(
    'admin-login-refused',
    `The database refuses ${username} with every password in the admin secret ${secretId} (current, pending, previous; those of another user were not tried); ` +
      // Not the master user's: the secret may be one of an admin of its own.
      `set the password of ${username} in the database to the secret's current one and run again.`,
  );
}

async function openWithRoles(login: DatabaseLogin, trust: DatabaseTrust): Promise<Session | undefined> {
  const session = await tryOpen(login, trust);
  try {
    if (session) await activateRoles(session);
  } catch (error) {
    await session?.close();
    throw error;
  }
  return session;
}

/** A version under the first of the labels that it has. */
type Candidate = Pick<AdminCredentials, 'stage' | 'version'>;

/**
 * The versions in the order in which a login is tried, each once and read when it is needed. Pending is what has
 * AWSPENDING, or else the newest version of this tool: it was set where a run was killed before it became current. The
 * others begin at another one in each run: the limit of tries leaves some out, and not the same ones each time.
 * @param beginAt where they begin, below their number
 */
export async function* candidates(
  secrets: Pick<SecretsManager, 'read' | 'describe'>,
  secretId: string,
  known: KnownVersion | undefined,
  beginAt: (count: number) => number = randomInt,
): AsyncGenerator<Candidate> {
  const given = new Set<string>();
  const fresh = (stage: Candidate['stage'], version: SecretVersion | undefined): Candidate[] => {
    if (version === undefined || given.has(version.versionId)) return [];
    given.add(version.versionId);
    return [{ stage, version }];
  };
  yield* fresh('AWSCURRENT', await secrets.read(secretId, { stage: 'AWSCURRENT' }));
  const pending = await secrets.read(secretId, { stage: 'AWSPENDING' });
  yield* fresh('AWSPENDING', pending);
  const { stages } = await secrets.describe(secretId);
  const own = pendingOfThisTool(stages).slice(0, mostOwn);
  const readOwn = async (versionId: string): Promise<Candidate[]> =>
    fresh(ownLabel, await secrets.read(secretId, { versionId }));
  const [newest] = own;
  if (pending === undefined && newest !== undefined) yield* await readOwn(newest);
  const others = [
    async () => fresh('AWSPREVIOUS', await secrets.read(secretId, { stage: 'AWSPREVIOUS' })),
    ...own.filter((versionId) => !given.has(versionId)).map((versionId) => () => readOwn(versionId)),
  ];
  const first = others.length > 1 ? beginAt(others.length) : 0;
  for (const read of [...others.slice(first), ...others.slice(0, first)]) yield* await read();
  // What logged in before in this run may have lost its label since.
  if (known !== undefined && given.has(known.current) && !given.has(known.works))
    yield* await readOwn(known.works);
}

/** The admin login that works, without a session. @throws as {@link openAdmin} */
export async function findAdminCredentials(
  secrets: SecretsManager,
  secretId: string,
  trust: DatabaseTrust,
): Promise<AdminCredentials> {
  const { credentials, session } = await openAdmin(secrets, secretId, trust);
  await session.close();
  return credentials;
}
