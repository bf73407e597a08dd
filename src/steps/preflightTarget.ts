import { addressesOf } from '../base/addresses';
import { Failure } from '../base/failure';
import { kubernetesSecretKeys } from '../rotation/observation';
import type { DatabaseLogin } from '../rotation/slot';
import type { WorldContext } from '../target/context';
import type { Session } from '../mysql/database';
import { openSession } from '../mysql/database';
import { identityOf } from '../mysql/server';
import { openSqlconf } from '../openemr/openSqlconf';
import type { PreflightClients } from './preflightClients';

/**
 * Finds a rotation that was given the parts of two OpenEMRs: the admin secret, `sqlconf.php` and the Kubernetes
 * Secret must name one and the same server, file and Secret the same schema. Where they name it differently, the servers themselves are asked.
 */
export async function targetProblems(
  context: WorldContext,
  { kubernetes, session, credentials }: PreflightClients,
): Promise<Failure[]> {
  const [file, data] = await Promise.all([openSqlconf(context), kubernetes.secretData()]);
  const ofFile: NamedServer = { where: file.path, login: file.login };
  const { namespace, secret } = context.kubernetes;
  const ofSecret = {
    where: `Secret ${namespace}/${secret}`,
    login: {
      ...file.login,
      host: data[kubernetesSecretKeys.host] ?? file.login.host,
      username: data[kubernetesSecretKeys.username] ?? file.login.username,
      password: data[kubernetesSecretKeys.password] ?? file.login.password,
    },
  };
  const ofAdmin = { where: `the admin secret ${context.adminSecretId}`, login: credentials.login, session };
  const problems = [
    differingSchemas(ofFile, `Secret ${namespace}/${secret}`, data[kubernetesSecretKeys.dbname]),
    await differingServers(ofAdmin, ofFile, context),
    await differingServers(ofSecret, ofFile, context),
  ];
  return problems.filter((problem) => problem !== undefined);
}

/** Two OpenEMRs on one server differ in their schema alone. */
function differingSchemas(
  { where, login }: NamedServer,
  secret: string,
  dbname: string | undefined,
): Failure | undefined {
  if (dbname === undefined || dbname === login.dbname) return undefined;
  return new Failure(
    'wrong-target',
    `Wrong target: ${secret} names the schema ${dbname}, and ${where} the schema ${login.dbname}; make both name the one that OpenEMR uses.`,
  );
}

interface NamedServer {
  where: string;
  login: DatabaseLogin;
  /** An open session there; without it one is opened with the login. */
  session?: Session;
}

async function differingServers(
  one: NamedServer,
  other: NamedServer,
  context: WorldContext,
): Promise<Failure | undefined> {
  const place = ({ login: { host, port } }: NamedServer): string => `${host.toLowerCase()}:${port}`;
  if (place(one) === place(other)) return undefined;
  const named = `${one.where} names the database at ${place(one)}, and ${other.where} that at ${place(other)}`;
  try {
    if ((await identity(one, context)) === (await identity(other, context))) return undefined;
    return new Failure(
      'wrong-target',
      `Wrong target: ${named}, and these are two servers; make both name the one that OpenEMR uses.`,
    );
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    // Where OpenEMR is down its login opens no session: two names of one address are one server all the same.
    if (await shareAnAddress(one.login, other.login)) return undefined;
    return error.saying(
      `Wrong target? ${named}, and whether these are one server cannot be seen. ${error.message}`,
    );
  }
}

async function shareAnAddress(one: DatabaseLogin, other: DatabaseLogin): Promise<boolean> {
  if (one.port !== other.port) return false;
  const [mine, theirs] = await Promise.all([one, other].map(({ host }) => addressesOf(host)));
  return mine?.some((address) => theirs?.includes(address)) === true;
}

async function identity({ login, session }: NamedServer, { trust }: WorldContext): Promise<string> {
  if (session) return identityOf(session);
  const own = await openSession(login, trust);
  return identityOf(own).finally(() => own.close());
}
