import { Failure } from '../base/failure';
import type { Observation } from '../rotation/observation';
import { kubernetesSecretKeys, slotsOwnLogin } from '../rotation/observation';
import type { SlotDocument } from '../rotation/secretDocument';
import { parseSlotDocument } from '../rotation/secretDocument';
import type { DatabaseLogin } from '../rotation/slot';
import { slots } from '../rotation/slot';
import type { AdminCredentials } from '../mysql/adminCredentials';
import type { WorldContext } from '../target/context';
import type { DatabaseTrust, LoginAnswer } from '../mysql/database';
import { tryLoginOrLocked } from '../mysql/database';
import { DatabaseFailure, isKnownToWork } from '../mysql/databaseErrors';
import type { Kubernetes } from '../kubernetes/kubernetes';
import { decodedData } from '../kubernetes/kubernetes';
import type { SecretsManager } from '../aws/secretsManager';
import { readOtherSites } from '../openemr/otherSites';
import { restartedAs } from '../kubernetes/rollout';
import type { OpenSqlconf } from '../openemr/openSqlconf';
import { fileFacts, openSqlconf } from '../openemr/openSqlconf';

/** Clients that an observation reads through. */
export interface Clients {
  secrets: SecretsManager;
  kubernetes: Kubernetes;
}

/**
 * Reads the world for a plan; writes nothing. The login probes are real logins over verified TLS.
 * @throws Failure naming the first thing that cannot be read, or every problem of a malformed secret.
 */
export async function observe(
  context: WorldContext,
  { secrets, kubernetes }: Clients,
  admin: AdminCredentials,
): Promise<Observation> {
  const [slotSecret, , , { sqlconf, otherSites }, secret, restart] = await Promise.all([
    readSlotSecret(secrets, context.slotSecretId),
    refuseOtherOwner(secrets, context.slotSecretId),
    refuseOtherOwner(secrets, context.adminSecretId),
    readSites(context),
    readKubernetesSecret(kubernetes),
    readRestart(kubernetes),
  ]);
  const { login } = sqlconf;
  const secretLogin = loginOfSecret(secret, login);
  const [works, secretWorks] = await Promise.all([
    tryLoginOrLocked(login, context.trust),
    secretLogin === undefined
      ? 'denied'
      : sameLogin(secretLogin, login)
        ? undefined
        : trySecret(context.kubernetes, secretLogin, login, context.trust),
  ]);
  const slotsWork = works === 'works' ? undefined : await trySlots(slotSecret.document, login, context.trust);
  const slotPassword = await trySlotPassword(
    secretWorks === 'works' ? secretLogin : undefined,
    context.trust,
    {
      document: slotSecret.document,
      file: { login, works: works === 'works' },
      slotsWork,
    },
  );
  return {
    slotSecret,
    adminSecret: { arn: admin.version.arn, login: admin.login },
    ...(slotsWork === undefined ? {} : { slotsWork }),
    sqlconf: { ...fileFacts(sqlconf), works: works === 'works' },
    otherSites,
    kubernetesSecret: { data: secret, works: (secretWorks ?? works) === 'works', ...slotPassword },
    restartedAs: restart,
  };
}

/**
 * What OpenEMR is given now, and nothing more: while OpenEMR is broken, each further second of reading is one of failed
 * requests. Throws as {@link observe}.
 */
export async function observeGiven(
  context: WorldContext,
  { kubernetes }: Pick<Clients, 'kubernetes'>,
): Promise<{ login: DatabaseLogin; kubernetesSecret: Record<string, string> }> {
  const [{ login }, kubernetesSecret] = await Promise.all([
    openSqlconf(context),
    readKubernetesSecret(kubernetes),
  ]);
  return { login, kubernetesSecret };
}

