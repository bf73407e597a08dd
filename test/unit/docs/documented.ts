import { repositoryText } from './readme';

/** The fields that a section of docs/json.md, or of another file of docs/, lists: their types by their paths. */
export function documentedFields(section: string, file = 'json.md'): Map<string, string[]> {
  const text = repositoryText('docs', file);
  const start = text.indexOf(`\n## ${section}\n`);
  if (start < 0) throw new Error(`docs/${file} has no section ${section}`);
  const end = text.indexOf('\n## ', start + 1);
  const rows = text.slice(start, end < 0 ? undefined : end).matchAll(/^\| `([^`]+)` \| ([a-z ]+) \|/gm);
  return new Map([...rows].map(([, field = '', types = '']) => [field, types.split(' or ')]));
}

/** Every field of a value with the types that it has there, by path. */
export function fieldsOf(value: unknown, path = '', found = new Map<string, Set<string>>()): typeof found {
  const type = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  if (path !== '') found.set(path, (found.get(path) ?? new Set()).add(type));
  if (Array.isArray(value)) {
    for (const each of value) if (typeof each === 'object') fieldsOf(each, `${path}[]`, found);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, each] of Object.entries(value))
      fieldsOf(each, path === '' ? key : `${path}.${key}`, found);
  }
  if (path.endsWith('[]')) found.delete(path);
  return found;
}

/** What real output and docs/json.md do not agree on; `samples` together must show every field. */
export function undocumented(section: string, samples: readonly unknown[], file = 'json.md'): string[] {
  const found = new Map<string, Set<string>>();
  for (const sample of samples) fieldsOf(JSON.parse(JSON.stringify(sample)), '', found);
  const documented = documentedFields(section, file);
  const missing = [...documented.keys()].filter((field) => !found.has(field));
  return [...unknownFields(found, documented), ...missing.map((field) => `${field} is in no output`)];
}

/** Fields that are not documented, or not with the types that they have. */
export function unknownFields(found: Map<string, Set<string>>, documented: Map<string, string[]>): string[] {
  return [...found].flatMap(([field, types]) => {
    const allowed = documented.get(field);
    if (allowed === undefined) return [`${field} is not documented`];
    return [...types].filter((type) => !allowed.includes(type)).map((type) => `${field} is ${type}`);
  });
}
