import type { Plugin, PropertySchema, ResourceType } from './resource.js';

function propertyOf({ type, secret }: PropertySchema): Record<string, unknown> {
  const items = { items: { type: 'string' } };
  const values = { additionalProperties: { type: 'string' } };
  return {
    type,
    ...(type === 'array' ? items : type === 'object' ? values : {}),
    ...(secret ? { secret: true } : {}),
  };
}

function resourceOf({ properties }: ResourceType): Record<string, unknown> {
  const inputs = Object.entries(properties).filter(([, schema]) => schema.input);
  const shapes = (entries: [string, PropertySchema][]) =>
    Object.fromEntries(entries.map(([name, schema]) => [name, propertyOf(schema)]));
  return {
    properties: shapes(Object.entries(properties)),
    inputProperties: shapes(inputs),
    requiredInputs: inputs.filter(([, schema]) => schema.required).map(([name]) => name),
  };
}

/** The package schema of a stand-in: valid, and with exactly the types that it has. */
export function schemaOf(plugin: Plugin): Record<string, unknown> {
  return {
    name: plugin.name,
    version: plugin.version,
    description: `The lab's stand-in for the ${plugin.name} plugin. It has only the resource types listed here.`,
    resources: Object.fromEntries(plugin.types.map((type) => [type.token, resourceOf(type)])),
  };
}
