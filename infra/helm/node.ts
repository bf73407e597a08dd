/**
 * A Kubernetes object as a template: what depends on a switch is kept beside what does not. Nodes that are equal are the
 * same node, so that two renderings of a large object are compared and merged quickly.
 */
export type Node = Scalar | Fields | Items | Choice;

/** A number, text or switch: as it stands in the template. */
export interface Scalar {
  type: 'scalar';
  text: string;
}

export interface Fields {
  type: 'fields';
  parts: readonly Part[];
}

export interface Items {
  type: 'items';
  parts: readonly Part[];
}

/** One of two nodes of different kinds. */
export interface Choice {
  type: 'choice';
  on: Switch;
  then: Node;
  otherwise: Node;
}

/** A field, or an item of a list. */
export interface Part {
  /** How a field is called in the template; for an item what it is recognised by. */
  key: string;
  value: Node;
  when: Condition;
  /** Repeated for each entry of such a list. */
  loop: Loop | undefined;
}

/** Something that the values turn on and off: its condition in a template. */
export interface Switch {
  condition: string;
}

/** A list or group among the values that a template goes through. */
export interface Loop {
  /** What follows `range` in the template. */
  range: string;
}

/** Whether something is there. */
export type Condition = boolean | { on: Switch; then: Condition; otherwise: Condition };

const known = new Map<string, Node>();
const numbers = new Map<object, number>();
const merged = new Map<string, Node>();

/** The one node that is equal to this one. */
export function unique<T extends Node>(node: T): T {
  const id = JSON.stringify(node, (name, value: unknown) =>
    name === 'value' || name === 'then' || name === 'otherwise' ? (idOf(value) ?? value) : value,
  );
  const same = known.get(id);
  if (same !== undefined) return same as T;
  known.set(id, node);
  numbers.set(node, numbers.size);
  return node;
}

function idOf(value: unknown): number | undefined {
  return typeof value === 'object' && value !== null ? numbers.get(value) : undefined;
}

/** The node that is `a` when the switch is on, and `b` otherwise. */
export function merge(on: Switch, a: Node, b: Node): Node {
  if (a === b) return a;
  const id = `${on.condition} ${idOf(a)} ${idOf(b)}`;
  const before = merged.get(id);
  if (before !== undefined) return before;
  const node = unique(mergeAnew(on, a, b));
  merged.set(id, node);
  return node;
}

function mergeAnew(on: Switch, a: Node, b: Node): Node {
  if (a.type === 'fields' && b.type === 'fields')
    return { type: 'fields', parts: mergeParts(on, a.parts, b.parts) };
  if (a.type === 'items' && b.type === 'items')
    return { type: 'items', parts: mergeParts(on, a.parts, b.parts) };
  return { type: 'choice', on, then: a, otherwise: b };
}

function either(on: Switch, then: Condition, otherwise: Condition): Condition {
  return JSON.stringify(then) === JSON.stringify(otherwise) ? then : { on, then, otherwise };
}

const identity = ({ key, loop }: Part): string => `${loop?.range ?? ''} ${key}`;

function mergeParts(on: Switch, a: readonly Part[], b: readonly Part[]): Part[] {
  return aligned(a, b).map(([one, other]) => {
    if (one === undefined && other === undefined) throw new Error('nothing beside nothing');
    if (one === undefined || other === undefined) {
      const there = (one ?? other) as Part;
      const when = one === undefined ? either(on, false, there.when) : either(on, there.when, false);
      return { ...there, when };
    }
    const when = either(on, one.when, other.when);
    return { ...one, value: merge(on, one.value, other.value), when };
  });
}

type Pair = [Part | undefined, Part | undefined];

/** The parts of both side by side, in an order that keeps that of each. */
function aligned(a: readonly Part[], b: readonly Part[]): Pair[] {
  const [first, ...rest] = a;
  if (first === undefined) return b.map((each): Pair => [undefined, each]);
  const place = b.findIndex((each) => identity(each) === identity(first));
  if (place < 0) return [[first, undefined], ...aligned(rest, b)];
  // What is in b alone comes before; what would come later in a keeps its place behind.
  const before = b
    .slice(0, place)
    .filter((each) => !rest.some((later) => identity(later) === identity(each)));
  const behind = b.filter((each, index) => index !== place && !before.includes(each));
  return [...before.map((each): Pair => [undefined, each]), [first, b[place]], ...aligned(rest, behind)];
}

/**
 * A template with what another one changes of their common base.
 * @param guide in its order are parts that only one of the two has
 */
export function overlay(base: Node, template: Node, other: Node, guide?: Node): Node {
  if (other === base || other === template) return template;
  if (template === base) return other;
  const parts = partsOf(guide);
  if (base.type === 'fields' && template.type === 'fields' && other.type === 'fields')
    return unique({ type: 'fields', parts: overlaid(base.parts, template.parts, other.parts, parts) });
  if (base.type === 'items' && template.type === 'items' && other.type === 'items')
    return unique({ type: 'items', parts: overlaid(base.parts, template.parts, other.parts, parts) });
  throw new Error(`two independent switches change the same: ${JSON.stringify([template, other])}`);
}

function partsOf(node: Node | undefined): readonly Part[] {
  return node?.type === 'fields' || node?.type === 'items' ? node.parts : [];
}

type Parts = readonly Part[];

function overlaid(base: Parts, template: Parts, other: Parts, guide: Parts): Part[] {
  const like = (parts: Parts, part: Part): Part | undefined =>
    parts.find((each) => identity(each) === identity(part));
  const laid = aligned(template, other).map(([one, two]) => {
    const there = (one ?? two) as Part;
    const before = like(base, there);
    if (one === undefined || two === undefined || before === undefined) return there;
    const when = JSON.stringify(two.when) === JSON.stringify(before.when) ? one.when : two.when;
    return { ...one, when, value: overlay(before.value, one.value, two.value, like(guide, there)?.value) };
  });
  return ordered(laid, guide.map(identity));
}

/** The parts that an order knows stand in it, in the places that they have together. */
function ordered(parts: Parts, order: readonly string[]): Part[] {
  const rank = (part: Part): number => order.indexOf(identity(part));
  const known = parts.filter((part) => rank(part) >= 0).sort((a, b) => rank(a) - rank(b));
  return parts.map((part) => (rank(part) < 0 ? part : (known.shift() ?? part)));
}
