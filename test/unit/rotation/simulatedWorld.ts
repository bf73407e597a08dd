import type { Journal, Observation } from '../../../src/rotation/observation';
import { kubernetesSecretData, slotsOwnLogin } from '../../../src/rotation/observation';
import type { PlannedRotation } from '../../../src/rotation/rotationPlan';
import { plannedFile } from '../../../src/rotation/rotationPlan';
import type { SlotDocument } from '../../../src/rotation/secretDocument';
import { parseSlotDocument, renderSlotDocument } from '../../../src/rotation/secretDocument';
import type { DatabaseLogin, Slot } from '../../../src/rotation/slot';
import { slots } from '../../../src/rotation/slot';

/** Every password of these tests holds this word, so that a leak is found by one search. */
export const canary = 'wombat';

/** A login on the tests' database; its password is made from its user name. */
export function loginOf(username: string, changes: Partial<DatabaseLogin> = {}): DatabaseLogin {
  const password = `${canary}-${username}`;
  return { host: 'db.example', port: '3306', username, password, dbname: 'openemr', ...changes };
}

/** What a run can see and change, as plain data. */
export interface World {
  secret: { versionId: string; text: string };
  admin: DatabaseLogin;
  /** Passwords by user name, as the database knows them. */
  users: Map<string, string>;
  /** The second passwords that it takes: those before, which MySQL can keep. */
  retained?: ReadonlyMap<string, string>;
  file: DatabaseLogin;
  kubernetes: Record<string, string>;
  /** The restart annotation of the pods. */
  restartedAs?: string;
}

/** The text of a slot secret. */
export function slotText(active: Slot, entries: Partial<Record<Slot, unknown>>): string {
  return JSON.stringify({ active_slot: active, ...entries });
}

/** A world where everything agrees that this slot is active. */
export function worldOn(active: Slot): World {
  const logins = { A: loginOf('openemr_a'), B: loginOf('openemr_b') };
  const admin = loginOf('admin');
  return {
    secret: { versionId: 'v0', text: slotText(active, logins) },
    admin,
    users: new Map([admin, logins.A, logins.B].map(({ username, password }) => [username, password])),
    file: logins[active],
    kubernetes: kubernetesSecretData(logins[active]),
  };
}

/** True when the database takes this login. */
export function logsIn(world: World, username: string | undefined, password: string | undefined): boolean {
  if (username === undefined || password === undefined) return false;
  return [world.users.get(username), world.retained?.get(username)].includes(password);
}

/** True when a pod that starts now can log in. */
export function podLogsIn({ kubernetes, ...world }: World): boolean {
  return logsIn({ kubernetes, ...world }, kubernetes['mysql-user'], kubernetes['mysql-password']);
}

/** What `observe` would say of this world. */
export function observationOf(world: World): Observation {
  const document = parseSlotDocument(world.secret.text);
  if (!document.ok) throw new Error(`the test's slot secret is malformed: ${document.problems.join('; ')}`);
  const { file } = world;
  const works = logsIn(world, file.username, file.password);
  const entries = slots.map((slot) => [slot, document.value.entries[slot]] as const);
  const slotsWork = Object.fromEntries(
    entries.flatMap(([slot, entry]) =>
      entry.kind === 'complete' ? [[slot, logsIn(world, entry.login.username, entry.login.password)]] : [],
    ),
  );
  return {
    ...(works ? {} : { slotsWork }),
    slotSecret: { arn: 'arn:slots', ...world.secret, document: document.value },
    adminSecret: { arn: 'arn:admin', login: world.admin },
    sqlconf: {
      path: '/sites/default/sqlconf.php',
      stamp: `file of ${file.username}`,
      sha256: shaOf(file),
      login: { ...file },
      works,
    },
    otherSites: [],
    kubernetesSecret: {
      data: { ...world.kubernetes },
      works: podLogsIn(world),
      ...slotPasswordWorks(world, document.value, works),
    },
    restartedAs: world.restartedAs,
  };
}

function slotPasswordWorks(
  world: World,
  document: SlotDocument,
  works: boolean,
): Pick<Observation['kubernetesSecret'], 'slotPasswordWorks'> {
  const { 'mysql-user': username = '', 'mysql-password': password = '' } = world.kubernetes;
  const inSecret = podLogsIn(world) ? loginOf(username, { password }) : undefined;
  const own = slotsOwnLogin(document, inSecret, { login: world.file, works })?.login;
  return own === undefined ? {} : { slotPasswordWorks: logsIn(world, own.username, own.password) };
}

