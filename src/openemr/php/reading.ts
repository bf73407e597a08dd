import type { SqlconfField, SqlconfProblem } from './fields';
import { child, isNode, variableName } from './php';
import type { PhpNode } from './php';
import type { Scan } from './scan';
import { decodeLiteral, isCanonicalNumber } from './literal';
import type { Literal, LiteralStyle } from './literal';

/** A literal of the file that holds one value of the login. Offsets are bytes; `end` is exclusive. */
export interface FoundLiteral {
  start: number;
  end: number;
  line: number;
  style: LiteralStyle;
  value: Buffer;
  /** PHP makes a whole number of it. */
  cast?: 'int';
}

/** What one pass over the syntax tree collects. `order` numbers follow the order of execution. */
export class Reading {
  readonly problems: SqlconfProblem[] = [];
  /** `$host = '…';` */
  readonly values = new Map<SqlconfField, { order: number; literal: FoundLiteral }>();
  /** `$sqlconf['host'] = …;` either the variable of that name (no literal), or a literal. */
  readonly entries = new Map<SqlconfField, { order: number; literal?: FoundLiteral }>();
  /** `global $host;` and the like: the last one of each name. */
  readonly globals = new Map<string, number>();
  /** How many `&` and `&=` operators the tree has: the parser drops an `&` that stands alone. */
  ampersands = 0;
  /** `unset($host);` after the array has the value. */
  readonly unsets = new Map<SqlconfField, { order: number; line: number }>();
  /** Variables that take the entry of their name: `$host = $sqlconf['host'];` */
  readonly copies = new Map<SqlconfField, number>();
  /** A function cannot be called under a name of PHP's own unless it stands in a namespace. */
  inNamespace = false;
  /** Ranges of code that only defines something. */
  private readonly inert: [start: number, end: number][] = [];
  arrayMadeAt: number | undefined;
  /** The number that `$config` has last; undefined where it is not set to a plain one. */
  config: string | undefined;
  returnedAt: { order: number; line: number } | undefined;
  private readonly defined = new Set<string>();
  private readonly seen = new Map<number, string>();
  private order = 0;

  constructor(
    readonly source: string,
    private readonly scan: Scan,
  ) {}

  nextOrder(): number {
    this.order += 1;
    return this.order;
  }

  refuse(node: PhpNode, reason: string, field?: SqlconfField): void {
    this.problems.push({ reason, line: node.loc.start.line, ...(field !== undefined && { field }) });
  }

  /** Refuses a value that does not stand in the file, with what to do about it. */
  refuseOutside(node: PhpNode, field: SqlconfField, outside: NonNullable<SqlconfProblem['outside']>): void {
    const from = outside === 'file' ? 'another file' : 'the environment';
    const reason = `The login comes from ${from}, where a rotation cannot change it; write its five values into this file as plain texts, as OpenEMR's installer does.`;
    this.problems.push({ reason, line: node.loc.start.line, field, outside });
  }

  /** Remembers a named variable where the tree has it; refuses `$$x` and `${'x'}`. */
  sawVariable(node: PhpNode): void {
    const name = variableName(node);
    const { offset } = node.loc.start;
    const inString = this.scan.isString(offset);
    if (name === undefined && !(inString && typeof node['name'] === 'string')) {
      this.refuse(node, 'The file computes the name of a variable.');
    } else if (!inString && !this.scan.isCode(offset)) {
      this.refuse(node, 'The file cannot be read without doubt.');
    } else if (name !== undefined && !inString) {
      this.seen.set(offset, name);
    }
  }

  /** The literal at this node, if it is one and both readings of the file agree about where it is. */
  literal(node: PhpNode): FoundLiteral | Exclude<Literal['kind'], 'literal'> {
    if (node.kind === 'bin' && node['type'] === '.') return this.joined(node);
    if (node.kind === 'cast') return this.cast(node);
    return this.plainLiteral(node);
  }

