import type { z } from 'zod';
import { definitionOf, unwrapped } from '../inputs/table';
import type { Loop, Switch } from './node';
import type { Tokens } from './tokens';

/** Where in the values something stands. */
export interface Place {
  /** As the documentation names it. */
  path: string;
  /** What gives it in a template; nothing when a group above it is absent. */
  expression: string;
  loop?: Loop | undefined;
  /** Whether values.yaml holds its default. */
  hasDefault: boolean;
}

/** The values as symbols: which of them are there depends on the switches. */
export type Build = (isOn: (on: Switch) => boolean) => unknown;

/** What stands for an input that a function of infra/ computes with, and does not only put in place. */
export type Special = (make: SymbolMaker, place: Place) => Build;

/** Makes the symbols of a schema's inputs. */
export class SymbolMaker {
  readonly switches: Switch[] = [];

  constructor(
    readonly tokens: Tokens,
    /** By path. */
    private readonly special: Readonly<Record<string, Special>>,
  ) {}

  /** The switch of this condition. */
  readonly switchOf = (condition: string): Switch => {
    const same = this.switches.find((each) => each.condition === condition);
    if (same !== undefined) return same;
    const on = { condition };
    this.switches.push(on);
    return on;
  };

  /** Symbols for all of a schema. */
  of(schema: z.ZodType, place: Place): Build {
    const { isOptional, inner, defaultValue } = unwrapped(schema);
    const { path, expression } = place;
    const special = this.special[path];
    const known = place.hasDefault || defaultValue === undefined;
    const value = known ? expression : `(${expression} | default ${literal(defaultValue)})`;
    // A group above it that may be absent takes the default with it.
    const within = { ...place, expression: value, hasDefault: place.hasDefault && !isOptional };
    // Who stands for an input by itself also says when it is there.
    const on = isOptional && special === undefined ? this.switchOf(expression) : undefined;
    const build = special === undefined ? this.present(inner, within) : special(this, within);
    return on === undefined ? build : (isOn) => (isOn(on) ? build(isOn) : undefined);
  }

  private present(schema: z.ZodType, place: Place): Build {
    const { type, shape, element, valueType } = definitionOf(schema);
    const { path, expression, loop } = place;
    if (shape !== undefined) return this.group(shape, place);
    if (type === 'array' && element !== undefined) return this.list(element, place);
    if (type === 'record' && valueType !== undefined) return this.free(valueType, place);
    if (type === 'boolean') {
      const on = this.switchOf(expression);
      return (isOn) => isOn(on);
    }
    if (type === 'number') {
      const number = this.tokens.number(`(int64 ${expression})`, loop);
      return () => number;
    }
    const text = this.tokens.text(path, expression, loop);
    return () => text;
  }

  private group(shape: Record<string, z.ZodType>, place: Place): Build {
    const fields = Object.entries(shape).map(
      ([key, schema]) => [key, this.of(schema, below(place, key))] as const,
    );
    return (isOn) => Object.fromEntries(fields.map(([key, build]) => [key, build(isOn)]));
  }

  private list(element: z.ZodType, { path, expression }: Place): Build {
    const variable = `$${path.split('.').at(-1)}`;
    const loop = { range: `${variable} := ${expression}` };
    const item = { path: `${path}.item`, expression: variable, loop, hasDefault: false };
    const build = this.of(element, item);
    return (isOn) => [build(isOn)];
  }

  private free(value: z.ZodType, { path, expression }: Place): Build {
    const name = path.split('.').at(-1) ?? '';
    const loop = { range: `$${name}Name, $${name} := ${expression}` };
    const key = this.tokens.text(`${path}.name`, `$${name}Name`, loop);
    const build = this.of(value, { path: `${path}.item`, expression: `$${name}`, loop, hasDefault: false });
    return (isOn) => ({ [key]: build(isOn) });
  }
}

function below({ path, expression, loop, hasDefault }: Place, key: string): Place {
  return {
    path: path === '' ? key : `${path}.${key}`,
    // Parentheses: of what is absent nothing is asked (text/template: "nil" for a missing key of a missing group).
    expression: hasDefault ? `${expression}.${key}` : `(${expression}).${key}`,
    loop,
    hasDefault,
  };
}

/** A default in the language of Go's templates. */
function literal(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `(list ${value.map(literal).join(' ')})`.replace(' )', ')');
  const entries = Object.entries(value).flatMap(([key, each]) => [JSON.stringify(key), literal(each)]);
  return `(dict ${entries.join(' ')})`.replace(' )', ')');
}
