import { z } from 'zod';
import { ownVariables } from '../kubernetes/environment';
import { openNames, secretName } from '../inputs/rules';
import { chartInputs } from './inputs';

/** A part of a JSON Schema. */
export type JsonSchema = Record<string, unknown>;

/**
 * The schema of the values, from that of the inputs. What needs a function, such as a schedule that ever starts, is left to
 * the API server; what one input asks of another stands here as far as JSON Schema can say it.
 */
export function valuesSchema(): JsonSchema {
  const made = z.toJSONSchema(chartInputs, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => withPattern(jsonSchema as JsonSchema),
  }) as JsonSchema & { properties: JsonSchema; required: string[] };
  const { properties, required, ...rest } = made;
  return {
    ...rest,
    title: 'Values of the chart credential-rotation',
    // Helm hands "global" to each chart; the namespace is the release's where none is given.
    properties: { ...properties, global: { type: 'object' } },
    required: required.filter((each) => each !== 'namespace'),
    allOf: rules(),
  };
}

/** Helm's regular expressions (RE2) know no look-ahead, and no more than 1000 repetitions. */
export function withPattern(schema: JsonSchema): void {
  const { checkPattern } = schema;
  delete schema['checkPattern'];
  if (typeof checkPattern !== 'string') return;
  const [, most] = /\{1,(\d{4,})\}\$$/.exec(checkPattern) ?? [];
  const pattern = most === undefined ? checkPattern : checkPattern.replace(`{1,${most}}$`, '+$');
  if (most !== undefined) schema['maxLength'] = Number(most);
  const [not, rest] = lookAhead(pattern);
  Object.assign(schema, not === undefined ? {} : { not: { pattern: `^${not}` } }, { pattern: rest });
}

/** What an expression must not begin with, and the expression without that. */
function lookAhead(pattern: string): [not: string | undefined, rest: string] {
  const start = '^(?!';
  if (!pattern.startsWith(start)) return [undefined, pattern];
  let depth = 1;
  let end = start.length;
  for (; depth > 0; end++) depth += { '(': 1, ')': -1 }[pattern[end] ?? ''] ?? 0;
  return [pattern.slice(start.length, end - 1), `^${pattern.slice(end)}`];
}

/** What holds at a path, where something is there. */
export const within = (path: string, schema: JsonSchema): JsonSchema =>
  path.split('.').reduceRight<JsonSchema>((inner, key) => ({ properties: { [key]: inner } }), schema);

/** That something is at a path. */
export const given = (path: string): JsonSchema =>
  path
    .split('.')
    .reduceRight<JsonSchema>(
      (inner, key) => ({ type: 'object', required: [key], properties: { [key]: inner } }),
      {},
    );

/** What the rules of the inputs ask of several of them (infra/inputs/rules.ts). */
function rules(): JsonSchema[] {
  const volume = { required: ['fileSystem', 'accessPoint'], not: { required: ['claim'] } };
  const claim = {
    required: ['claim'],
    not: { anyOf: [{ required: ['fileSystem'] }, { required: ['accessPoint'] }] },
  };
  const notOwn = { not: { enum: ownVariables() } };
  return [
    within('sites', { oneOf: [claim, volume] }),
    { if: given('sites.claim'), then: { properties: { kubernetes: { required: ['user'] } } } },
    {
      if: within('existing.secretsProvider', { const: 'passphrase' }),
      then: given('kubernetes.secretEnvironment.PULUMI_CONFIG_PASSPHRASE'),
    },
    within('kubernetes.network.databaseCidrs', { minItems: 1 }),
    within('kubernetes.network.more', {
      items: { oneOf: [{ required: ['cidr'] }, { required: ['namespace'] }] },
    }),
    within('kubernetes.environment', {
      propertyNames: {
        allOf: [notOwn, { anyOf: [{ enum: openNames }, { not: { pattern: secretName.source } }] }],
      },
    }),
    within('kubernetes.secretEnvironment', { propertyNames: notOwn }),
  ];
}
