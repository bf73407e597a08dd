import { Failure } from '../../base/failure';
import { kubernetesSecretKeys } from '../../rotation/observation';
import { parseAdminDocument } from '../../rotation/secretDocument';
import type { DatabaseLogin } from '../../rotation/slot';
import { slots } from '../../rotation/slot';
import type { AdminSession } from '../../mysql/adminCredentials';
import { openAdmin } from '../../mysql/adminCredentials';
import type { WorldContext } from '../../target/context';
import type { LoginAnswer, Session } from '../../mysql/database';
import { openSession, tryLogin } from '../../mysql/database';
import { withSecondPassword } from '../../mysql/dualPassword';
import type { Kubernetes } from '../../kubernetes/kubernetes';
import { decodedData } from '../../kubernetes/kubernetes';
import type { LockHolder } from '../../mysql/lock';
import { adminLockName, firstHeld, lockHolder, runLockNames } from '../../mysql/lock';
import { restartedAs, rolloutState } from '../../kubernetes/rollout';
import type { SecretsManager } from '../../aws/secretsManager';
import { identityOf } from '../../mysql/server';
import { readOtherSites } from '../../openemr/otherSites';
import { fileFacts, openSqlconf } from '../../openemr/openSqlconf';
import { sqlconfWarnings } from '../../openemr/sqlconfWarnings';
import { loginOfSecret, readSlotSecret } from '../observe';
import type { Part } from '../../base/part';
import { partOf, valueOf } from '../../base/part';
import { otherOwner } from '../../kubernetes/secretOwner';
import type {
  AdminLoginFacts,
  AdminSecretFacts,
  DeploymentFacts,
  FileFacts,
  KubernetesSecretFacts,
  SlotSecretFacts,
  StatusFacts,
} from './facts';
import { LoginProbes } from './loginProbes';
import { adminPassword, readAges, slotPasswords } from './passwordAge';
import { askOtherPending, readOtherPending } from './otherPending';
import { slotNames } from '../../rotation/secretDocument';

/** What the world is read through. */
export interface StatusClients {
  secrets: SecretsManager;
  kubernetes: Kubernetes;
}

/** The part of the facts that is read from the world, without the stack's state and the Lease. */
export type WorldFacts = Omit<StatusFacts, 'now' | 'state' | 'lease'>;

/** The admin as it logs in, and its open session where it does. */
export interface OpenedAdmin {
  facts: AdminLoginFacts;
  session?: AdminSession;
}

/**
 * Reads the world for a status, all parts side by side; writes nothing and never throws.
 * @param opening the admin's session, which stays open
 */
export async function readWorld(
  context: WorldContext,
  clients: StatusClients,
  opening: Promise<Part<OpenedAdmin>>,
): Promise<WorldFacts> {
  const { secrets, kubernetes } = clients;
  const probes = new LoginProbes((login) => tryLogin(login, context.trust));
  const slotSecret = partOf(readSlots(secrets, context));
  const adminSecret = partOf(readAdmin(secrets, context));
  const sqlconf = partOf(readFile(context, slotSecret));
  const kubernetesSecret = partOf(readKubernetesSecret(kubernetes, sqlconf));
  const deployment = partOf(readDeployment(kubernetes));
  const database = readDatabase(context, clients, slotSecret, opening);
  const answers = await Promise.all([
    answerTo(probes, sqlconf, ({ login }) => login),
    answerTo(probes, kubernetesSecret, ({ login }) => login),
    answerTo(probes, slotSecret, ({ document: { entries } }) => loginOf(entries.A)),
    answerTo(probes, slotSecret, ({ document: { entries } }) => loginOf(entries.B)),
  ]);
  const { admin, lock, adminLock, retained } = await database;
  const [file, secret, A, B] = answers;
  const otherPending = await askOtherPending(await adminSecret, context.trust);
  return {
    slotSecret: await slotSecret,
    adminSecret: await adminSecret,
    sqlconf: await sqlconf,
    kubernetesSecret: await kubernetesSecret,
    deployment: await deployment,
    logins: { sqlconf: file, kubernetesSecret: secret, A, B, admin: valueOf(admin), otherPending },
    database: probes.failure ?? unreachable(admin, await adminSecret),
    lock,
    retained,
    ...(adminLock === undefined ? {} : { adminLock }),
  };
}

