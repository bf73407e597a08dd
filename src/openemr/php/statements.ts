import { readExpression, readTarget, refuseUnknown } from './expressions';
import { isGuard, isGuardedExit, readConstants, readFunction, readUse } from './definitions';
import { isField } from './fields';
import { sourceOf } from './outside';
import type { SqlconfField } from './fields';
import { child, children, variableName } from './php';
import type { PhpNode } from './php';
import type { Reading } from './reading';

/** Walks a whole file and collects where the login's values are, and all that speaks against changing them. */
export function readProgram(reading: Reading, root: PhpNode): void {
  let statements = children(root, 'children');
  const declared = statements[0]?.kind === 'declare' ? statements[0] : undefined;
  if (declared) {
    if (!isStrictTypes(declared)) refuseUnknown(reading, declared);
    statements = statements.slice(1);
  }
  const namespace = statements[0]?.kind === 'namespace' ? statements[0] : undefined;
  if (namespace && statements.length === 1 && namespace['withBrackets'] === false) {
    statements = children(namespace, 'children');
    reading.inNamespace = true;
  }
  for (const statement of statements) readStatement(reading, statement, true);
}

function isStrictTypes(node: PhpNode): boolean {
  const [directive, ...more] = children(node, 'directives');
  const name = directive && child(directive, 'key')?.['name'];
  const value = directive && child(directive, 'value')?.['value'];
  return (
    more.length === 0 &&
    name === 'strict_types' &&
    (value === '1' || value === '0') &&
    node['mode'] === 'none'
  );
}

/** `always` is true for statements that run exactly once, whatever the conditions are. */
function readStatement(reading: Reading, node: PhpNode, always: boolean): void {
  switch (node.kind) {
    case 'inline':
      return;
    case 'expressionstatement':
      return readExpressionStatement(reading, child(node, 'expression') ?? node, always);
    case 'block':
      return children(node, 'children').forEach((each) => readStatement(reading, each, always));
    case 'echo':
      return children(node, 'expressions').forEach((each) => readExpression(reading, each));
    case 'unset':
      return children(node, 'variables').forEach((each) => readUnset(reading, each, always));
    case 'usegroup':
      return readUse(reading, node, always);
    case 'constantstatement':
      return readConstants(reading, node, always);
    case 'function':
      return readFunction(reading, node);
    case 'if':
      return readIf(reading, node);
    case 'foreach':
      return readForeach(reading, node);
    case 'global':
      return children(node, 'items').forEach((each) => readGlobal(reading, each));
    case 'return':
      return readReturn(reading, node, always);
    default:
      return refuseUnknown(reading, node);
  }
}

function readExpressionStatement(reading: Reading, node: PhpNode, always: boolean): void {
  const left = node.kind === 'assign' ? child(node, 'left') : undefined;
  const right = child(node, 'right');
  if (isGuard(reading, node)) return;
  if (!left || !right || node['operator'] !== '=' || !always) return readExpression(reading, node);
  const name = variableName(left);
  if (name === 'config') reading.config = configOf(reading, right);
  if (isField(name)) return readValue(reading, node, name);
  if (name === 'sqlconf') return readArray(reading, node, right);
  const what = left.kind === 'offsetlookup' ? child(left, 'what') : undefined;
  const key = variableName(what) === 'sqlconf' ? reading.key(left['offset']) : undefined;
  if (!what || !isField(key)) return readExpression(reading, node);
  if (reading.source[left.loc.end.offset - 1] !== ']') return refuseUnknown(reading, left);
  reading.sawVariable(what);
  readEntry(reading, right, key);
}

/** `unset($pass);` hurts nobody once the array has the value. */
function readUnset(reading: Reading, node: PhpNode, always: boolean): void {
  const name = variableName(node);
  if (!always || !isField(name) || reading.unsets.has(name)) return readTarget(reading, node);
  reading.sawVariable(node);
  reading.unsets.set(name, { order: reading.nextOrder(), line: node.loc.start.line });
}

function configOf(reading: Reading, node: PhpNode): string | undefined {
  if (node.kind === 'boolean') return node['value'] === true ? '1' : '0';
  const literal = reading.literal(node);
  return typeof literal === 'object' ? literal.value.toString('latin1') : undefined;
}

