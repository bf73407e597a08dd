import { Failure } from '../failure';
import type { DatabaseLogin } from '../plan/slot';
import type { Account } from '../world/accounts';
import {
  alterPassword,
  copyGrants,
  createAccount,
  findAccount,
  grantSchema,
  grantsOf,
  isMariaDb,
  sessionsOf,
} from '../world/accounts';
import type { WorldContext } from '../world/context';
import type { Session } from '../world/database';
import { openSession, tryLogin } from '../world/database';
import { effect } from '../world/effect';
import type { Properties, ResourceLogic } from './logic';
import { isUnknown } from './logic';
import { asWriter, liveUses, proveSession } from './world';

/** Inputs of a slot's user. */
export interface DatabaseUserInputs {
  context: WorldContext;
  slot: string;
  username: string;
  host: string;
  port: string;
  dbname: string;
  password: string;
  /** The user whose host, plugin and grants a new account takes over; without it, all rights on the schema only. */
  like?: string;
  /** True for an explicit repair: a live account may be set to the very password that the live place names. */
  repair: boolean;
}

/** Steps 4 and 10: a slot's user exists, has the active one's grants, and logs in with the given password. */
export const databaseUser: ResourceLogic = {
  async diff(olds, news) {
    const inputs = news as unknown as DatabaseUserInputs;
    const keys = ['username', 'host', 'port', 'dbname', 'password'] as const;
    if (keys.some((key) => isUnknown(inputs[key]) || olds[key] !== inputs[key])) return true;
    return (await tryLogin(loginOf(inputs), inputs.context.trust)) === 'denied';
  },
  async apply(properties: Properties) {
    const inputs = properties as unknown as DatabaseUserInputs;
    const login = loginOf(inputs);
    if ((await tryLogin(login, inputs.context.trust)) === 'denied') {
      await asWriter(inputs.context, (session) => setUser(session, inputs));
    }
    await asWriter(inputs.context, (session) => completeGrants(session, inputs));
    await prove(login, inputs.context);
    const { slot, username, host, port, dbname, password } = inputs;
    return { slot, username, host, port, dbname, password };
  },
};

function loginOf({ username, password, host, port, dbname }: DatabaseUserInputs): DatabaseLogin {
  return { username, password, host, port, dbname };
}

async function setUser(session: Session, inputs: DatabaseUserInputs): Promise<void> {
  const { username, password } = inputs;
  const account = await findAccount(session, username);
  if (account) {
    await assertNotLive(session, inputs);
    await assertOurs(session, account, inputs);
    await effect(`database: ALTER USER of slot ${inputs.slot}`, () =>
      alterPassword(session, account, password),
    );
    return;
  }
  const model = inputs.like === undefined ? undefined : await findAccount(session, inputs.like);
  const plugin = model && !(await isMariaDb(session)) ? { plugin: model.plugin } : {};
  await effect(`database: CREATE USER of slot ${inputs.slot}`, () =>
    createAccount(session, { username, host: model?.host ?? '%', ...plugin }, password),
  );
}

/**
 * Hands off the live: an account that the file or the Kubernetes Secret names, or that has a session, is never altered.
 * A repair may set it to the password that those places name already: that can only let OpenEMR in again.
 */
async function assertNotLive(
  session: Session,
  { context, username, host, port, password, repair }: DatabaseUserInputs,
): Promise<void> {
  const uses = await liveUses(context, { username, host, port });
  if (repair && uses.every((use) => use.password === password)) return;
  const [use] = uses;
  if (use)
    throw new Failure(
      'before-switch',
      `${username} is in use by ${use.where}, with another password than the one to set; its password was not changed. Correct that place and run again.`,
    );
  const sessions = await sessionsOf(session, username);
  if (sessions.size > 0)
    throw new Failure(
      'before-switch',
      `${username} has open sessions from ${[...sessions.keys()].join(', ')}; its password was not changed. Close them and run again.`,
    );
}

/**
 * An account with rights on another schema, which the one in use does not have, is somebody else's: a second OpenEMR
 * on the same server, whose slots have the same default names.
 */
async function assertOurs(session: Session, account: Account, inputs: DatabaseUserInputs): Promise<void> {
  const model = inputs.like === undefined ? undefined : await findAccount(session, inputs.like);
  const usual = model ? await grantsOf(session, model) : [];
  const schemaOf = (part: string): string | undefined =>
    / ON `((?:[^`]|``)+)`\./.exec(part)?.[1]?.replace(/\\([_%\\])/g, '$1');
  const foreign = (await grantsOf(session, account)).find((part) => {
    const schema = schemaOf(part);
    return schema !== undefined && schema !== inputs.dbname && !usual.includes(part);
  });
  if (foreign === undefined) return;
  throw new Failure(
    'before-switch',
    `The database user ${account.username} has rights on ${schemaOf(foreign)} and seems to belong to another OpenEMR; its password was not changed. ` +
      `Name another username for slot ${inputs.slot} in the slot secret and run again.`,
  );
}

async function completeGrants(session: Session, inputs: DatabaseUserInputs): Promise<void> {
  const account = await findAccount(session, inputs.username);
  if (!account)
    throw new Failure(
      'before-switch',
      `The database user ${inputs.username} is not there after its creation; run again.`,
    );
  const model: Account | undefined =
    inputs.like === undefined ? undefined : await findAccount(session, inputs.like);
  await effect(`database: GRANT to slot ${inputs.slot}`, async () => {
    if (model) await copyGrants(session, model, account);
    else await grantSchema(session, account, inputs.dbname);
  });
}

async function prove(login: DatabaseLogin, context: WorldContext): Promise<void> {
  const session = await openSession(login, context.trust, login.dbname);
  try {
    await proveSession(session, login);
  } finally {
    await session.close();
  }
}
