import { randomUUID } from 'node:crypto';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { Lab, Site } from '../lab';
import { shortWaits } from '../lab/shortWaits';
import type { DatabaseLogin } from '../src/rotation/slot';
import { alterPassword, findAccount } from '../src/mysql/accounts';
import { openSession, tryLogin } from '../src/mysql/database';
import { readSqlconf, writeSqlconf } from '../src/openemr/file/sqlconfFile';
import { SecretsManager } from '../src/aws/secretsManager';

/** What a rotation cannot be quicker than, in ms. */
export interface Floor {
  /** The same rollout, triggered by an annotation and watched. */
  restart: number;
  /** The same writes to database, Secrets Manager and file, made directly. */
  calls: number;
  /** Waits that the settings ask for: the idle grace, and the pauses between the answers of the health page. */
  waits: number;
}

/** Two pauses between three good answers, in ms (src/openemr/health/prove.ts). */
const healthPausesMs = 2 * 200;

/** What each run here waits before it renews the old password, in ms. */
const waitsMs = 1000 * (shortWaits.idleGraceSeconds + shortWaits.oldLoginSeconds);

/** Measures the floor, now, on this site. */
export async function measureFloor(lab: Lab, site: Site): Promise<Floor> {
  const calls = await directCalls(lab, site);
  const restart = await site.restart();
  return { restart, calls, waits: waitsMs + healthPausesMs };
}

/** The writes of a rotation, with the values that are there already, so that nothing changes; the secrets are scratch ones. */
async function directCalls(lab: Lab, site: Site): Promise<number> {
  const secrets = new SecretsManager(site.environment['AWS_REGION'] ?? '');
  const scratch = await scratchSecrets(site);
  const document = await site.slotDocument();
  const standby = document[document['active_slot'] === 'A' ? 'B' : 'A'] as DatabaseLogin;
  const admin = (await site.adminDocument()) as unknown as DatabaseLogin;
  try {
    const started = performance.now();
    await writeFile(site);
    await writeUsers(lab, standby, admin);
    for (const secret of scratch.slots) await secret.promote(secrets);
    await scratch.admin.promote(secrets);
    return performance.now() - started;
  } finally {
    await scratch.remove();
  }
}

async function writeFile(site: Site): Promise<void> {
  const file = await readSqlconf(site.sitesRoot, 'default');
  await writeSqlconf(file, file.bytes);
}

/** Two passwords are set, and three logins prove what works: the standby, the renewed one, the admin. */
async function writeUsers(lab: Lab, standby: DatabaseLogin, admin: DatabaseLogin): Promise<void> {
  const trust = { caFile: lab.database.caFile };
  const session = await openSession(admin, trust);
  try {
    for (const login of [standby, admin]) {
      const account = await findAccount(session, login.username);
      if (account) await alterPassword(session, account, login.password);
    }
    for (const login of [standby, standby, { ...admin, dbname: '' }]) await tryLogin(login, trust);
  } finally {
    await session.close();
  }
}

interface Scratch {
  slots: { promote(secrets: SecretsManager): Promise<void> }[];
  admin: { promote(secrets: SecretsManager): Promise<void> };
  remove(): Promise<void>;
}

/** A secret of its own, in which versions are stored and made current as in the real ones. */
async function scratchSecrets(site: Site): Promise<Scratch> {
  const client = new SecretsManagerClient({ region: site.environment['AWS_REGION'] ?? '' });
  const name = `bench/${randomUUID()}`;
  const { VersionId } = await client.send(
    new CreateSecretCommand({ Name: name, SecretString: '{"version":0}' }),
  );
  let current = VersionId ?? '';
  const promote = async (secrets: SecretsManager): Promise<void> => {
    const next = await secrets.put(name, JSON.stringify({ version: current }), ['BENCH'], randomUUID());
    await secrets.moveStage(name, 'AWSCURRENT', current, next);
    current = next;
  };
  const admin = async (secrets: SecretsManager): Promise<void> => {
    await promote(secrets);
    await secrets.moveStage(name, 'BENCH', current);
  };
  return {
    slots: [{ promote }, { promote }],
    admin: { promote: admin },
    async remove() {
      await client.send(new DeleteSecretCommand({ SecretId: name, ForceDeleteWithoutRecovery: true }));
      client.destroy();
    },
  };
}

/** Lets this process reach the lab's Secrets Manager as the command does. */
export function useSecretsManagerOf(site: Site): void {
  for (const [name, value] of Object.entries(site.environment))
    if (name.startsWith('AWS_')) process.env[name] = value;
}
