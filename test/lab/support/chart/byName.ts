/** An object as far as it is looked at. */
export interface Named {
  kind: string;
  metadata: { name: string };
}

/** Objects by kind and name. The order of variables means nothing: none refers to another. */
export function byName(objects: unknown[]): Record<string, unknown> {
  const named = (JSON.parse(JSON.stringify(objects)) as Named[]).map((object): [string, unknown] => [
    `${object.kind} ${object.metadata.name}`,
    JSON.parse(JSON.stringify(object), (key, value: unknown) =>
      key === 'env' ? (value as { name: string }[]).sort((a, b) => a.name.localeCompare(b.name)) : value,
    ),
  ]);
  return Object.fromEntries(named);
}