function loginOf(entry: { kind: string; login?: DatabaseLogin }): DatabaseLogin | undefined {
  return entry.kind === 'complete' ? entry.login : undefined;
}

/** A failure of the admin's login that the admin secret does not explain is the database's. */
function unreachable(admin: Part<unknown>, secret: Part<unknown>): Failure | undefined {
  return admin.kind === 'unreadable' && secret.kind === 'read' ? admin.failure : undefined;
}

async function answerTo<T>(
  probes: LoginProbes,
  part: Promise<Part<T>>,
  loginIn: (value: T) => DatabaseLogin | undefined,
): Promise<LoginAnswer | undefined> {
  const value = valueOf(await part);
  const login = value === undefined ? undefined : loginIn(value);
  return login === undefined ? undefined : probes.ask(login);
}

async function readSlots(
  secrets: SecretsManager,
  { slotSecretId: id }: WorldContext,
): Promise<SlotSecretFacts> {
  const [version, { stages, owner }] = await Promise.all([readSlotSecret(secrets, id), secrets.describe(id)]);
  const labelled = Object.keys(stages);
  const ages = await readAges(secrets, {
    secretId: id,
    current: version,
    labelled,
    passwordsOf: slotPasswords,
  });
  return { ...version, id, stages, ages, ...(owner === undefined ? {} : { owner }) };
}

async function readAdmin(
  secrets: SecretsManager,
  { adminSecretId: id }: WorldContext,
): Promise<AdminSecretFacts> {
  const [version, { stages, owner }] = await Promise.all([
    secrets.read(id, { stage: 'AWSCURRENT' }),
    secrets.describe(id),
  ]);
  const document = parseAdminDocument(version?.text ?? '');
  if (version === undefined || !document.ok) {
    const problems = document.ok ? 'it has no AWSCURRENT version' : document.problems.join('; ');
    throw new Failure('secret-malformed', `The admin secret ${id} is malformed: ${problems}.`);
  }
  const { login } = document.value;
  const ages = await readAges(secrets, {
    secretId: id,
    current: version,
    labelled: Object.keys(stages),
    passwordsOf: adminPassword,
  });
  const otherPending = await readOtherPending(secrets, id, stages, login);
  const { arn, versionId } = version;
  return {
    ...{ id, arn, versionId, stages, login, age: ages['admin'] },
    ...(owner === undefined ? {} : { owner }),
    ...(otherPending === undefined ? {} : { otherPending }),
  };
}

async function readFile(
  context: WorldContext,
  slotSecret: Promise<Part<SlotSecretFacts>>,
): Promise<FileFacts> {
  const opened = await openSqlconf(context);
  const entries = valueOf(await slotSecret)?.document.entries;
  const slotLogins = entries ? [loginOf(entries.A), loginOf(entries.B)] : [];
  const users = [opened.login, ...slotLogins].flatMap((login) => (login ? [login.username] : []));
  return {
    ...fileFacts(opened),
    otherSites: await readOtherSites(context, opened),
    warnings: await sqlconfWarnings(opened, users),
  };
}

async function readKubernetesSecret(
  kubernetes: Kubernetes,
  sqlconf: Promise<Part<{ login: DatabaseLogin }>>,
): Promise<KubernetesSecretFacts> {
  const { namespace, secret: name } = kubernetes.target;
  const secret = await kubernetes.secret();
  const all = decodedData(secret);
  const keys = Object.values(kubernetesSecretKeys).filter((key) => all[key] !== undefined);
  const data = Object.fromEntries(keys.map((key) => [key, all[key] ?? '']));
  const { port } = valueOf(await sqlconf)?.login ?? { port: '3306' };
  const immutable = secret.immutable === true;
  const owner = otherOwner(secret);
  return {
    name: `${namespace}/${name}`,
    data,
    login: loginOfSecret(data, { port }),
    immutable,
    ...(owner === undefined ? {} : { owner }),
  };
}

async function readDeployment(kubernetes: Kubernetes): Promise<DeploymentFacts> {
  const { namespace, deployment: name } = kubernetes.target;
  const deployment = await kubernetes.deployment();
  return {
    name: `${namespace}/${name}`,
    rollout: rolloutState(deployment),
    ready: deployment.status?.readyReplicas ?? 0,
    wanted: deployment.spec?.replicas ?? 1,
    restartedAs: restartedAs(deployment),
  };
}

