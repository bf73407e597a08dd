import { Failure } from '../base/failure';
import type { Account, AccountName, Rights } from './accounts';
import { findAccount, rightsOf } from './accounts';
import type { Session } from './database';
import type { SchemaNames } from './grants';
import { allOnSchema, schemaOf } from './grants';
import type { Model, Parity } from './parity';
import { firstGrants, parityOf, schemaRights } from './parity';
import { serverOf } from './server';

/** An account as a rotation wants it. */
export interface WantedAccount {
  username: string;
  dbname: string;
  /** The user whose host, plugin, grants, requirement and limits it takes over; without it, all rights on the schema. */
  like?: string | undefined;
  /** The user that `sqlconf.php` names: whatever lets it in must let in a new account, too. */
  inUse: string;
}

/** An account beside its model: what there is, and what is to be done. Read only. */
export interface Comparison {
  /** The account as it is; undefined when it is still to be made. */
  account: Account | undefined;
  /** Name and plugin of an account that is still to be made. */
  name: AccountName & { plugin?: string };
  model: Model;
  parity: Parity;
  /** A schema on which the account has rights, but its model has none: it seems to be somebody else's. */
  foreignSchema: string | undefined;
}

/** Plugins that store a password in the server, so that a new account can have one. */
const passwordPlugins = new Set(['mysql_native_password', 'caching_sha2_password', 'sha256_password']);

/**
 * Reads an account and its model.
 * @throws Failure `configuration` when one of them exists under several hosts, or its name is too long
 */
export async function compareAccount(session: Session, asked: WantedAccount): Promise<Comparison> {
  const { mariadb, schemaNames, schemaName } = await serverOf(session);
  const wanted = { ...asked, dbname: schemaName(asked.dbname) };
  assertFits(wanted, mariadb);
  const account = await findAccount(session, wanted.username);
  const rights = account ? await rightsOf(session, account) : undefined;
  const model = await modelOf(session, wanted, rights);
  const { host = '%', plugin = '' } = model.account ?? {};
  const name = {
    username: wanted.username,
    host: account?.host ?? host,
    ...(!mariadb && passwordPlugins.has(plugin) ? { plugin } : {}),
  };
  const parity =
    account && rights
      ? parityOf({ account, rights }, model, mariadb)
      : { alter: [], problems: [], grant: firstGrants(name, model, mariadb) };
  return {
    account,
    name,
    model,
    parity,
    // The account that OpenEMR uses is its own, whatever else it may do.
    foreignSchema:
      wanted.inUse === wanted.username
        ? undefined
        : foreignSchemaOf(schemaNames, rights, model, wanted.dbname),
  };
}

/**
 * How long a user name may be, in characters: MySQL's manual, "Identifier Length Limits" (6.2.1 "Account User Names…"
 * says 32 from 5.7.8 on), and `USERNAME_CHAR_LENGTH` of MariaDB. Longer ones would be refused at CREATE USER only.
 */
const longestUsername = { mysql: 32, mariadb: 128 };

function assertFits({ username }: WantedAccount, mariadb: boolean): void {
  const longest = longestUsername[mariadb ? 'mariadb' : 'mysql'];
  const length = [...username].length;
  if (length <= longest) return;
  throw new Failure(
    'username-too-long',
    `The username ${username} has ${length} characters and this server takes ${longest}; name a shorter one in the slot secret.`,
  );
}

async function modelOf(
  session: Session,
  { username, dbname, like, inUse }: WantedAccount,
  own: Rights | undefined,
): Promise<Model> {
  const { schemaNames } = await serverOf(session);
  const modelName = like ?? inUse;
  const account = modelName === username ? undefined : await findAccount(session, modelName);
  if (like !== undefined && account) {
    const rights = await rightsOf(session, account);
    // Behind the switch the account that was made like another is in use itself: what somebody changed of it is right.
    return inUse === username && own ? { rights } : { account, rights };
  }
  // The account in use is the measure itself; it gets its schema only when it can do nothing there.
  if (
    inUse === username &&
    own?.grants.some((grant) => reaches(schemaOf(grant, schemaNames), dbname, schemaNames))
  )
    return { rights: { grants: [], defaultRoles: [] } };
  return { account, rights: schemaRights(allOnSchema(dbname, schemaNames)) };
}

/** True for a right on this schema, and for one that may be on it: on all schemas, by a role, by a pattern. */
function reaches(schema: string | undefined, dbname: string, names: SchemaNames): boolean {
  return schema === undefined || schema === dbname || (names === 'pattern' && /[%_]/.test(schema));
}

function foreignSchemaOf(
  names: SchemaNames,
  own: Rights | undefined,
  model: Model,
  dbname: string,
): string | undefined {
  const schemasOf = ({ grants }: Rights): (string | undefined)[] =>
    grants.map((grant) => schemaOf(grant, names));
  const usual = new Set([dbname, ...schemasOf(model.rights)]);
  return (own ? schemasOf(own) : []).find((schema) => !usual.has(schema) && schema !== undefined);
}