/** The restart annotation. That the Deployment cannot be read is told by the preflight, with every other missing right. */
async function readRestart(kubernetes: Kubernetes): Promise<string | undefined> {
  try {
    return restartedAs(await kubernetes.deployment());
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** OpenEMR is down: which of the slot secret's logins would let it in. What the file says was tried before. */
async function trySlots(
  { entries }: SlotDocument,
  file: DatabaseLogin,
  trust: DatabaseTrust,
): Promise<NonNullable<Observation['slotsWork']>> {
  const answers: NonNullable<Observation['slotsWork']> = {};
  for (const slot of slots) {
    const entry = entries[slot];
    if (entry.kind !== 'complete' || sameLogin(entry.login, file)) continue;
    answers[slot] = await tryLoginOrLocked(entry.login, trust).then(
      (answer) => answer === 'works',
      (error: unknown) => {
        // What the slot secret names besides is compared with the file, and said, where the plan is made.
        if (isOfAnotherServer(error, entry.login, file)) return false;
        throw error;
      },
    );
  }
  return answers;
}

/** The Secret's login, which works, with the slot secret's password: the database may take both. What was asked before is not asked again. */
async function trySlotPassword(
  inSecret: DatabaseLogin | undefined,
  trust: DatabaseTrust,
  known: {
    document: SlotDocument;
    file: { login: DatabaseLogin; works: boolean };
    slotsWork: Observation['slotsWork'];
  },
): Promise<Pick<Observation['kubernetesSecret'], 'slotPasswordWorks'>> {
  const { document, file, slotsWork } = known;
  const own = slotsOwnLogin(document, inSecret, file);
  if (own === undefined) return {};
  if (sameLogin(own.login, file.login)) return { slotPasswordWorks: file.works };
  const entry = document.entries[own.slot];
  const isAsked = entry.kind === 'complete' && sameLogin(entry.login, own.login);
  const asked = isAsked ? slotsWork?.[own.slot] : undefined;
  const trying = async (): Promise<boolean> => (await tryLoginOrLocked(own.login, trust)) === 'works';
  return { slotPasswordWorks: asked ?? (await isKnownToWork(trying())) };
}

/**
 * The login of the Kubernetes Secret; where it names a server that cannot be reached, that is said: nobody would look there.
 * Whether such a login works is not known, so that it counts neither as one that does nor as one that does not.
 */
async function trySecret(
  { namespace, secret }: WorldContext['kubernetes'],
  login: DatabaseLogin,
  file: DatabaseLogin,
  trust: DatabaseTrust,
): Promise<LoginAnswer> {
  try {
    return await tryLoginOrLocked(login, trust);
  } catch (error) {
    if (!isOfAnotherServer(error, login, file)) throw error;
    throw error.saying(
      `Wrong target? Secret ${namespace}/${secret} names the database at ${login.host}:${login.port}, and sqlconf.php that at ${file.host}:${file.port}; make both name the one that OpenEMR uses. ${error.message}`,
    );
  }
}

const notTheServer = new Set<string>(['database-unreachable', 'database-certificate-untrusted']);

/** A failure for good, of a server that one place names and the file does not: then it is the place that is wrong. */
function isOfAnotherServer(error: unknown, login: DatabaseLogin, file: DatabaseLogin): error is Failure {
  const isElsewhere = login.host.toLowerCase() !== file.host.toLowerCase() || login.port !== file.port;
  const passes = error instanceof DatabaseFailure && error.passes;
  return isElsewhere && !passes && error instanceof Failure && notTheServer.has(error.code);
}

async function readSites(
  context: WorldContext,
): Promise<{ sqlconf: OpenSqlconf; otherSites: Observation['otherSites'] }> {
  const sqlconf = await openSqlconf(context);
  return { sqlconf, otherSites: await readOtherSites(context, sqlconf) };
}

/**
 * AWSCURRENT of the slot secret, checked.
 * @throws Failure `configuration` naming every problem of a malformed one
 */
export async function readSlotSecret(
  secrets: SecretsManager,
  secretId: string,
): Promise<Observation['slotSecret']> {
  const version = await secrets.read(secretId, { stage: 'AWSCURRENT' });
  if (version === undefined)
    throw new Failure(
      'secret-no-current',
      `The slot secret ${secretId} has no AWSCURRENT version; store a document in it.`,
    );
  const document = parseSlotDocument(version.text);
  if (!document.ok)
    throw new Failure(
      'secret-malformed',
      `The slot secret ${secretId} is malformed: ${document.problems.join('; ')}.`,
    );
  return { ...version, document: document.value };
}

async function refuseOtherOwner(secrets: SecretsManager, secretId: string): Promise<void> {
  const { owner } = await secrets.describe(secretId);
  if (owner !== undefined) throw otherOwnerProblem(secretId, owner);
}

/** A secret in Secrets Manager that somebody else rotates is refused. @param owner who, as "is rotated by …" */
export function otherOwnerProblem(secretId: string, owner: string): Failure {
  return new Failure(
    'secret-rotated-by-others',
    `Secret ${secretId} ${owner}; two rotations of one secret lose passwords.`,
  );
}

/** A Kubernetes Secret that nobody can change is refused. @param name with its namespace */
export function immutableProblem(name: string): Failure {
  return new Failure(
    'secret-immutable',
    `Secret ${name} is immutable; replace it by one that can be changed.`,
  );
}

/** The four database keys. */
async function readKubernetesSecret(kubernetes: Kubernetes): Promise<Record<string, string>> {
  const { namespace, secret: name } = kubernetes.target;
  const secret = await kubernetes.secret();
  const data = decodedData(secret);
  if (secret.immutable === true) throw immutableProblem(`${namespace}/${name}`);
  const keys = Object.values(kubernetesSecretKeys);
  return Object.fromEntries(
    keys.filter((key) => data[key] !== undefined).map((key) => [key, data[key] ?? '']),
  );
}

/** The login that a new pod takes from the Secret. It has no port key: pods take the file's. */
export function loginOfSecret(
  data: Record<string, string>,
  file: Pick<DatabaseLogin, 'port'>,
): DatabaseLogin | undefined {
  const { host, username, password, dbname } = kubernetesSecretKeys;
  const [h, u, p, d] = [data[host], data[username], data[password], data[dbname]];
  return h === undefined || u === undefined || p === undefined || d === undefined
    ? undefined
    : { host: h, port: file.port, username: u, password: p, dbname: d };
}

/** Whether two logins are one, to the letter. */
export function sameLogin(one: DatabaseLogin, two: DatabaseLogin): boolean {
  return (
    one.host === two.host &&
    one.username === two.username &&
    one.password === two.password &&
    one.dbname === two.dbname
  );
}
