import { kubernetesYaml } from '../../src/base/kubernetesYaml';
import type { Fields, Items, Loop, Node, Part } from './node';
import { unique } from './node';
import type { Token, Tokens } from './tokens';

/** An object with tokens in it as a template. */
export function nodeOf(tokens: Tokens, value: unknown, open: readonly Loop[] = []): Node {
  if (Array.isArray(value)) return unique(itemsOf(tokens, value, open));
  if (typeof value === 'object' && value !== null) return unique(fieldsOf(tokens, value, open));
  return unique({ type: 'scalar', text: scalarText(tokens, value) });
}

function itemsOf(tokens: Tokens, values: unknown[], open: readonly Loop[]): Items {
  const parts = values.map((value, index): Part => {
    const whole = wholeEntry(tokens, value);
    const loop = loopOfItem(tokens, value, open);
    const node: Node =
      whole === undefined
        ? nodeOf(tokens, value, loop === undefined ? open : [...open, loop])
        : unique({ type: 'scalar', text: `{{ ${whole.expression} | toJson }}` });
    return { key: loop === undefined ? itemKey(value, index) : '', value: node, when: true, loop };
  });
  return { type: 'items', parts };
}

function fieldsOf(tokens: Tokens, value: object, open: readonly Loop[]): Fields {
  const parts = Object.entries(value)
    .filter(([, each]) => each !== undefined)
    .map(([key, each]): Part => ({
      key: scalarText(tokens, key),
      value: nodeOf(tokens, each, open),
      when: true,
      loop: tokens.in(key)[0]?.loop,
    }));
  return { type: 'fields', parts };
}

/** The same item in two renderings: by its name, by what it is, or by its place among those without either. */
function itemKey(value: unknown, index: number): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const { name, kind, alert, record } = value as Record<string, unknown>;
  const own = name ?? kind ?? alert ?? record;
  return typeof own === 'string' ? own : (ruleKey(value) ?? `#${index}`);
}

/** Rules of a Role and of a NetworkPolicy have no names: they are what they are about. */
function ruleKey(value: object): string | undefined {
  const { resources, verbs, ports, ...rest } = value as Record<string, unknown>;
  if (resources !== undefined) return JSON.stringify([resources, verbs, rest]);
  return ports === undefined ? undefined : JSON.stringify(rest);
}

function tokensIn(tokens: Tokens, value: unknown): Token[] {
  return tokens.in(JSON.stringify(value).replaceAll('\\\\', '\\'));
}

/** The loop that an item is an entry of: its tokens are in this item, and in no single item or list within it. */
function loopOfItem(tokens: Tokens, value: unknown, open: readonly Loop[]): Loop | undefined {
  const loops = tokensIn(tokens, value).flatMap(({ loop }) =>
    loop === undefined || open.includes(loop) ? [] : [loop],
  );
  return loops.find((loop) => {
    const own = countIn(tokens, value, loop);
    return (
      !inFieldNames(tokens, value, loop) &&
      ![...itemsWithin(value), ...listsWithin(value)].some((part) => countIn(tokens, part, loop) === own)
    );
  });
}

function countIn(tokens: Tokens, value: unknown, loop: Loop): number {
  return tokensIn(tokens, value).filter((token) => token.loop === loop).length;
}

function itemsWithin(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  const below = Object.values(value).flatMap(itemsWithin);
  return Array.isArray(value) ? [...(value as unknown[]), ...below] : below;
}

function listsWithin(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  const below = Object.values(value).flatMap(listsWithin);
  return Array.isArray(value) ? [value, ...below] : below;
}

/** Entries of a loop that become fields are repeated there. */
function inFieldNames(tokens: Tokens, value: unknown, loop: Loop): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(
    ([key, each]) => tokens.in(key).some((token) => token.loop === loop) || inFieldNames(tokens, each, loop),
  );
}

function wholeEntry(tokens: Tokens, value: unknown): Token | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const [first] = Object.values(value) as unknown[];
  return typeof first === 'string' ? tokens.in(first).find(({ whole }) => whole === true) : undefined;
}

/** A scalar as it stands in the template. */
function scalarText(tokens: Tokens, value: unknown): string {
  if (typeof value === 'number') return numberText(tokens, value);
  if (typeof value !== 'string') return JSON.stringify(value);
  const pieces = tokens.split(value).filter((piece) => piece !== '');
  if (!pieces.some((piece) => typeof piece !== 'string')) return plainText(value);
  const [only] = pieces;
  if (pieces.length === 1 && typeof only === 'object') return `{{ ${only.expression} | toString | toJson }}`;
  const format = pieces
    .map((piece) => (typeof piece === 'string' ? piece.replaceAll('%', '%%') : '%v'))
    .join('');
  const values = pieces.flatMap((piece) => (typeof piece === 'string' ? [] : [piece.expression]));
  return `{{ printf ${JSON.stringify(format)} ${values.join(' ')} | toJson }}`;
}

/** What is not for Helm, such as the templates of Prometheus, is handed through. */
function plainText(value: string): string {
  if (value.includes('{{')) return `{{ ${JSON.stringify(value)} | toJson }}`;
  return value.includes('\n') ? JSON.stringify(value) : kubernetesYaml(value).trimEnd();
}

/** Numbers from here on are made for templates only. */
const leastToken = 900_000_000;

function numberText(tokens: Tokens, value: number): string {
  const [token] = tokens.in(String(value));
  if (token !== undefined && token.text === String(value)) return `{{ ${token.expression} }}`;
  if (value >= leastToken)
    throw new Error(`the number ${value} is computed from a value, and no template does so`);
  return String(value);
}
