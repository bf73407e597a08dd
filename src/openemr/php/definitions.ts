import { isHarmlessFunction, readExpression, refuseUnknown } from './expressions';
import { child, children } from './php';
import type { PhpNode } from './php';
import type { Reading } from './reading';

/** Names that PHP does not let a `use` or a constant have. */
const reserved = new Set(
  `self parent static int float bool string true false null void never mixed object iterable array callable
  __compiler_halt_offset__`.split(/\s+/),
);
const plainName = /^[A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]*$/;

/** `use A\\B;` only shortens names of classes; one of functions could stand for another than PHP's own. */
export function readUse(reading: Reading, node: PhpNode, always: boolean): void {
  const items = children(node, 'items');
  const names = items.map(
    (item) => (child(item, 'alias')?.['name'] ?? String(item['name']).split('\\').at(-1)) as unknown,
  );
  const plain =
    node['type'] === null &&
    node['name'] === null &&
    items.every(
      (item) =>
        item['type'] === null && /^\\?[\w\x80-\xff]+(?:\\[\w\x80-\xff]+)*$/.test(String(item['name'])),
    );
  if (!always || !plain || !names.every((name) => reading.define('use', String(name), reserved)))
    refuseUnknown(reading, node);
}

/** `const X = 'a';` with plain values. */
export function readConstants(reading: Reading, node: PhpNode, always: boolean): void {
  for (const constant of children(node, 'constants')) {
    const name = String(child(constant, 'name')?.['name']);
    const value = child(constant, 'value');
    const plain =
      value && isConstant(value) && plainName.test(name) && reading.define('const', name, reserved);
    if (!always || !plain) refuseUnknown(reading, constant);
    else readExpression(reading, value);
  }
}

function isConstant(node: PhpNode): boolean {
  if (['string', 'number', 'boolean', 'nullkeyword'].includes(node.kind)) return true;
  if (node.kind !== 'bin' || node['type'] !== '.') return false;
  return ['left', 'right'].every((side) => {
    const part = child(node, side);
    return part !== undefined && part.kind !== 'number' && isConstant(part);
  });
}

/**
 * A function does nothing until it is called, and this reader lets no function be called but those of PHP that it knows.
 * In a namespace a function could have the name of one of these.
 */
export function readFunction(reading: Reading, node: PhpNode): void {
  const name = String(child(node, 'name')?.['name']);
  const plain = plainName.test(name) && !name.startsWith('__') && !isHarmlessFunction(name);
  if (reading.inNamespace || !plain || !reading.define('function', name, reserved) || !reading.skip(node))
    refuseUnknown(reading, node);
}

/** `defined('X') or die;`: a file that is read at all has come past it. */
export function isGuard(reading: Reading, node: PhpNode): boolean {
  const [left, right] = [child(node, 'left'), child(node, 'right')];
  if (node.kind !== 'bin' || !['or', '||'].includes(String(node['type'])) || !left || !right) return false;
  return isDefined(reading, left) && isExit(reading, right);
}

/** `if (!defined('X')) { die('…'); }` */
export function isGuardedExit(reading: Reading, node: PhpNode): boolean {
  const [test, body] = [child(node, 'test'), child(node, 'body')];
  const asked = test?.kind === 'unary' && test['type'] === '!' ? child(test, 'what') : undefined;
  if (!asked || !body || child(node, 'alternate')) return false;
  const [statement = body, ...more] = body.kind === 'block' ? children(body, 'children') : [body];
  const exit = statement.kind === 'expressionstatement' ? child(statement, 'expression') : undefined;
  return more.length === 0 && exit !== undefined && isDefined(reading, asked) && isExit(reading, exit);
}

function isDefined(reading: Reading, node: PhpNode): boolean {
  const [argument, ...more] = children(node, 'arguments');
  const name = String(child(node, 'what')?.['name']).replace(/^\\/, '').toLowerCase();
  return (
    node.kind === 'call' && name === 'defined' && more.length === 0 && reading.key(argument) !== undefined
  );
}

function isExit(reading: Reading, node: PhpNode): boolean {
  const said = child(node, 'expression');
  return node.kind === 'exit' && (said === undefined || typeof reading.literal(said) === 'object');
}
