import type { DatabaseLogin, Slot } from './slot';
import { defaultUsername, slots } from './slot';

/** A JSON object read from Secrets Manager; keys that we do not know stay as they are. */
export type JsonObject = Record<string, unknown>;

/** A slot as its secret holds it: complete, or not yet initialised. */
export type SlotEntry = { kind: 'complete'; login: DatabaseLogin } | { kind: 'empty'; username?: string };

/** The slot secret, read and checked. */
export interface SlotDocument {
  json: JsonObject;
  active: Slot;
  entries: Record<Slot, SlotEntry>;
}

/** The result of a check: a value, or every problem found, each one sentence without any secret value. */
export type Checked<T> = { ok: true; value: T } | { ok: false; problems: string[] };

/** Values that infrastructure code leaves in a secret before the first use; never sent to the database. */
const placeholders = new Set(['', 'pending', 'pending-restore', 'changeme', 'change-me', 'todo', 'null']);

/** Such as the Python tool's Terraform writes: `PLACEHOLDER_SEEDED_BY_DEPLOY_SCRIPT`, a password that all can read. */
function isPlaceholder(value: string): boolean {
  const plain = value.trim().toLowerCase();
  return placeholders.has(plain) || /^placeholder(?![a-z0-9])/.test(plain);
}

type JsonModule = {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): unknown;
  isRawJSON(value: unknown): boolean;
};

/** Keeps numbers in their own spelling (`1.0`, `12345678901234567890`), so that unknown keys survive a rotation. */
function parseKeepingNumbers(text: string): unknown {
  const json = JSON as unknown as JsonModule;
  return json.parse(text, (_key, value, context) =>
    typeof value === 'number' && context.source !== undefined && String(value) !== context.source
      ? json.rawJSON(context.source)
      : value,
  );
}

function isObject(value: unknown): value is JsonObject {
  const isRaw = (JSON as unknown as JsonModule).isRawJSON(value);
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isRaw;
}

