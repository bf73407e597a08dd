/** What the demonstration writes to: plain lines, with colour only where a person looks at a terminal. */
export class Screen {
  private readonly coloured: boolean;
  private open = true;

  constructor(
    private readonly stream: NodeJS.WriteStream = process.stdout,
    environment: NodeJS.ProcessEnv = process.env,
  ) {
    const { NO_COLOR, TERM } = environment;
    this.coloured = stream.isTTY === true && (NO_COLOR ?? '') === '' && TERM !== 'dumb';
  }

  line(text = ''): void {
    this.raw(`${text}\n`);
  }

  /** Begins a part. */
  heading(text: string): void {
    this.line(`\n${this.paint('1', text)}`);
  }

  /** One fact; without a label it belongs to the one above. */
  row(label: string, text: string): void {
    this.line(`  ${label.padEnd(20)}${text}`);
  }

  /** One fact in several lines. */
  rows(label: string, texts: string[]): void {
    texts.forEach((text, index) => this.row(index === 0 ? label : '', text));
  }

  /** A command as a person would type it. */
  command(text: string, indent = ''): void {
    this.line(`${indent}${this.paint('36', `$ ${text}`)}`);
  }

  /** The last word on something. */
  verdict(good: boolean, text: string): void {
    this.line(`\n${this.paint(good ? '32' : '31', `${good ? '✓' : '✗'} ${text}`)}`);
  }

  /** Bytes as they come. */
  raw(data: string | Uint8Array): void {
    if (this.open) this.stream.write(data);
  }

  /** Nothing is written from now on. */
  close(): void {
    this.open = false;
  }

  private paint(code: string, text: string): string {
    return this.coloured ? `\u001b[${code}m${text}\u001b[0m` : text;
  }
}
