import { z } from 'zod';
import { rotationInputs } from '../inputs/inputs';

/** The package's name as Pulumi knows it, and the one type in it: the URNs of every stack begin with these. */
export const packageName = 'credential-rotation';
export const componentType = `${packageName}:index:CredentialRotation`;

/** What the component gives back; all are left out without the half aws. */
const outputs = {
  slotSecretArn: 'ARN of the slot secret',
  adminSecretArn: 'ARN of the admin secret',
  roleArn: "ARN of the rotation's IAM role",
  backendUrl: 'where the Pulumi states of the rotations are',
  secretsProvider: 'what encrypts the passwords in these states',
};

/** One property, or the type in it (pulumi.com/docs/iac/guides/building-extending/packages/schema). */
interface Property {
  type?: string;
  $ref?: string;
  items?: Property;
  additionalProperties?: Property;
  plain?: boolean;
  secret?: boolean;
  description?: string;
}

interface ObjectType {
  type: 'object';
  description?: string;
  properties: Record<string, Property>;
  required: string[];
}

/** The schema of the package, from which Pulumi makes the SDKs of other languages. */
export interface PackageSchema {
  name: string;
  version: string;
  description: string;
  types: Record<string, ObjectType>;
  resources: Record<string, object>;
  language: Record<string, { respectSchemaVersion: true }>;
  dependencies: { name: string; version: string }[];
}

/** What of a zod schema is looked at (zod.dev/library-authors: `_zod.def`). */
interface Definition {
  type: string;
  innerType?: z.ZodType;
  in?: z.ZodType;
  element?: z.ZodType;
  valueType?: z.ZodType;
  shape?: Record<string, z.ZodType>;
  defaultValue?: unknown;
}

interface Unwrapped {
  inner: z.ZodType;
  definition: Definition;
  required: boolean;
  /** What it means; with its default, which the component fills in whatever the language is. */
  description: string;
}

/**
 * The schema from the component's own inputs, so that there is no second list of them.
 * @param plugins versions of the plugins that the component's resources need
 */
export function packageSchema(
  version: string,
  description: string,
  plugins: Record<string, string>,
): PackageSchema {
  const types: Record<string, ObjectType> = {};
  const { properties, required } = objectType(rotationInputs, 'Rotation', types);
  const component = {
    type: 'object',
    isComponent: true,
    description:
      'Everything that a scheduled rotation of one OpenEMR needs, in AWS, in the cluster, or in both.',
    inputProperties: properties,
    requiredInputs: required,
    properties: Object.fromEntries(
      Object.entries(outputs).map(([name, what]) => [name, { type: 'string', description: what }]),
    ),
  };
  const languages = ['nodejs', 'python', 'csharp', 'java', 'go'];
  return {
    name: packageName,
    version,
    description,
    types,
    resources: { [componentType]: component },
    language: Object.fromEntries(languages.map((language) => [language, { respectSchemaVersion: true }])),
    dependencies: Object.entries(plugins).map(([name, its]) => ({ name, version: its })),
  };
}

/** The names of the component's outputs. */
export const outputNames = Object.keys(outputs) as (keyof typeof outputs)[];

function objectType(schema: z.ZodType, name: string, types: Record<string, ObjectType>): ObjectType {
  const { definition, description } = unwrapped(schema);
  const properties: Record<string, Property> = {};
  const required: string[] = [];
  for (const [key, each] of Object.entries(definition.shape ?? {})) {
    const found = unwrapped(each);
    properties[key] = {
      ...property(each, `${name}${key[0]?.toUpperCase()}${key.slice(1)}`, key, types),
      ...(found.description === '' ? {} : { description: found.description }),
    };
    if (found.required) required.push(key);
  }
  return { type: 'object', ...(description === '' ? {} : { description }), properties, required };
}

function property(schema: z.ZodType, name: string, key: string, types: Record<string, ObjectType>): Property {
  const { inner, definition } = unwrapped(schema);
  const inside = (each: z.ZodType | undefined): Property => property(each ?? inner, name, key, types);
  switch (definition.type) {
    case 'object': {
      // Without the part that all names begin with.
      const token = `${packageName}:index:${name.replace(/^Rotation/, '')}`;
      types[token] = objectType(schema, name, types);
      return { $ref: `#/types/${token}`, plain: true };
    }
    case 'array':
      return { type: 'array', items: inside(definition.element), plain: true };
    case 'record':
      return { type: 'object', additionalProperties: inside(definition.valueType), plain: true };
    case 'number':
      return { type: isSmall(inner) ? 'integer' : 'number', plain: true };
    case 'boolean':
      return { type: 'boolean', plain: true };
    case 'string':
    case 'enum':
      return { type: 'string', plain: true };
    case 'custom':
      // What may come from another resource, and so is known later.
      return { type: 'string', ...(key === 'password' ? { secret: true } : {}) };
    default:
      throw new Error(`${name}: an input of the kind ${definition.type} has no place in Pulumi's schema yet`);
  }
}

/** Pulumi's integers have 32 bits with a sign; ids of users have more. */
function isSmall(schema: z.ZodType): boolean {
  return schema instanceof z.ZodNumber && (schema.maxValue ?? Infinity) < 2 ** 31;
}

/** The schema without what only says that it may be left out, and what its absence means. */
function unwrapped(schema: z.ZodType): Unwrapped {
  let [inner, required, description, value] = [schema, true, schema.description ?? '', ''];
  for (;;) {
    const definition: Definition = inner.def;
    description ||= inner.description ?? '';
    if (['optional', 'default', 'prefault'].includes(definition.type)) required = false;
    if (definition.type === 'default') value = ` (default: ${JSON.stringify(definition.defaultValue)})`;
    const next = definition.type === 'pipe' ? definition.in : definition.innerType;
    if (next === undefined) return { inner, definition, required, description: description + value };
    inner = next;
  }
}
