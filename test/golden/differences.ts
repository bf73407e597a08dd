/** How what is stable differs from what was recorded. */
export interface Differences {
  /** Changed or gone: what a program, a state or a person may rely on. */
  changed: string[];
  /** New: allowed, and from now on stable, too. */
  added: string[];
}

/**
 * Compares one golden file with what the code gives.
 * @param name the file, as the sentences name it
 */
export function differences(name: string, recorded: unknown, now: unknown): Differences {
  const [before, after] = [flat(recorded), flat(now)];
  const changed: string[] = [];
  const added: string[] = [];
  for (const [path, value] of before) {
    const found = after.get(path);
    if (found === undefined) changed.push(`${name}: ${path} (${value}) is gone`);
    else if (found !== value) changed.push(`${name}: ${path} was ${value}, is ${found}`);
  }
  for (const [path, value] of after) {
    if (before.has(path)) continue;
    if (isNeededNow(path, value, before)) changed.push(`${name}: ${path} is needed now, and was not`);
    else added.push(`${name}: ${path} (${value})`);
  }
  return { changed, added };
}

/**
 * Whether something must be there from now on that was not there before, in a thing that is not itself new: `required`
 * in the schema of what is read back from old states, or an input of a program that has no default.
 */
function isNeededNow(path: string, value: string, before: Map<string, string>): boolean {
  const wasThere = (thing: string): boolean => [...before.keys()].some((each) => each.startsWith(thing));
  const [, object] = /^(.*)required\/[^/]+$/.exec(path) ?? [];
  if (object !== undefined) return wasThere(object === '' ? '' : `${object}properties/`);
  return value === '"required"' && wasThere(path.replace(/[^/.]+$/, ''));
}

/** Each value by its path; a list of texts is a set. */
function flat(value: unknown, path = '', found = new Map<string, string>()): Map<string, string> {
  if (typeof value !== 'object' || value === null) return found.set(path, JSON.stringify(value));
  const entries = Array.isArray(value)
    ? value.map((each: unknown, at): [string, unknown] =>
        typeof each === 'string' || typeof each === 'number' ? [`${each}`, true] : [`${at}`, each],
      )
    : Object.entries(value);
  for (const [key, each] of entries) flat(each, path === '' ? key : `${path}/${key}`, found);
  return found;
}
