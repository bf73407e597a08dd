/**
 * Where the reading of a log is. A log is asked for with a time before each line; what is read again after a break begins at
 * the full second of the last line, and lines that were shown already are left out.
 */
export class LogPosition {
  private last: string | undefined;
  /** How many lines with the last time were shown: two lines may have the same. */
  private shownAtLast = 0;
  private seenAtLast = 0;
  private rest = '';

  /** From when on to read; undefined for the beginning. The API takes whole seconds only. */
  get since(): string | undefined {
    return this.last?.replace(/\.\d+/, '');
  }

  /** To be called before the log is read again from {@link since} on. */
  again(): void {
    this.rest = '';
    this.seenAtLast = 0;
  }

  /** Takes a piece of the log; gives the whole lines in it that are new, without their times. */
  take(piece: string): string[] {
    const lines = (this.rest + piece).split('\n');
    this.rest = lines.pop() ?? '';
    return lines.flatMap((line) => this.taken(line));
  }

  /** The last line, where it has no end. */
  end(): string[] {
    const line = this.rest;
    this.rest = '';
    return line === '' ? [] : this.taken(line);
  }

  private taken(line: string): string[] {
    const [, time = '', text = ''] = /^(\d{4}-\d\d-\d\dT\S+) ?(.*)$/s.exec(line) ?? [];
    if (time === '') return [line];
    if (this.last !== undefined && before(time, this.last)) return [];
    if (time !== this.last) {
      this.last = time;
      this.shownAtLast = this.seenAtLast = 0;
    }
    this.seenAtLast += 1;
    if (this.seenAtLast <= this.shownAtLast) return [];
    this.shownAtLast = this.seenAtLast;
    return [text];
  }
}

/** Times are of one zone, and have fractions of any length. */
function before(one: string, other: string): boolean {
  const parts = (time: string): [number, string] => {
    const [, second = '', fraction = '', zone = ''] = /^([^.Z+]+)(?:\.(\d+))?(.*)$/.exec(time) ?? [];
    return [Date.parse(second + (zone || 'Z')), fraction.padEnd(9, '0')];
  };
  const [a, b] = [parts(one), parts(other)];
  return a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);
}