/** Stands for the hash of a file with this login. */
function shaOf({ username, password }: DatabaseLogin): string {
  return password === loginOf(username).password ? `sha-of-${username}` : `sha-of-${username}-${password}`;
}

/** Writes the file as step 5 does: over the one that the plan was made from, or not at all. */
function writeFile(world: World, planned: PlannedRotation, login: DatabaseLogin): void {
  const { file } = world;
  if ((Object.keys(login) as (keyof DatabaseLogin)[]).every((key) => file[key] === login[key])) return;
  if (shaOf(file) !== plannedFile(planned))
    throw new Error('the file was edited by somebody else: run again');
  world.file = login;
}

/** The password that the engine makes for a slot in a rotation: a resumed one finds the same in the state. */
export function mintedPassword(slot: Slot, id: string): string {
  return `${canary}-minted-${slot}-${id}`;
}

/** What the state says of a plan that was begun. */
export function journalOf(
  { plan, material }: PlannedRotation,
  finished = false,
  recorded = { secret: false, restart: false },
): Journal {
  const versionIds = [`flipped-${plan.id}`, `renewed-${plan.id}`];
  const passwords = Object.fromEntries(plan.mint.map((slot) => [slot, mintedPassword(slot, plan.id)]));
  return { plan, material, finished, recorded, versionIds, passwords };
}

/** The writes of a plan in the order of the program, each of which may be the last before a kill. */
export function writesOf(world: World, planned: PlannedRotation): (() => void)[] {
  return planned.plan.kind === 'rollback' ? rollbackWrites(world, planned) : rotationWrites(world, planned);
}

function rollbackWrites(world: World, { plan, material }: PlannedRotation): (() => void)[] {
  const { sqlconf, kubernetesSecret } = material.before;
  return [
    () => (world.file = sqlconf),
    () => (world.kubernetes = kubernetesSecret),
    () => (world.restartedAs = plan.restartToken),
  ];
}

function rotationWrites(world: World, planned: PlannedRotation): (() => void)[] {
  const { plan, material } = planned;
  const login = (slot: Slot): DatabaseLogin => {
    const password = material.logins[slot].password ?? mintedPassword(slot, plan.id);
    return { ...material.logins[slot], password };
  };
  const known = slots.filter((slot) => material.logins[slot].password !== undefined || slot !== plan.renew);
  const before = Object.fromEntries(known.map((slot) => [slot, login(slot)]));
  const store = (versionId: string, active: Slot, logins: typeof before): void => {
    const { json } = documentOf(material.slotDocument);
    world.secret = { versionId, text: renderSlotDocument(json, active, logins) };
  };
  const setUser = ({ username, password }: DatabaseLogin): void => setPassword(world, username, password);
  const writes = slots.filter((slot) => slot !== plan.renew).map((slot) => () => setUser(login(slot)));
  const { to, renew, id } = plan;
  if (to === 'other' || plan.kind === 'sync') return writes;
  writes.push(() => writeFile(world, planned, login(to)));
  writes.push(() => (world.kubernetes = kubernetesSecretData(login(to))));
  writes.push(() => (world.restartedAs = plan.restartToken));
  writes.push(() => store(`flipped-${id}`, to, before));
  if (renew === null) return writes;
  const renewed = { ...login(renew), password: mintedPassword(renew, `renewal-${id}`) };
  writes.push(() => setUser(renewed));
  writes.push(() => store(`renewed-${id}`, to, { ...before, [renew]: renewed }));
  return writes;
}

function documentOf(text: string): { json: Record<string, unknown> } {
  const document = parseSlotDocument(text);
  if (!document.ok) throw new Error('a plan holds a malformed slot document');
  return document.value;
}

/** Sets a password as the product does: never that of an account which the file or a working Secret names. */
function setPassword(world: World, username: string, password: string): void {
  if (logsIn(world, username, password)) return;
  if (logsIn(world, world.file.username, world.file.password) && world.file.username === username)
    throw new Error(`the password of ${username} would be changed under the file's feet`);
  if (podLogsIn(world) && world.kubernetes['mysql-user'] === username)
    throw new Error(`the password of ${username} would be changed under a pod's feet`);
  world.users.set(username, password);
}
