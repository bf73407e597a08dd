import { randomInt } from 'node:crypto';
import type { Change, InputFailure, ResourceState, ResourceType } from '../resource.js';
import { UNKNOWN, isUnknown, sameValue, type Properties } from '../values.js';

const DIGITS = '0123456789';
const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const UPPER = LOWER.toUpperCase();
const SPECIAL = '!@#$%&*()-_=+[]{}<>:?';

const MINIMUMS = ['minLower', 'minNumeric', 'minSpecial', 'minUpper'] as const;

/** The inputs with the real plugin's defaults; `number` is the old name of `numeric`, and both have one value. */
function withDefaults(inputs: Properties): Properties {
  const numeric = inputs['numeric'] ?? inputs['number'] ?? true;
  const keepers = Object.entries(inputs['keepers'] ?? {}).filter(([, value]) => value !== null);
  return {
    special: true,
    upper: true,
    lower: true,
    minLower: 0,
    minNumeric: 0,
    minSpecial: 0,
    minUpper: 0,
    ...inputs,
    number: numeric,
    numeric,
    keepers: keepers.length > 0 ? Object.fromEntries(keepers) : undefined,
  };
}

/** Picks characters with a cryptographic random number generator. */
function pick(characters: string, count: number): string[] {
  return Array.from({ length: count }, () => characters.charAt(randomInt(characters.length)));
}

/** Puts the items in a random order, each order equally likely (Fisher and Yates). */
function shuffle(items: string[]): string[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = randomInt(last + 1);
    [result[last], result[other]] = [result[other] ?? '', result[last] ?? ''];
  }
  return result;
}

/** A random text as the inputs (with defaults) describe it: first the minimums, then the rest, then shuffled. */
function generate(wanted: Properties): string {
  const special =
    typeof wanted['overrideSpecial'] === 'string' ? wanted['overrideSpecial'] || SPECIAL : SPECIAL;
  const chosen = [
    ...pick(DIGITS, Number(wanted['minNumeric'])),
    ...pick(LOWER, Number(wanted['minLower'])),
    ...pick(UPPER, Number(wanted['minUpper'])),
    ...pick(special, Number(wanted['minSpecial'])),
  ];
  const all = [
    wanted['upper'] ? UPPER : '',
    wanted['lower'] ? LOWER : '',
    wanted['numeric'] ? DIGITS : '',
    wanted['special'] ? special : '',
  ].join('');
  return shuffle([...chosen, ...pick(all, Number(wanted['length']) - chosen.length)]).join('');
}

function checkLength(inputs: Properties): InputFailure[] {
  const length = inputs['length'];
  if (isUnknown(length)) return [];
  if (typeof length !== 'number' || !Number.isInteger(length) || length < 1) {
    return [{ property: 'length', reason: 'length must be a whole number of at least 1' }];
  }
  const known = MINIMUMS.map((name) => inputs[name]).filter((value) => typeof value === 'number');
  const sum = known.reduce((total, value) => total + value, 0);
  return length < sum
    ? [
        {
          property: 'length',
          reason: `length must be at least sum of ${MINIMUMS.join(' + ')} (${sum}), got ${length}`,
        },
      ]
    : [];
}

function checkCharacters(inputs: Properties): InputFailure[] {
  const wanted = withDefaults(inputs);
  const classes = ['upper', 'lower', 'numeric', 'special'].map((name) => wanted[name]);
  return classes.every((used) => used === false)
    ? [
        {
          property: 'length',
          reason: 'the character set specified is empty: no class of characters is wanted',
        },
      ]
    : [];
}

/** `""` and null mean the same for overrideSpecial: only the state changes then, not the password. */
function replaces(name: string, old: unknown, wanted: unknown): boolean {
  return name !== 'overrideSpecial' || Boolean(old) || Boolean(wanted);
}

/**
 * `random.RandomPassword` like the real one, but for `bcryptHash`: Node has no bcrypt, so it stays empty. Every
 * changed input makes another password.
 */
export const randomPassword: ResourceType = {
  token: 'random:index/randomPassword:RandomPassword',

  properties: {
    length: { type: 'integer', input: true, required: true },
    keepers: { type: 'object', input: true },
    lower: { type: 'boolean', input: true },
    minLower: { type: 'integer', input: true },
    minNumeric: { type: 'integer', input: true },
    minSpecial: { type: 'integer', input: true },
    minUpper: { type: 'integer', input: true },
    number: { type: 'boolean', input: true },
    numeric: { type: 'boolean', input: true },
    overrideSpecial: { type: 'string', input: true },
    special: { type: 'boolean', input: true },
    upper: { type: 'boolean', input: true },
    bcryptHash: { type: 'string', secret: true },
    result: { type: 'string', secret: true },
  },

  check: (inputs) => [...checkLength(inputs), ...checkCharacters(inputs)],

  diff(state, inputs): Change[] {
    const old = withDefaults(state);
    const wanted = withDefaults(inputs);
    return Object.entries(this.properties)
      .filter(([name, schema]) => schema.input && name !== 'number' && !sameValue(old[name], wanted[name]))
      .map(([property]) => ({
        property,
        replaces: replaces(property, old[property], wanted[property]),
        kind: old[property] === undefined ? 'add' : wanted[property] === undefined ? 'delete' : 'update',
      }));
  },

  preview: (inputs, state) => ({
    ...withDefaults(inputs),
    result: state ? state['result'] : UNKNOWN,
    bcryptHash: state ? state['bcryptHash'] : UNKNOWN,
  }),

  async create(inputs): Promise<ResourceState> {
    const wanted = withDefaults(inputs);
    return { id: 'none', outputs: { ...wanted, result: generate(wanted) } };
  },

  /** Nothing in the world to read: the state is all there is. An import brings the password itself as id. */
  async read(id, state): Promise<ResourceState> {
    if (Object.keys(state).length > 0) return { id, outputs: state };
    const inputs = { length: id.length };
    return { id: 'none', inputs, outputs: { ...withDefaults(inputs), result: id } };
  },

  async update(_id, state, inputs): Promise<Properties> {
    return { ...withDefaults(inputs), result: state['result'], bcryptHash: state['bcryptHash'] };
  },

  async delete(): Promise<void> {},
};