/** A key that an object of this valid JSON holds twice: which value a reader takes is not defined. */
function keyThatStandsTwice(text: string): string | undefined {
  const open: Set<string>[] = [];
  for (const [, brace, key] of text.matchAll(/([{}])|("(?:[^"\\]|\\.)*")(?=\s*:)|"(?:[^"\\]|\\.)*"/g)) {
    if (brace === '{') open.push(new Set());
    else if (brace === '}') open.pop();
    else if (key !== undefined) {
      const name = JSON.parse(key) as string;
      if (open.at(-1)?.has(name)) return name.slice(0, 40);
      open.at(-1)?.add(name);
    }
  }
  return undefined;
}

function parseObject(text: string): Checked<JsonObject> {
  const body = text.startsWith('\uFEFF') ? text.slice(1) : text;
  if (body.trim() === '') return { ok: false, problems: ['it is empty'] };
  let value: unknown;
  try {
    value = parseKeepingNumbers(body);
  } catch {
    return { ok: false, problems: ['it is not JSON'] };
  }
  if (!isObject(value)) return { ok: false, problems: ['it is not a JSON object'] };
  const twice = keyThatStandsTwice(body);
  if (twice !== undefined) return { ok: false, problems: [`the key ${twice} stands twice in one object`] };
  return { ok: true, value };
}

/** Reads one of the five fields as text; a port may be a number. Placeholder values count as empty. */
function field(entry: JsonObject, name: keyof DatabaseLogin): string | undefined | { wrongType: true } {
  const value = entry[name];
  if (value === undefined || value === null) return undefined;
  if (name === 'port' && typeof value === 'number' && Number.isInteger(value)) return String(value);
  if (typeof value !== 'string') return { wrongType: true };
  return isPlaceholder(value) ? undefined : value;
}

function checkPort(port: string): boolean {
  return /^[1-9][0-9]{0,4}$/.test(port) && Number(port) <= 65535;
}

/**
 * More than any server takes: a user name of MariaDB, a name of DNS, a schema. MySQL's own limit of user names is lower
 * and known only when the server is.
 */
const longest = { username: 128, host: 255, dbname: 64 };

function tooLong(fields: Record<keyof typeof longest, string | undefined>): string[] {
  return (Object.keys(longest) as (keyof typeof longest)[])
    .filter((name) => [...(fields[name] ?? '')].length > longest[name])
    .map((name) => `${name} is longer than ${longest[name]} characters`);
}

/** Reads login fields of one object; `where` prefixes each problem. An entry without password is empty. */
function parseEntry(value: unknown, where: string): Checked<SlotEntry> {
  if (value === undefined || value === null) return { ok: true, value: { kind: 'empty' } };
  if (!isObject(value)) return { ok: false, problems: [`${where} is not an object`] };
  const problems: string[] = [];
  const read = (name: keyof DatabaseLogin): string | undefined => {
    const found = field(value, name);
    if (typeof found !== 'object') return found;
    problems.push(`${where}.${name} is not text`);
    return undefined;
  };
  const [username, password, host, port, dbname] = [
    read('username'),
    read('password'),
    read('host'),
    read('port') ?? '3306',
    read('dbname'),
  ];
  problems.push(...tooLong({ username, host, dbname }).map((what) => `${where}.${what}`));
  if (!checkPort(port)) problems.push(`${where}.port is not a port number`);
  if (problems.length > 0) return { ok: false, problems };
  if (password === undefined || host === undefined) {
    return { ok: true, value: username === undefined ? { kind: 'empty' } : { kind: 'empty', username } };
  }
  if (username === undefined) problems.push(`${where}.username is missing`);
  if (dbname === undefined) problems.push(`${where}.dbname is missing`);
  if (problems.length > 0 || username === undefined || dbname === undefined) return { ok: false, problems };
  return { ok: true, value: { kind: 'complete', login: { username, password, host, port, dbname } } };
}

/**
 * Checks the text of the slot secret: `{"active_slot":"A","A":{…},"B":{…}}`.
 * Never throws; problems name the field and never its value.
 */
export function parseSlotDocument(text: string): Checked<SlotDocument> {
  const object = parseObject(text);
  if (!object.ok) return object;
  const problems: string[] = [];
  const active = object.value['active_slot'];
  if (active !== 'A' && active !== 'B') problems.push('active_slot is neither "A" nor "B"');
  const entries: Partial<Record<Slot, SlotEntry>> = {};
  for (const slot of slots) {
    const entry = parseEntry(object.value[slot], slot);
    if (entry.ok) entries[slot] = entry.value;
    else problems.push(...entry.problems);
  }
  const { A, B } = entries;
  if (problems.length > 0 || !A || !B || (active !== 'A' && active !== 'B')) return { ok: false, problems };
  return { ok: true, value: { json: object.value, active, entries: { A, B } } };
}

/** Checks the text of the admin secret: `{"username","password","host","port","dbname"}`; dbname may be missing. */
export function parseAdminDocument(text: string): Checked<{ json: JsonObject; login: DatabaseLogin }> {
  const object = parseObject(text);
  if (!object.ok) return object;
  const entry = parseEntry({ ...object.value, dbname: object.value['dbname'] ?? 'mysql' }, 'the document');
  if (!entry.ok) return entry;
  if (entry.value.kind === 'empty') return { ok: false, problems: ['its password or host is missing'] };
  return { ok: true, value: { json: object.value, login: entry.value.login } };
}

/** The text of a slot document with another active slot and other logins; unknown keys and the port's type stay. */
export function renderSlotDocument(
  json: JsonObject,
  active: Slot,
  logins: Partial<Record<Slot, DatabaseLogin>>,
): string {
  const next: JsonObject = { ...json, active_slot: active };
  for (const slot of slots) {
    const login = logins[slot];
    if (login) next[slot] = withLogin(isObject(json[slot]) ? json[slot] : {}, login);
  }
  return JSON.stringify(next);
}

/** The text of an admin document with another password; everything else stays. */
export function renderAdminDocument(json: JsonObject, password: string): string {
  return JSON.stringify({ ...json, password });
}

function withLogin(entry: JsonObject, login: DatabaseLogin): JsonObject {
  const port = typeof entry['port'] === 'number' ? Number(login.port) : login.port;
  return { ...entry, ...login, port };
}

/** The user of each slot, as a rotation would take it. */
export function slotNames({ entries }: SlotDocument): Record<Slot, string> {
  const name = (slot: Slot): string => {
    const entry = entries[slot];
    return (entry.kind === 'complete' ? entry.login.username : entry.username) ?? defaultUsername(slot);
  };
  return { A: name('A'), B: name('B') };
}
