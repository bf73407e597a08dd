import { readFileSync } from 'node:fs';
import type { Document, LineCounter } from 'yaml';
import { Failure } from '../base/failure';
import type { OptionName } from '../settings/options';
import { optionNames } from '../settings/options';
import type { GivenValues } from '../settings/settings';
import { unreadable } from '../base/unreadable';
import { fleetFaults } from './fileFaults';
import type { FleetText } from './fileSchema';
import { fleetSchema } from './fileSchema';
import { keyOf } from './keys';

/** One OpenEMR of a fleet, as its file says it. */
export interface FleetEntry {
  /** Also the name of its stack. */
  name: string;
  /** What its own entry says. */
  own: GivenValues;
  kubeconfig?: string;
  awsProfile?: string;
}

/** What the pods of a Job need, as the file says it; undefined where it does not. */
export type JobText = NonNullable<FleetText['job']>;

/** A fleet file as read, checked. No secret is in it. */
export interface FleetFile {
  name: string;
  /** Undefined where the file does not say; the flags may. */
  concurrency?: number;
  staggerSeconds?: number;
  onFailure?: 'stop' | 'continue';
  ifOlderThan?: string;
  /** What holds for every deployment that does not say otherwise. */
  defaults: GivenValues;
  /** Only for `fleet manifest`. */
  job?: JobText;
  /** In the order of the file; the place in this list is the index of a Job. */
  deployments: FleetEntry[];
}

/** Where a fleet's faults can also come from: settings that the file need not name. */
export interface FileContext {
  /** Settings given by flags or, where they name no deployment, by the environment. */
  given: GivenValues;
}

/**
 * Reads a fleet file.
 * @throws Failure `configuration` that names every fault at once, each with its path and line in the file
 */
export async function readFleetFile(
  file: string,
  context: FileContext,
): Promise<{ fleet: FleetFile; text: string }> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw unreadable(`--fleet: ${file}`, error, 'name a fleet file, see docs/fleet.md');
  }
  return { fleet: await parseFleet(text, file, context), text };
}

/** The same of a text; `file` only stands in messages. @throws Failure `configuration` */
export async function parseFleet(text: string, file: string, context: FileContext): Promise<FleetFile> {
  // Loaded here: no other command needs a parser of files.
  const yaml = await import('yaml');
  const lines = new yaml.LineCounter();
  // Every scalar is a text, as it is in a stack file: a namespace 007 is no number.
  const document = yaml.parseDocument(text, { schema: 'failsafe', lineCounter: lines });
  const unreadable = document.errors.map(
    ({ message, linePos }) => `line ${linePos?.[0].line ?? '?'}: ${message.split(/ at line |\n/)[0]}`,
  );
  if (unreadable.length > 0) throw faulty(file, unreadable);
  const raw: unknown = document.toJS();
  const faults = fleetFaults(raw, context.given);
  if (faults.length > 0)
    throw faulty(
      file,
      faults.map(({ path, text: what }) => `${pathText(path)} ${what}${lineText(document, lines, path)}`),
    );
  return fleetOf(fleetSchema.parse(raw));
}

function faulty(file: string, faults: string[]): Failure {
  return new Failure('fleet-file-invalid', `Fleet file ${file}: ${faults.join('; ')}.`);
}

function pathText(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'the file';
  return path
    .map((part, index) =>
      typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`,
    )
    .join('');
}

/** The line of the node, or of the nearest one around it that is there. */
function lineText(document: Document, lines: LineCounter, path: readonly PropertyKey[]): string {
  for (let length = path.length; length > 0; length -= 1) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined;
    if (Array.isArray(range)) return ` (line ${lines.linePos(Number(range[0])).line})`;
  }
  return '';
}

function fleetOf(text: FleetText): FleetFile {
  const { name, concurrency, stagger, onFailure, ifOlderThan, job, defaults = {}, deployments } = text;
  return {
    name: name ?? 'fleet',
    ...(concurrency === undefined ? {} : { concurrency: Number(concurrency) }),
    ...(stagger === undefined ? {} : { staggerSeconds: Number(stagger) }),
    ...(onFailure === undefined ? {} : { onFailure }),
    ...(ifOlderThan === undefined ? {} : { ifOlderThan }),
    ...(job === undefined ? {} : { job }),
    defaults: valuesOf(defaults),
    deployments: deployments.map(({ name: own, kubeconfig, awsProfile, ...settings }) => ({
      name: own,
      own: valuesOf(settings),
      ...(kubeconfig === undefined ? {} : { kubeconfig }),
      ...(awsProfile === undefined ? {} : { awsProfile }),
    })),
  };
}

function valuesOf(settings: Record<string, unknown>): GivenValues {
  const named = optionNames.flatMap((name): [OptionName, string][] => {
    const value = settings[keyOf(name)];
    return typeof value === 'string' ? [[name, value]] : [];
  });
  return Object.fromEntries(named);
}
