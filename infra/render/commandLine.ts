import { parseArgs } from 'node:util';
import { InputProblems } from '../inputs/read';

/** What the command was asked for. */
export interface RenderRequest {
  /** File with the inputs, as YAML. */
  config: string | undefined;
  /** Inputs that win over the file. */
  set: [path: string[], value: unknown][];
  /** Folder for the manifests. */
  out: string;
}

const usage = 'npm run manifests -- [--config FILE] [--set path.to.input=value …] --out FOLDER';

/**
 * Reads the command line.
 * @throws InputProblems for anything that cannot be understood
 */
export function readCommandLine(argv: string[]): RenderRequest {
  const options = {
    config: { type: 'string' },
    set: { type: 'string', multiple: true },
    out: { type: 'string' },
  } as const;
  const { config, set = [], out } = parsed(() => parseArgs({ args: argv, options }).values);
  if (out === undefined)
    throw new InputProblems([`--out is missing; name the folder for the manifests: ${usage}`]);
  return { config, set: set.map(assignment), out };
}

function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    const said = error instanceof Error ? (error.message.split('. ')[0] ?? '') : '';
    throw new InputProblems([`${said}; the command is: ${usage}`]);
  }
}

function assignment(text: string): [string[], unknown] {
  const [, path = '', value = ''] = /^([A-Za-z0-9_.]+)=(.*)$/s.exec(text) ?? [];
  if (path === '') throw new InputProblems([`--set ${text} names no input; give it as path.to.input=value.`]);
  return [path.split('.'), valueOf(path, value)];
}

/** Numbers, switches and JSON for lists are what they look like; all else is text. */
function valueOf(path: string, value: string): unknown {
  if (!/^(true|false|\d+|[[{].*)$/s.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    throw new InputProblems([`--set ${path} is no JSON; correct the list or group.`]);
  }
}

/** The inputs with one of them set; groups on the way are made. */
export function withInput(inputs: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  const group = typeof inputs === 'object' && inputs !== null ? (inputs as Record<string, unknown>) : {};
  return { ...group, [key]: withInput(group[key], rest, value) };
}
