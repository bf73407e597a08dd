import type { Node, Switch } from './node';
import { merge, overlay } from './node';

/** What is rendered when these switches are on. */
export type Render = (isOn: (on: Switch) => boolean) => unknown;

/**
 * One template of all that the switches make of a rendering. Switches that have to do with each other are tried in all
 * combinations; what the others do is laid over it.
 */
export function variants(
  nodeOf: (value: unknown) => Node,
  render: Render,
  switches: readonly Switch[],
): Node {
  const base = nodeOf(render(() => false));
  const everything = nodeOf(render(() => true));
  const together = groupsOf(render, relevant(render, switches));
  return together.reduce(
    (template, group) => overlay(base, template, combined(nodeOf, render, group, []), everything),
    base,
  );
}

function combined(
  nodeOf: (value: unknown) => Node,
  render: Render,
  [first, ...rest]: readonly Switch[],
  on: readonly Switch[],
): Node {
  if (first === undefined) return nodeOf(render((each) => on.includes(each)));
  return merge(first, combined(nodeOf, render, rest, [...on, first]), combined(nodeOf, render, rest, on));
}

/** The switches that a rendering depends on, whatever the others are. */
function relevant(render: Render, switches: readonly Switch[]): Switch[] {
  const text = (isOn: (on: Switch) => boolean): string => JSON.stringify(render(isOn));
  const [none, all] = [text(() => false), text(() => true)];
  return switches.filter((on) => text((each) => each === on) !== none || text((each) => each !== on) !== all);
}

/** Groups of switches: those of two groups change a rendering independently of each other. */
function groupsOf(render: Render, switches: readonly Switch[]): Switch[][] {
  const flat = (...on: Switch[]): Map<string, string> => leavesOf(render((each) => on.includes(each)));
  const base = flat();
  const alone = new Map(switches.map((on) => [on, changes(base, flat(on))]));
  const changesOf = (on: Switch): Map<string, string | undefined> =>
    alone.get(on) ?? new Map<string, string>();
  return switches.reduce<Switch[][]>((groups, on) => {
    const meets = (other: Switch): boolean => {
      const [own, others] = [changesOf(on), changesOf(other)];
      const disagree = [...own].some(([path, value]) => others.has(path) && others.get(path) !== value);
      return disagree || !same(new Map([...own, ...others]), changes(base, flat(on, other)));
    };
    const near = groups.filter((group) => group.some(meets));
    return [...groups.filter((group) => !near.includes(group)), [...near.flat(), on]];
  }, []);
}

/** Every value of an object by its path; the items of a list by what they are, not by where they stand. */
function leavesOf(value: unknown, path = ''): Map<string, string> {
  if (typeof value !== 'object' || value === null) return new Map([[path, JSON.stringify(value)]]);
  const entries = Array.isArray(value)
    ? value.map((each, index): [string, unknown] => [nameOf(each) ?? `${index}`, each])
    : Object.entries(value);
  return new Map(entries.flatMap(([key, each]) => [...leavesOf(each, `${path}/${key}`)]));
}

function nameOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const { name, kind } = value as { name?: unknown; kind?: unknown };
  if (typeof name === 'string') return name;
  return typeof kind === 'string' ? kind : JSON.stringify(value);
}

function changes(base: Map<string, string>, now: Map<string, string>): Map<string, string | undefined> {
  const paths = new Set([...base.keys(), ...now.keys()]);
  return new Map(
    [...paths].flatMap((path) => (base.get(path) === now.get(path) ? [] : [[path, now.get(path)] as const])),
  );
}

function same(one: Map<string, string | undefined>, other: Map<string, string | undefined>): boolean {
  return one.size === other.size && [...one].every(([path, value]) => other.get(path) === value);
}
