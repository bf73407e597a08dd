import { isField, isWatched } from './fields';
import { child, children, isNode, variableName } from './php';
import type { PhpNode } from './php';
import type { Reading } from './reading';

/**
 * PHP functions that a configuration file may call: none of them runs code of the file's own, includes a file,
 * takes an argument by reference or sets variables of its caller.
 */
const harmlessFunctions = new Set(
  `array_key_exists array_merge basename boolval constant count date_default_timezone_set define
  defined dirname error_reporting explode extension_loaded file_exists file_get_contents function_exists getenv
  implode in_array ini_get ini_set intval is_array is_dir is_file is_readable is_string json_decode ltrim
  mb_internal_encoding mysqli_report php_sapi_name phpversion putenv realpath rtrim sprintf str_contains str_ends_with
  str_starts_with strlen strpos strtolower strtoupper strval substr trim version_compare`.split(/\s+/),
);

/** Whether a call of this name would be taken for one of PHP's own. */
export function isHarmlessFunction(name: string): boolean {
  return harmlessFunctions.has(name.toLowerCase());
}

const plainKinds = new Set(['string', 'number', 'boolean', 'nullkeyword']);
const subscripted = new Set(['variable', 'offsetlookup', 'array', 'string', 'call', 'staticlookup', 'name']);
const castTypes = new Set([
  'int',
  'integer',
  'float',
  'double',
  'string',
  'bool',
  'boolean',
  'array',
  'object',
]);
/** Kinds that only compute from their operands, with the properties that hold them. */
const operands: Record<string, string[]> = {
  bin: ['left', 'right'],
  unary: ['what'],
  silent: ['expr'],
  empty: ['expression'],
  print: ['expression'],
  retif: ['test', 'trueExpr', 'falseExpr'],
};

/**
 * Walks an expression that must leave the login as it is, and refuses it where that is not certain.
 * Only kinds that are known to be harmless pass.
 */
export function readExpression(reading: Reading, node: PhpNode): void {
  if (plainKinds.has(node.kind)) return;
  if (node['type'] === '&' || node['operator'] === '&=') reading.ampersands += 1;
  const properties = operands[node.kind];
  if (properties && node['type'] !== '|>') {
    for (const property of properties) readChild(reading, node, property);
    return;
  }
  switch (node.kind) {
    case 'variable':
      return reading.sawVariable(node);
    case 'offsetlookup':
      return readLookup(reading, node);
    case 'assign':
      readTarget(reading, child(node, 'left') ?? node);
      return readChild(reading, node, 'right');
    case 'pre':
    case 'post':
      return readTarget(reading, child(node, 'what') ?? node);
    case 'isset':
      return children(node, 'variables').forEach((each) => readExpression(reading, each));
    case 'array':
      return children(node, 'items').forEach((each) => readItem(reading, each));
    default:
      return readGuarded(reading, node);
  }
}

/** Walks what an assignment, `unset` or `foreach` writes to; refuses it if that can be part of the login. */
export function readTarget(reading: Reading, node: PhpNode): void {
  if (node.kind === 'list' || node.kind === 'array') {
    for (const item of children(node, 'items')) {
      const value = child(item, 'value');
      if (item.kind !== 'entry' || item['byRef'] === true || !value) refuseUnknown(reading, item);
      else readTarget(reading, value);
      readChild(reading, item, 'key');
    }
    return;
  }
  let base = node;
  let key: unknown;
  while (base.kind === 'offsetlookup') {
    if (isNode(base['offset'])) readExpression(reading, base['offset']);
    checkBracket(reading, base);
    key = base['offset'];
    base = child(base, 'what') ?? node;
    if (base === node) break;
  }
  const name = variableName(base);
  if (name === undefined || node['byref'] === true) return refuseUnknown(reading, base);
  reading.sawVariable(base);
  if (!isWatched(name)) return;
  const text = reading.key(key);
  const elsewhere = name === 'sqlconf' ? text !== undefined && !isField(text) : undefined;
  if (elsewhere === true) return;
  if (name === 'GLOBALS' && text !== undefined && !isWatched(text)) return;
  const field = isField(name) ? name : isField(text) ? text : undefined;
  reading.refuse(node, 'A value of the login is changed in a way that cannot be followed safely.', field);
}

function readGuarded(reading: Reading, node: PhpNode): void {
  if (node.kind === 'nowdoc' || (node.kind === 'encapsed' && node['type'] === 'heredoc')) {
    if (!reading.isHeredoc(node)) refuseUnknown(reading, node);
  } else if (node.kind === 'encapsed' && node['type'] === 'string') {
    for (const part of children(node, 'value')) readChild(reading, part, 'expression');
  } else if (node.kind === 'cast' && castTypes.has(String(node['type']))) {
    readChild(reading, node, 'expr');
  } else if (node.kind === 'call' && isHarmlessCall(node)) {
    for (const argument of children(node, 'arguments')) readExpression(reading, argument);
  } else if (
    !isName(node) &&
    !(node.kind === 'magic' && /^\w+$/.test(String(node['raw']))) &&
    !(
      node.kind === 'staticlookup' &&
      isName(child(node, 'what')) &&
      child(node, 'offset')?.kind === 'identifier'
    )
  ) {
    refuseUnknown(reading, node);
  }
}

function isName(node: PhpNode | undefined): boolean {
  return node?.kind === 'name' && /^\\?[\w\x80-\xff]+(?:\\[\w\x80-\xff]+)*$/.test(String(node['name']));
}

function isHarmlessCall(node: PhpNode): boolean {
  const what = child(node, 'what');
  if (!what || !isName(what) || !['uqn', 'fqn'].includes(String(what['resolution']))) return false;
  return harmlessFunctions.has(String(what['name']).replace(/^\\/, '').toLowerCase());
}

function readItem(reading: Reading, item: PhpNode): void {
  if (item.kind !== 'entry' || item['byRef'] === true) return refuseUnknown(reading, item);
  readChild(reading, item, 'key');
  readChild(reading, item, 'value');
}

function readLookup(reading: Reading, node: PhpNode): void {
  checkBracket(reading, node);
  if (!isNode(node['offset']) || !subscripted.has(child(node, 'what')?.kind ?? ''))
    refuseUnknown(reading, node);
  readChild(reading, node, 'what');
  readChild(reading, node, 'offset');
}

// The parser still takes `$a{0}`, which PHP 8 does not.
function checkBracket(reading: Reading, node: PhpNode): void {
  if (reading.source[node.loc.end.offset - 1] !== ']') refuseUnknown(reading, node);
}

function readChild(reading: Reading, node: PhpNode, property: string): void {
  const value = child(node, property);
  if (value) readExpression(reading, value);
}

const names: Record<string, string> = {
  include: 'includes another file',
  eval: 'runs code from a text',
  exit: 'can end before its end',
  call: 'calls a function that is not known to be harmless',
  assignref: 'makes a reference to a variable',
  closure: 'defines a function',
  arrowfunc: 'defines a function',
  function: 'defines a function',
  class: 'defines a class',
  new: 'creates an object',
  goto: 'jumps',
  label: 'jumps',
};

/** Refuses a construct that this reader does not know to be harmless. */
export function refuseUnknown(reading: Reading, node: PhpNode): void {
  const what = names[node.kind] ?? 'uses PHP code that is not known to leave the login as it is';
  reading.refuse(node, `The file ${what}.`);
}
