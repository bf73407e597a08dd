import type { SqlconfProblem } from './fields';
import { isNode, variableName } from './php';
import type { PhpNode } from './php';

const ofEnvironment = new Set(['_ENV', '_SERVER']);
const functions = new Map<string, NonNullable<SqlconfProblem['outside']>>([
  ['getenv', 'environment'],
  ['file_get_contents', 'file'],
  ['file', 'file'],
  ['fgets', 'file'],
  ['fread', 'file'],
  ['parse_ini_file', 'file'],
]);

/** From where an expression takes a value that does not stand in the file; undefined for all else. */
export function sourceOf(node: PhpNode): SqlconfProblem['outside'] {
  const name = variableName(node);
  if (name !== undefined && ofEnvironment.has(name)) return 'environment';
  const called = node.kind === 'call' && isNode(node['what']) ? String(node['what']['name']) : '';
  const own = functions.get(called.replace(/^\\/, '').toLowerCase());
  if (own !== undefined) return own;
  for (const [key, value] of Object.entries(node)) {
    if (key === 'loc') continue;
    for (const each of Array.isArray(value) ? value : [value]) {
      const found = isNode(each) ? sourceOf(each) : undefined;
      if (found !== undefined) return found;
    }
  }
  return undefined;
}
