import { isMap, isScalar, parseDocument, stringify } from 'yaml';
import { projectName } from '../settings/settings';

/** What a stack file is to hold, and what it then holds. */
export interface MergedFile {
  text: string;
  /** Keys that are new in it, without the prefix. */
  added: string[];
  /** Keys whose value was replaced. */
  replaced: string[];
  /** Keys that have another value in the file, and keep it. */
  kept: string[];
}

/**
 * Puts settings into the text of a stack file; every line that it does not set stays as it is, to the byte.
 * @param text YAML, or empty for a new file
 * @param values by their stack keys, without the prefix
 * @param force replace what has another value
 */
export function mergeStackFile(
  text: string,
  values: Readonly<Record<string, string>>,
  force: boolean,
): MergedFile {
  const document = parseDocument(text);
  const config = document.get('config', true);
  const map = isMap(config) && !config.flow && config.items.length > 0 ? config : undefined;
  const merged: MergedFile = { text, added: [], replaced: [], kept: [] };
  const edits: { from: number; to: number; put: string }[] = [];
  const lines: string[] = [];
  for (const [key, value] of Object.entries(values)) {
    const node = isMap(config) ? config.get(`${projectName}:${key}`, true) : undefined;
    if (node === undefined) {
      merged.added.push(key);
      lines.push(`${projectName}:${key}: ${scalar(value)}`);
    } else if (isScalar(node) && String(node.value) === value) continue;
    else if (!force || !isScalar(node) || !node.range) merged.kept.push(key);
    else {
      merged.replaced.push(key);
      edits.push({ from: node.range[0], to: node.range[1], put: scalar(value) });
    }
  }
  if (lines.length > 0) {
    if (map?.range) edits.push(insertion(text, map.range[1], lines, indentOf(text, map.range[0])));
    else return { ...merged, text: withConfig(text, document.has('config'), values, merged) };
  }
  merged.text = edits
    .sort((one, other) => other.from - one.from)
    .reduce((now, { from, to, put }) => `${now.slice(0, from)}${put}${now.slice(to)}`, text);
  return merged;
}

/** A value as YAML has it on one line. */
function scalar(value: string): string {
  return stringify(value, { lineWidth: 0 }).trimEnd();
}

/** How far the line is indented that a map begins in. */
function indentOf(text: string, at: number): string {
  const line = text.slice(text.lastIndexOf('\n', at - 1) + 1, at);
  return /^ *$/.test(line) ? line : '  ';
}

/** New lines behind the last one of the map, before the comments and blank lines that follow it. */
function insertion(
  text: string,
  end: number,
  lines: readonly string[],
  indent: string,
): { from: number; to: number; put: string } {
  const before = text.slice(0, end).trimEnd().length;
  const newline = text.indexOf('\n', before);
  const at = newline < 0 ? text.length : newline;
  return { from: at, to: at, put: lines.map((line) => `\n${indent}${line}`).join('') };
}

/** The text of a file that has no block under `config:` yet. */
function withConfig(
  text: string,
  hasConfig: boolean,
  values: Readonly<Record<string, string>>,
  { added }: MergedFile,
): string {
  if (hasConfig) {
    const document = parseDocument(text);
    if (!isMap(document.get('config'))) document.set('config', document.createNode({}));
    const config = document.get('config');
    if (isMap(config)) config.flow = false;
    for (const key of added) document.setIn(['config', `${projectName}:${key}`], values[key]);
    return document.toString({ lineWidth: 0 });
  }
  const lines = added.map((key) => `  ${projectName}:${key}: ${scalar(values[key] ?? '')}\n`);
  const above = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  return `${above}config:\n${lines.join('')}`;
}
