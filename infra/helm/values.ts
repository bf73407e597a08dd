import { stringify } from 'yaml';
import type { z } from 'zod';
import { definitionOf, unwrapped } from '../inputs/table';
import { chartInputs } from './inputs';

const header = `# Values of the chart, made by \`npm run chart\`: the inputs of the plain manifests (docs/platform.md), so that one file of
# inputs serves both. What has no default stands behind #.
`;

/** values.yaml: every value with its meaning, and with its default where it has one. */
export function valuesFile(): string {
  return `${header}${linesOf(chartInputs).join('\n')}\n`;
}

/** The values of a group; those below one that is absent are comments. */
function linesOf(schema: z.ZodType, path = ''): string[] {
  return Object.entries(definitionOf(schema).shape ?? {}).flatMap(([key, each]) => {
    const own = path === '' ? key : `${path}.${key}`;
    const { inner, isOptional } = unwrapped(each);
    const note = `# ${meaningOf(own, each)}`;
    if (definitionOf(inner).shape === undefined) return [note, lineOf(key, each)];
    const below = linesOf(inner, own);
    if (isOptional) return [note, `# ${key}:`, ...below.map((line) => `#   ${line}`)];
    const holds = below.some((line) => !line.trimStart().startsWith('#'));
    return [note, holds ? `${key}:` : `${key}: {}`, ...below.map((line) => `  ${line}`)];
  });
}

function meaningOf(path: string, schema: z.ZodType): string {
  const { value, describe, inner } = unwrapped(schema);
  if (path === 'namespace') return `${describe}; without it the release's`;
  const isGroup = definitionOf(inner).shape !== undefined;
  return value === 'required' && !isGroup ? `${describe} [required]` : describe;
}

function lineOf(key: string, schema: z.ZodType): string {
  const { defaultValue } = unwrapped(schema);
  if (defaultValue === undefined) return `# ${key}:`;
  return `${key}: ${stringify(defaultValue, { collectionStyle: 'flow', lineWidth: 0 }).trimEnd()}`;
}
