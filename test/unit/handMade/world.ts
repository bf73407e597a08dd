import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { makeCertificates } from '../../../lab/servers/certificates';
import { parseSqlconf } from '../../../src/openemr/php/sqlconf';
import { kubernetesSecretData } from '../../../src/rotation/observation';
import type { DatabaseLogin } from '../../../src/rotation/slot';
import type { WorldContext } from '../../../src/target/context';
import { beginRun } from '../../../src/base/thisRun';
import { lostLock } from '../../../src/mysql/lock';
import { keepEnvironment } from '../../environment';
import { openemrFile } from '../openemr/php/corpus';
import { FakeSecret } from '../steps/11-admin-password/worlds';
import { FakeDatabase } from './fakeDatabase';
import type { Served } from './fakeKubernetes';
import { serveNamespace } from './fakeKubernetes';
import type { ServedSecret } from './fakeSecretsManager';
import { serveSecret } from './fakeSecretsManager';
import { MysqlServer } from './mysqlServer';

/** The lock of the run, and the connection that holds it: of the command itself. */
const lock = { name: 'the-lock', own: 'the-run', connection: 1 };
const awsVariables = { AWS_ACCESS_KEY_ID: 'fake', AWS_SECRET_ACCESS_KEY: 'fake' };

/** Where the products of all worlds of this process lie; they differ by name. */
let shared: Promise<{ caFile: string; secure: SecureContext }> | undefined;
let worlds = 0;

/** Worlds that are open, in whatever order they close: the last one gives the variables of before the first back. */
let open = 0;
let giveBack = (): void => undefined;

/** What the run's own password is called in what a world tells of. */
export const passwords = {
  admin: 'Admin-1',
  A: 'Slot-A-1',
  B: 'Slot-B-1',
  newB: 'Slot-B-2',
  newA: 'Slot-A-2',
};

/** An OpenEMR by hand: everything that a step touches, on the loopback interface. */
export interface HandMadeWorld {
  context: WorldContext;
  database: FakeDatabase;
  admin: FakeSecret;
  adminServed: ServedSecret;
  slots: FakeSecret;
  slotsServed: ServedSecret;
  kubernetes: Served;
  /** What was done to the world, in its order. */
  log: string[];
  /** `sqlconf.php`. */
  file: string;
  /** A login at this world's server. */
  login(username: string, password: string): DatabaseLogin;
  /** The login that `sqlconf.php` names. */
  fileLogin(): Promise<DatabaseLogin>;
  writeFile(login: DatabaseLogin): Promise<void>;
  /** Another run takes the lock. */
  loseLock(): void;
  keepLock(): void;
  close(): Promise<void>;
}

/**
 * An OpenEMR on slot A, with both slots' users, as a run finds it that holds the lock.
 * @param version of the server
 */
export async function openWorld(version = '8.0.15'): Promise<HandMadeWorld> {
  shared ??= makeTrust();
  const { caFile, secure } = await shared;
  const number = (worlds += 1);
  const folder = await mkdtemp(path.join(os.tmpdir(), 'hand-made-'));
  const log: string[] = [];
  const tell = (event: string): void => void log.push(event);
  const database = new FakeDatabase(version, tell);
  const server = await MysqlServer.start(database, secure);
  const login = (username: string, password: string): DatabaseLogin => ({
    ...{ username, password, host: '127.0.0.1', port: String(server.port), dbname: 'openemr' },
  });
  database.add('admin', passwords.admin, { grants: ['GRANT ALL PRIVILEGES ON *.*'] });
  database.add('openemr_a', passwords.A);
  database.add('openemr_b', passwords.B);

  const [onA, onB] = [login('openemr_a', passwords.A), login('openemr_b', passwords.B)];
  const arn = (name: string): string =>
    `arn:aws:secretsmanager:xx-hand-1:000000000000:secret:${number}:${name}`;
  const serve = (name: string, document: object): ServedSecret => ({
    ...{ arn: arn(name), secret: new FakeSecret(JSON.stringify(document)), tell },
  });
  const adminServed = serve('admin', login('admin', passwords.admin));
  const slotsServed = serve('slots', { active_slot: 'A', A: onA, B: onB });
  const endpoint = await serveSecret(adminServed);
  await serveSecret(slotsServed);

  const kubernetes: Served = {
    namespace: `openemr-${number}`,
    secretData: kubernetesSecretData(onA),
    secretWrittenAt: new Date(0),
    deployment: {},
    made: new Map(),
    podStatus: () => ({}),
    refuse: () => undefined,
    denied: [],
    tell,
  };
  const context: WorldContext = {
    region: 'xx-hand-1',
    adminSecretId: adminServed.arn,
    slotSecretId: slotsServed.arn,
    sitesRoot: path.join(folder, 'sites'),
    site: 'default',
    kubernetes: { namespace: kubernetes.namespace, deployment: 'openemr', secret: 'openemr-db' },
    trust: { caFile },
  };
  const file = path.join(context.sitesRoot, context.site, 'sqlconf.php');
  const write = (next: DatabaseLogin): Promise<void> => writeFile(file, rendered(openemrFile, next));
  await mkdir(path.dirname(file), { recursive: true });
  await write(onA);

  const kubeconfig = await serveNamespace(kubernetes, folder);
  if (open === 0) giveBack = keepEnvironment();
  open += 1;
  Object.assign(process.env, awsVariables, {
    KUBECONFIG: kubeconfig,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoint,
  });
  const keepLock = (): void =>
    [lock.name, lock.own].forEach((name) => database.locks.set(name, lock.connection));
  keepLock();
  const putBack = beginRun({
    guard: async () => {
      log.push('guard');
      if (database.locks.get(lock.name) !== lock.connection) throw lostLock();
    },
    adminVersion: () => undefined,
  });
  return {
    ...{ context, database, adminServed, slotsServed, kubernetes, log, file, login, keepLock },
    admin: adminServed.secret,
    slots: slotsServed.secret,
    fileLogin: async () => loginIn(await readFile(file, 'utf8')),
    writeFile: write,
    loseLock: () => void database.locks.set(lock.name, lock.connection + 1),
    close: async () => {
      server.close();
      putBack();
      open -= 1;
      if (open === 0) giveBack();
      await rm(folder, { recursive: true, force: true });
      if (database.unknown.length > 0)
        throw new Error(`the fake server does not know: ${database.unknown.join('; ')}`);
    },
  };
}

async function makeTrust(): Promise<{ caFile: string; secure: SecureContext }> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'hand-made-ca-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const { caFile, serverCertificate, serverKey } = await makeCertificates('openssl', folder);
  const [cert, key] = [readFileSync(serverCertificate), readFileSync(serverKey)];
  return { caFile, secure: createSecureContext({ cert, key }) };
}

function parsed(text: string): Extract<ReturnType<typeof parseSqlconf>, { kind: 'parsed' }> {
  const result = parseSqlconf(Buffer.from(text));
  if (result.kind !== 'parsed') throw new Error('the file cannot be read');
  return result;
}

function rendered(text: string, login: DatabaseLogin): Buffer {
  return parsed(text).render(login);
}

function loginIn(text: string): DatabaseLogin {
  return parsed(text).login;
}