  /** Texts in quotes that are joined, with nothing but space and dots between them: one literal can take their place. */
  private joined(node: PhpNode): FoundLiteral | 'unknown' {
    const [left, right] = [child(node, 'left'), child(node, 'right')];
    const parts = [left, right].map((each) => (each ? this.literal(each) : 'unknown'));
    const [first, second] = parts;
    if (typeof first !== 'object' || typeof second !== 'object') return 'unknown';
    const between = this.source.slice(first.end, second.start);
    const plain = [first, second].every(({ style, cast }) => style !== 'number' && cast === undefined);
    if (!plain || !/^[ \t\r\n]*\.[ \t\r\n]*$/.test(between)) return 'unknown';
    const { start, line, style } = first;
    return { start, end: second.end, line, style, value: Buffer.concat([first.value, second.value]) };
  }

  /** `(int) '3306'`, or a text that is made a text. */
  private cast(node: PhpNode): FoundLiteral | 'unknown' {
    const inner = child(node, 'expr');
    const found = inner ? this.plainLiteral(inner) : 'unknown';
    if (typeof found !== 'object') return 'unknown';
    const type = String(node['type']);
    if (type === 'string') return found.style === 'number' ? 'unknown' : found;
    const whole = /^(int|integer)$/.test(type) && isCanonicalNumber(found.value.toString('latin1'));
    return whole ? { ...found, cast: 'int' } : 'unknown';
  }

  private plainLiteral(node: PhpNode): FoundLiteral | Exclude<Literal['kind'], 'literal'> {
    if (!['string', 'number', 'encapsed'].includes(node.kind)) return 'unknown';
    const { start, end } = { start: node.loc.start.offset, end: node.loc.end.offset };
    const decoded = decodeLiteral(this.source.slice(start, end));
    if (decoded.kind !== 'literal') return decoded.kind;
    const { style, value } = decoded;
    const agreed = style === 'number' ? this.scan.isCode(start) : this.scan.strings.has(`${start}-${end}`);
    return agreed ? { start, end, line: node.loc.start.line, style, value } : 'unknown';
  }

  /**
   * Leaves out a definition: what stands in it does nothing until it is called. Its end is the parser's, and must be that
   * of the scan as well.
   * @returns whether both agree
   */
  skip(node: PhpNode): boolean {
    const [start, end] = [node.loc.start.offset, node.loc.end.offset];
    if (this.endOfBraces(start) !== end) return false;
    this.inert.push([start, end]);
    return true;
  }

  /** Where the first pair of braces after this offset closes. */
  private endOfBraces(start: number): number | undefined {
    let depth = 0;
    for (let at = start; at < this.source.length; at += 1) {
      if (!this.scan.isCode(at)) continue;
      if (this.source[at] === '{') depth += 1;
      if (this.source[at] === '}' && (depth -= 1) === 0) return at + 1;
      if (depth < 0) return undefined;
    }
    return undefined;
  }

  /** Notes a name; false when PHP would refuse it, or it is there already. */
  define(kind: 'use' | 'const' | 'function', name: string, reserved: ReadonlySet<string>): boolean {
    const key = `${kind} ${kind === 'const' ? name : name.toLowerCase()}`;
    if (reserved.has(name.toLowerCase()) || this.defined.has(key)) return false;
    this.defined.add(key);
    return true;
  }

  /** True where the node is a heredoc or nowdoc text, and the scan has seen the same. */
  isHeredoc({ loc }: PhpNode): boolean {
    return this.scan.heredocs.has(`${loc.start.offset}-${loc.end.offset}`);
  }

  /** The text of a string literal used as an array key. */
  key(node: unknown): string | undefined {
    const found = isNode(node) ? this.literal(node) : 'unknown';
    return typeof found === 'object' && found.style !== 'number' ? found.value.toString('latin1') : undefined;
  }

  /** True if the tree and the scan found the same variables at the same places. */
  agrees(): boolean {
    const isInert = (offset: number): boolean =>
      this.inert.some(([start, end]) => start <= offset && offset < end);
    const variables = [...this.scan.variables].filter(([offset]) => !isInert(offset));
    const ampersands = this.scan.ampersands.filter((offset) => !isInert(offset));
    return (
      this.ampersands === ampersands.length &&
      this.seen.size === variables.length &&
      variables.every(([offset, name]) => this.seen.get(offset) === name)
    );
  }
}
