import type { OptionName } from '../settings/options';

/** A value that was seen, and where. */
export interface Seen {
  value: string;
  /** For people: what it was read from. */
  from: string;
}

/** A setting that was found. */
export interface Found extends Seen {
  name: OptionName;
}

/** A setting that was not found, or not for certain. */
export interface Open {
  name: OptionName;
  /** What was looked at, or what the choice is; a sentence without its full stop. */
  why: string;
  /** How to set it; a sentence without its full stop. */
  how: string;
  candidates: Seen[];
}

/** All that looking gave. */
export interface Findings {
  found: Found[];
  open: Open[];
  /** What an operator should know besides, each a sentence without its full stop. */
  notes: string[];
}

/** What a choice among sources came to. */
export interface Choice {
  chosen?: Seen;
  /** The values to choose from, where the first source that has any has several. */
  candidates: Seen[];
  /** What a later source says that is not what was chosen. */
  others: Seen[];
}

/** Takes the value of the first source that has one; a source with several different ones leaves the choice open. */
export function choose(sources: readonly (readonly Seen[])[]): Choice {
  const [first = [], ...later] = sources.filter((source) => source.length > 0);
  const distinct = first.filter((seen, at) => first.findIndex(({ value }) => value === seen.value) === at);
  const [chosen, ...more] = distinct;
  if (chosen === undefined) return { candidates: [], others: [] };
  if (more.length > 0) return { candidates: distinct, others: [] };
  const others = later.flat().filter(({ value }) => value !== chosen.value);
  return { chosen, candidates: [], others };
}
