import { EventEmitter } from 'node:events';

/** A terminal that understands what the block is drawn with: to the left, cursor up, clear the line, clear what is below. */
export class FakeTerminal extends EventEmitter {
  readonly lines: string[] = [''];
  private row = 0;
  private column = 0;

  constructor(
    readonly columns: number,
    readonly rows: number,
  ) {
    super();
  }

  write(text: string): boolean {
    // eslint-disable-next-line no-control-regex
    for (const part of text.match(/\u001b\[\d*[A-Za-z]|\n|\r|[^\u001b\n\r]+/g) ?? []) this.take(part);
    return true;
  }

  private take(part: string): void {
    // eslint-disable-next-line no-control-regex
    const [, count = '', code = ''] = /^\u001b\[(\d*)([A-Za-z])$/.exec(part) ?? [];
    if (part === '\n') {
      this.row += 1;
      this.column = 0;
    } else if (part === '\r') this.column = 0;
    else if (code === 'A') this.row -= Number(count);
    else if (code === 'K') this.lines[this.row] = '';
    else if (code === 'J')
      this.lines.splice(this.row, Infinity, (this.lines[this.row] ?? '').slice(0, this.column));
    else if (code === '') {
      const line = (this.lines[this.row] ?? '').padEnd(this.column);
      this.lines[this.row] = line.slice(0, this.column) + part + line.slice(this.column + part.length);
      this.column += part.length;
    }
    this.lines[this.row] ??= '';
  }
}
