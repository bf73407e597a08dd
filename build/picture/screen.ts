import { EventEmitter } from 'node:events';

/** Text of one colour: the number of the SGR sequence that a terminal is told it by, '' for its own. */
export interface Span {
  colour: string;
  text: string;
}

interface Cell {
  colour: string;
  character: string;
}

/** The screen of a terminal that understands what the command writes: colours, carriage return, cursor up, erasing. */
export class Screen extends EventEmitter {
  private readonly cells: Cell[][] = [[]];
  private row = 0;
  private column = 0;
  private colour = '';

  constructor(
    readonly columns: number,
    readonly rows: number,
  ) {
    super();
  }

  write(text: string): boolean {
    // eslint-disable-next-line no-control-regex
    for (const part of text.match(/\u001b\[\d*[A-Za-z]|[^\u001b]/gu) ?? []) this.take(part);
    return true;
  }

  /** What stands there now, line by line without spaces at the ends. */
  lines(): Span[][] {
    const lines = this.cells.map(spansOf);
    while (lines.at(-1)?.length === 0) lines.pop();
    return lines;
  }

  private take(part: string): void {
    // eslint-disable-next-line no-control-regex
    const [, count = '', code = ''] = /^\u001b\[(\d*)([A-Za-z])$/.exec(part) ?? [];
    if (part === '\n') this.down();
    else if (part === '\r') this.column = 0;
    else if (code === 'm') this.colour = count === '0' ? '' : count;
    else if (code === 'A') this.row = Math.max(0, this.row - Number(count || 1));
    else if (code === 'K') this.cells[this.row] = [];
    else if (code === 'J') {
      this.line().splice(this.column);
      this.cells.splice(this.row + 1);
    } else if (code === '') this.put(part);
    else throw new Error(`the screen does not know the sequence ${JSON.stringify(part)}`);
  }

  private put(character: string): void {
    if (this.column === this.columns) this.down();
    const line = this.line();
    while (line.length < this.column) line.push({ colour: '', character: ' ' });
    line[this.column] = { colour: this.colour, character };
    this.column += 1;
  }

  private down(): void {
    this.row += 1;
    this.column = 0;
    this.line();
  }

  private line(): Cell[] {
    return (this.cells[this.row] ??= []);
  }
}

function spansOf(cells: readonly Cell[]): Span[] {
  const end = cells.findLastIndex(({ character }) => character !== ' ') + 1;
  const spans: Span[] = [];
  for (const { colour, character } of cells.slice(0, end)) {
    const last = spans.at(-1);
    if (last?.colour === colour) last.text += character;
    else spans.push({ colour, text: character });
  }
  return spans;
}
