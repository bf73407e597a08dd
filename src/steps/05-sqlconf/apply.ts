import { Failure } from '../../base/failure';
import { changedKeys } from '../../rotation/observation';
import type { DatabaseLogin } from '../../rotation/slot';
import { kubernetesOf } from '../../target/clients';
import type { WorldContext } from '../../target/context';
import { tryLogin } from '../../mysql/database';
import type { OpenSqlconf } from '../../openemr/openSqlconf';
import { openSqlconf } from '../../openemr/openSqlconf';
import { writeSqlconf } from '../../openemr/file/sqlconfFile';
import type { ResourceLogic } from '../logic';
import { isUnknown } from '../logic';
import { assertHeld } from '../adminSession';

/** Inputs of step 5. */
export interface SqlconfInputs extends DatabaseLogin {
  context: WorldContext;
  /** The users that the file may name before the write; any other means that somebody else edited it. */
  replaces: string[];
  /** SHA-256 (hex) of the file that the plan was made from; undefined for a rollback. */
  plannedFrom?: string;
  /** What the Kubernetes Secret's database keys said then; undefined for a rollback. */
  secretPlannedFrom?: Record<string, string>;
}

/** Step 5, the cut-over: the five values of `sqlconf.php`. PHP reads it on each request. */
export const sqlconf: ResourceLogic = {
  async diff(_olds, news) {
    const inputs = news as unknown as SqlconfInputs;
    if (isUnknown(inputs.password)) return true;
    return !says(await openSqlconf(inputs.context), inputs);
  },
  async apply(properties) {
    const inputs = properties as unknown as SqlconfInputs;
    const { context, username, host, port, dbname, password } = inputs;
    const before = await openSqlconf(context);
    if (!says(before, inputs)) {
      assertUnchanged(before, inputs);
      await assertSecretUnchanged(inputs);
      const login = { username, host, port, dbname, password };
      await proveLogin(before.path, login, context);
      await writeSqlconf(before.file, before.render(login), { guard: assertHeld });
      const after = await openSqlconf(context);
      if (!says(after, inputs))
        throw new Failure(
          'sqlconf-not-written',
          `${after.path} does not read back as written; restore it and run again.`,
        );
    }
    return { path: before.path, username, host, port, dbname, password };
  },
};

/**
 * The last line of defence, for a rotation as for its rollback: whatever led here, a login that the database refuses is
 * never written, for it would lock OpenEMR out.
 */
async function proveLogin(path: string, login: DatabaseLogin, { trust }: WorldContext): Promise<void> {
  if ((await tryLogin(login, trust)) === 'works') return;
  throw new Failure(
    'new-login-refused',
    `The database refuses ${login.username} with the password that was to be written, so ${path} was left as it is; set that password again (--sync-db-users sets the slot secret's) and run again.`,
  );
}

function says(file: OpenSqlconf, wanted: DatabaseLogin): boolean {
  const keys = ['username', 'password', 'host', 'port', 'dbname'] as const;
  return keys.every((key) => file.login[key] === wanted[key]);
}

/** Somebody who changes the login that pods start with is at work now: nothing is switched over his head. */
async function assertSecretUnchanged({ context, secretPlannedFrom }: SqlconfInputs): Promise<void> {
  if (secretPlannedFrom === undefined) return;
  const data = await kubernetesOf(context).secretData();
  const changed = changedKeys(secretPlannedFrom, data);
  if (changed.length === 0) return;
  const { namespace, secret } = context.kubernetes;
  throw new Failure(
    'kubernetes-secret-changed-meanwhile',
    `Secret ${namespace}/${secret} was changed by somebody else during this rotation (${changed.join(', ')}) and was left as it is; look at it and run again.`,
  );
}

function assertUnchanged(file: OpenSqlconf, { replaces, plannedFrom }: SqlconfInputs): void {
  const known = replaces.includes(file.login.username);
  if (known && (plannedFrom === undefined || plannedFrom === file.file.sha256)) return;
  throw new Failure(
    'sqlconf-changed-meanwhile',
    `${file.path} was edited by somebody else during this rotation and was left as it is; look at it and run again.`,
  );
}
