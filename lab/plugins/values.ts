import { Struct, type JavaScriptValue } from 'google-protobuf/google/protobuf/struct_pb';

/** Properties of a resource as the protocol knows them: plain JSON values; an absent key means null. */
export type Properties = Record<string, unknown>;

/** Properties with the names of those whose value is secret (or has a secret somewhere inside). */
export interface PropertyBag {
  values: Properties;
  secrets: Set<string>;
}

// The protocol's marks: an object with this key is not data but a wrapped value of the kind that it names.
const SIGNATURE = '4dabf18193072939515e22adb298388d';
const SECRET = '1b47061264138c4ac30d75fd1eb44270';

/** Stands for a value that is known only after the update; the engine uses one such text for each type. */
export const UNKNOWN = '04da6b54-80e4-46f7-96ec-b56ff0331ba9';
const UNKNOWNS: ReadonlySet<unknown> = new Set([
  UNKNOWN,
  '1c4a061d-8072-4f0a-a4cb-0ff528b18fe7', // boolean
  '3eeb2bf0-c639-47a8-9e75-3b44932eb421', // number
  '6a19a0b0-7e62-4c92-b797-7f8e31da9cc2', // list
  'dd056dcd-154b-4c76-9bd3-c8f88648b5ff', // map
]);

/** Whether a value is only known after the update. Looks at the value itself, not inside lists and maps. */
export function isUnknown(value: unknown): boolean {
  return UNKNOWNS.has(value);
}

function isMap(value: unknown): value is Properties {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Takes the secret marks off a value, at any depth. */
function unwrap(value: unknown, onSecret: () => void): unknown {
  if (Array.isArray(value)) return value.map((item) => unwrap(item, onSecret));
  if (!isMap(value)) return value;
  if (value[SIGNATURE] === SECRET) {
    onSecret();
    return unwrap(value['value'], onSecret);
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unwrap(item, onSecret)]));
}

/**
 * Reads a protocol structure. Null values are left out, and so are the keys that a bridged provider keeps for
 * itself (`__defaults`, `__meta`): a state that the real plugin wrote can be read here.
 */
export function decode(structure: Struct | undefined): PropertyBag {
  const bag: PropertyBag = { values: {}, secrets: new Set() };
  for (const [key, raw] of Object.entries(structure?.toJavaScript() ?? {})) {
    if (key.startsWith('__')) continue;
    const value = unwrap(raw, () => bag.secrets.add(key));
    if (value !== null && value !== undefined) bag.values[key] = value;
  }
  return bag;
}

/** Writes a protocol structure; the values of the named properties are marked as secret. */
export function encode(values: Properties, secrets: ReadonlySet<string>): Struct {
  const marked: Record<string, JavaScriptValue> = {};
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined || value === null) continue;
    const plain = value as JavaScriptValue;
    marked[key] = secrets.has(key) ? { [SIGNATURE]: SECRET, value: plain } : plain;
  }
  return Struct.fromJavaScript(marked);
}

/** Whether two values are the same JSON, whatever the order of the keys. */
export function sameValue(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, index) => sameValue(item, other[index]));
  }
  if (isMap(one) && isMap(other)) {
    const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
    return [...keys].every((key) => sameValue(one[key], other[key]));
  }
  return one === other;
}