function readValue(reading: Reading, node: PhpNode, field: SqlconfField): void {
  const right = child(node, 'right') ?? node;
  reading.sawVariable(child(node, 'left') ?? node);
  if (reading.values.has(field)) return reading.refuse(node, `$${field} is set more than once.`, field);
  if (isEntryOf(reading, right, field)) {
    const entry = reading.entries.get(field);
    const from = child(right, 'what');
    if (from) reading.sawVariable(from);
    if (entry?.literal && !reading.copies.has(field)) {
      reading.copies.set(field, reading.nextOrder());
      return;
    }
  }
  if (reading.copies.has(field)) return reading.refuse(node, `$${field} is set more than once.`, field);
  const literal = reading.literal(right);
  if (typeof literal === 'string') return refuseValue(reading, right, field, `$${field}`, literal);
  reading.values.set(field, { order: reading.nextOrder(), literal });
}

/** `$sqlconf['pass']` where the value of `$pass` stands. */
function isEntryOf(reading: Reading, node: PhpNode, field: SqlconfField): boolean {
  if (node.kind !== 'offsetlookup' || reading.source[node.loc.end.offset - 1] !== ']') return false;
  return variableName(child(node, 'what')) === 'sqlconf' && reading.key(node['offset']) === field;
}

function readEntry(reading: Reading, right: PhpNode, field: SqlconfField): void {
  const name = `$sqlconf['${field}']`;
  if (reading.entries.has(field)) return reading.refuse(right, `${name} is set more than once.`, field);
  if (variableName(right) === field) {
    reading.sawVariable(right);
    reading.entries.set(field, { order: reading.nextOrder() });
    return;
  }
  const literal = reading.literal(right);
  if (typeof literal === 'string') return refuseValue(reading, right, field, name, literal);
  reading.entries.set(field, { order: reading.nextOrder(), literal });
}

function readArray(reading: Reading, node: PhpNode, right: PhpNode): void {
  reading.sawVariable(child(node, 'left') ?? node);
  if (right.kind !== 'array') return reading.refuse(right, '$sqlconf is not set to a plain array.');
  if (reading.arrayMadeAt !== undefined) return reading.refuse(node, '$sqlconf is set more than once.');
  if (reading.entries.size > 0) return reading.refuse(node, '$sqlconf is emptied after it was filled.');
  reading.arrayMadeAt = reading.nextOrder();
  for (const item of children(right, 'items')) {
    const key = reading.key(item['key']);
    const value = child(item, 'value');
    if (key === undefined || !value || item['byRef'] === true) {
      reading.refuse(item, '$sqlconf has an entry whose name is not a plain text.');
    } else if (isField(key)) {
      readEntry(reading, value, key);
    } else {
      readExpression(reading, value);
    }
  }
}

function refuseValue(
  reading: Reading,
  node: PhpNode,
  field: SqlconfField,
  name: string,
  kind: 'interpolated' | 'unknown',
): void {
  const outside = sourceOf(node);
  if (outside !== undefined) return reading.refuseOutside(node, field, outside);
  const what = kind === 'interpolated' ? 'contains a variable' : 'is not a plain literal';
  reading.refuse(node, `The value of ${name} ${what}.`, field);
}

function readIf(reading: Reading, node: PhpNode): void {
  if (isGuardedExit(reading, node)) return;
  const test = child(node, 'test');
  if (test) readExpression(reading, test);
  for (const property of ['body', 'alternate']) {
    const branch = child(node, property);
    if (branch) readStatement(reading, branch, false);
  }
}

function readForeach(reading: Reading, node: PhpNode): void {
  const source = child(node, 'source');
  const body = child(node, 'body');
  if (source) readExpression(reading, source);
  for (const property of ['key', 'value']) {
    const target = child(node, property);
    if (target) readTarget(reading, target);
  }
  if (body) readStatement(reading, body, false);
}

function readGlobal(reading: Reading, node: PhpNode): void {
  reading.sawVariable(node);
  const name = variableName(node);
  if (name === 'this') refuseUnknown(reading, node);
  if (name !== undefined) reading.globals.set(name, reading.nextOrder());
}

function readReturn(reading: Reading, node: PhpNode, always: boolean): void {
  const value = child(node, 'expr');
  if (value) readExpression(reading, value);
  if (!always) return reading.refuse(node, 'The file can end before its end.');
  reading.returnedAt ??= { order: reading.nextOrder(), line: node.loc.start.line };
}