interface DatabaseFacts {
  admin: Part<AdminLoginFacts>;
  lock: WorldFacts['lock'];
  retained?: readonly string[] | undefined;
  adminLock?: Part<LockHolder | undefined>;
}

async function readDatabase(
  context: WorldContext,
  clients: StatusClients,
  slotSecret: Promise<Part<SlotSecretFacts>>,
  opening: Promise<Part<OpenedAdmin>>,
): Promise<DatabaseFacts> {
  const opened = await opening;
  if (opened.kind === 'unreadable') return { admin: opened, lock: opened };
  const { facts, session: admin } = opened.value;
  if (admin === undefined) {
    const reason = 'only the admin user can see who holds the lock';
    const failure = new Failure('admin-permission-missing', `The lock cannot be seen: ${reason}.`);
    return { admin: { kind: 'read', value: facts }, lock: { kind: 'unreadable', failure } };
  }
  const { session } = admin;
  const secret = await slotSecret;
  const lock =
    secret.kind === 'read'
      ? await partOf(lockOf(session, await runLockNames(secret.value.arn, clients.kubernetes, true)))
      : secret;
  const adminLock = await partOf(adminLockOf(session, context, clients));
  const sameServer =
    facts.kind === 'works'
      ? await namesSameServer(facts.login, session, valueOf(secret), context.trust)
      : undefined;
  const retained = valueOf(await partOf(retainedBy(session, valueOf(secret), facts)));
  const value = facts.kind === 'works' ? { ...facts, sameServer } : facts;
  return { admin: { kind: 'read', value }, lock, adminLock, retained };
}

/** Users of whom the server takes an older password, too. */
function retainedBy(
  session: Session,
  slotSecret: SlotSecretFacts | undefined,
  admin: AdminLoginFacts,
): Promise<string[]> {
  const names = slotSecret ? Object.values(slotNames(slotSecret.document)) : [];
  return withSecondPassword(session, [...names, ...(admin.kind === 'works' ? [admin.login.username] : [])]);
}

/** Asked only where admin and slots name their server differently; undefined when the slots' server does not say. */
async function namesSameServer(
  admin: DatabaseLogin,
  session: Session,
  slotSecret: SlotSecretFacts | undefined,
  trust: WorldContext['trust'],
): Promise<boolean | undefined> {
  const place = ({ host, port }: DatabaseLogin): string => `${host.toLowerCase()}:${port}`;
  const logins = slots.flatMap((slot) => {
    const entry = slotSecret?.document.entries[slot];
    return entry?.kind === 'complete' && place(entry.login) !== place(admin) ? [entry.login] : [];
  });
  if (logins.length === 0) return undefined;
  for (const login of logins) {
    const identity = await partOf(identityAt(login, trust));
    if (identity.kind === 'read') return identity.value === (await identityOf(session));
  }
  return undefined;
}

async function identityAt(login: DatabaseLogin, trust: WorldContext['trust']): Promise<string> {
  const session = await openSession(login, trust);
  return identityOf(session).finally(() => session.close());
}

/** Opens the admin's session. @throws Failure when secret or database give no answer; that all are refused is a fact */
export async function openAsAdmin(
  { adminSecretId, trust }: WorldContext,
  { secrets }: Pick<StatusClients, 'secrets'>,
): Promise<OpenedAdmin> {
  try {
    const session = await openAdmin(secrets, adminSecretId, trust);
    const { stage, login } = session.credentials;
    return { facts: { kind: 'works', stage, login }, session };
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'admin-login-refused') throw error;
    return { facts: { kind: 'refused', reason: error.message } };
  }
}

async function adminLockOf(
  session: Session,
  { adminSecretId }: WorldContext,
  { secrets }: StatusClients,
): Promise<LockHolder | undefined> {
  return lockHolder(session, adminLockName((await secrets.describe(adminSecretId)).arn));
}

async function lockOf(session: Session, names: readonly string[]): Promise<LockHolder | undefined> {
  return (await firstHeld(session, names))?.holder;
}
