import type { SqlconfField, SqlconfProblem } from './fields';
import { isNode, variableName } from './php';
import type { PhpNode } from './php';
import type { Scan } from './scan';
import { decodeLiteral } from './literal';
import type { Literal, LiteralStyle } from './literal';

/** A literal of the file that holds one value of the login. Offsets are bytes; `end` is exclusive. */
export interface FoundLiteral {
  start: number;
  end: number;
  line: number;
  style: LiteralStyle;
  value: Buffer;
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
  arrayMadeAt: number | undefined;
  returnedAt: { order: number; line: number } | undefined;
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
    if (!['string', 'number', 'encapsed'].includes(node.kind)) return 'unknown';
    const { start, end } = { start: node.loc.start.offset, end: node.loc.end.offset };
    const decoded = decodeLiteral(this.source.slice(start, end));
    if (decoded.kind !== 'literal') return decoded.kind;
    const { style, value } = decoded;
    const agreed = style === 'number' ? this.scan.isCode(start) : this.scan.strings.has(`${start}-${end}`);
    return agreed ? { start, end, line: node.loc.start.line, style, value } : 'unknown';
  }

  /** The text of a string literal used as an array key. */
  key(node: unknown): string | undefined {
    const found = isNode(node) ? this.literal(node) : 'unknown';
    return typeof found === 'object' && found.style !== 'number' ? found.value.toString('latin1') : undefined;
  }

  /** True if the tree and the scan found the same variables at the same places. */
  agrees(): boolean {
    const { variables } = this.scan;
    return (
      this.ampersands === this.scan.ampersands &&
      this.seen.size === variables.size &&
      [...variables].every(([offset, name]) => this.seen.get(offset) === name)
    );
  }
}
