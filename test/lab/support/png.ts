import { inflateSync } from 'node:zlib';

/** A picture, pixel by pixel. */
export interface Picture {
  width: number;
  height: number;
  /** The colour at a place, as `r,g,b`. */
  colourAt(x: number, y: number): string;
}

/** Reads a PNG as Chromium writes it: 8 bits, RGB or RGBA, not interlaced (w3.org/TR/png-3). */
export function readPng(png: Buffer): Picture {
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const [depth, kind, interlaced] = [png[24], png[25], png[28]];
  if (depth !== 8 || (kind !== 2 && kind !== 6) || interlaced !== 0) throw new Error('another form of PNG');
  const size = kind === 2 ? 3 : 4;
  const pixels = unfiltered(inflateSync(dataOf(png)), width * size, height, size);
  const colourAt = (x: number, y: number): string => {
    const at = (y * width + x) * size;
    return `${pixels[at]},${pixels[at + 1]},${pixels[at + 2]}`;
  };
  return { width, height, colourAt };
}

/** All IDAT chunks as one. */
function dataOf(png: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    const length = png.readUInt32BE(at);
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT') parts.push(png.subarray(at + 8, at + 8 + length));
  }
  return Buffer.concat(parts);
}

/** Each line is stored as its difference to what lies left of it and above it. */
function unfiltered(data: Buffer, line: number, height: number, size: number): Uint8Array {
  const found = new Uint8Array(line * height);
  for (let y = 0; y < height; y += 1) {
    const filter = data[y * (line + 1)] ?? 0;
    for (let x = 0; x < line; x += 1) {
      const at = y * line + x;
      const left = x >= size ? (found[at - size] ?? 0) : 0;
      const up = y > 0 ? (found[at - line] ?? 0) : 0;
      const corner = y > 0 && x >= size ? (found[at - line - size] ?? 0) : 0;
      const before = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter] ?? 0;
      found[at] = (data[y * (line + 1) + 1 + x] ?? 0) + before;
    }
  }
  return found;
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [byLeft, byUp, byCorner] = [left, up, corner].map((each) => Math.abs(guess - each));
  if (byLeft! <= byUp! && byLeft! <= byCorner!) return left;
  return byUp! <= byCorner! ? up : corner;
}
