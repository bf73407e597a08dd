import type * as PhpParser from 'php-parser';

/** A node of the syntax tree. Only `kind` and the byte range are common to all kinds; the rest is read by accessors. */
export interface PhpNode {
  kind: string;
  loc: { start: Position; end: Position };
  [property: string]: unknown;
}

interface Position {
  line: number;
  offset: number;
}

export type ParsedPhp = { kind: 'tree'; root: PhpNode } | { kind: 'invalid'; line?: number };

/**
 * The syntax tree of a PHP file given as latin1 text, so that offsets count bytes.
 * The parser's own message is dropped: it may quote the file.
 */
export function parsePhp(source: string): ParsedPhp {
  // Loaded here and not at the top: the parser takes 50 ms to load, which `--help` need not pay.
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- there is no import() that waits for nothing
  const { Engine } = require('php-parser') as typeof PhpParser;
  const engine = new Engine({
    parser: { extractDoc: false, suppressErrors: false },
    ast: { withPositions: true },
  });
  try {
    const root: unknown = engine.parseCode(source, 'sqlconf.php');
    return isNode(root) ? { kind: 'tree', root } : { kind: 'invalid' };
  } catch (error) {
    const line = error instanceof Error ? (error as { lineNumber?: unknown }).lineNumber : undefined;
    return typeof line === 'number' ? { kind: 'invalid', line } : { kind: 'invalid' };
  }
}

export function isNode(value: unknown): value is PhpNode {
  return typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string';
}

/** The child node under this property, if there is one. */
export function child(node: PhpNode, property: string): PhpNode | undefined {
  const value = node[property];
  return isNode(value) ? value : undefined;
}

/** The child nodes in the list under this property. */
export function children(node: PhpNode, property: string): PhpNode[] {
  const value = node[property];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** The name of a plain variable (`$host`), or undefined for all else, `$$x` and `${'x'}` too. */
export function variableName(node: PhpNode | undefined): string | undefined {
  return node?.kind === 'variable' && typeof node['name'] === 'string' && node['curly'] !== true
    ? node['name']
    : undefined;
}
