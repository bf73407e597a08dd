/** Builds the payload of one packet of MySQL's protocol; numbers are little-endian. */
export class Bytes {
  private readonly parts: Buffer[] = [];

  int(value: number, length: number): this {
    const part = Buffer.alloc(length);
    part.writeUIntLE(value, 0, length);
    return this.raw(part);
  }

  raw(part: Buffer): this {
    this.parts.push(part);
    return this;
  }

  /** Text up to a zero byte. */
  text(value: string): this {
    return this.raw(Buffer.from(`${value}\0`, 'utf8'));
  }

  /** Text behind its length. */
  prefixed(value: string): this {
    const bytes = Buffer.from(value, 'utf8');
    if (bytes.length < 251) this.int(bytes.length, 1);
    else this.int(0xfc, 1).int(bytes.length, 2);
    return this.raw(bytes);
  }

  done(): Buffer {
    return Buffer.concat(this.parts);
  }
}

/** Reads the payload of one packet. */
export class Reader {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  int(length: number): number {
    this.at += length;
    return this.bytes.readUIntLE(this.at - length, length);
  }

  skip(length: number): void {
    this.at += length;
  }

  textToNull(): string {
    const end = this.bytes.indexOf(0, this.at);
    const text = this.bytes.toString('utf8', this.at, end);
    this.at = end + 1;
    return text;
  }

  /** Bytes behind their length. */
  prefixed(): Buffer {
    const length = this.int(1);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
}
