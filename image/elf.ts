import { closeSync, openSync, readSync } from 'node:fs';

/** What is read of a program or a library in ELF, of 64 bits and little-endian (man 5 elf). */
export interface Elf {
  /** `e_machine`. */
  machine: number;
  /** The loader that it names, or undefined for a static program and for most libraries. */
  interpreter: string | undefined;
  /** Names of the libraries that it loads, as libc.so.6. */
  needed: string[];
}

interface Segment {
  type: number;
  offset: number;
  address: number;
  size: number;
}

const LOAD = 1;
const DYNAMIC = 2;
const INTERPRETER = 3;
const NEEDED = 1;
const STRING_TABLE = 5;

type Reader = (offset: number, length: number) => Buffer;

/** Reads what a file of ELF needs; undefined for every other file. Large files are not read whole. */
export function readElf(file: string): Elf | undefined {
  const handle = openSync(file, 'r');
  const read: Reader = (offset, length) => {
    const buffer = Buffer.alloc(length);
    return buffer.subarray(0, readSync(handle, buffer, 0, length, offset));
  };
  try {
    const header = read(0, 64);
    // 0x7f ELF, then the class of 64 bits, then little-endian.
    if (header.length < 64 || header.toString('latin1', 0, 6) !== '\x7fELF\x02\x01') return undefined;
    const segments = segmentsOf(header, read);
    const at = (type: number): Segment | undefined => segments.find((each) => each.type === type);
    const interpreter = at(INTERPRETER);
    const dynamic = at(DYNAMIC);
    return {
      machine: header.readUInt16LE(18),
      interpreter: interpreter && textAt(read(interpreter.offset, interpreter.size), 0),
      needed: dynamic === undefined ? [] : neededBy(dynamic, segments, read),
    };
  } finally {
    closeSync(handle);
  }
}

function segmentsOf(header: Buffer, read: Reader): Segment[] {
  const [offset, size, count] = [number(header, 32), header.readUInt16LE(54), header.readUInt16LE(56)];
  const table = read(offset, size * count);
  return Array.from({ length: count }, (_, index) => {
    const entry = table.subarray(index * size, (index + 1) * size);
    return {
      type: entry.readUInt32LE(0),
      offset: number(entry, 8),
      address: number(entry, 16),
      size: number(entry, 32),
    };
  });
}

function neededBy(dynamic: Segment, segments: readonly Segment[], read: Reader): string[] {
  const table = read(dynamic.offset, dynamic.size);
  const entries = Array.from({ length: Math.floor(table.length / 16) }, (_, index) => ({
    tag: number(table, index * 16),
    value: number(table, index * 16 + 8),
  }));
  const address = entries.find(({ tag }) => tag === STRING_TABLE)?.value;
  const segment = segments.find(
    (each) =>
      each.type === LOAD &&
      address !== undefined &&
      address >= each.address &&
      address < each.address + each.size,
  );
  if (address === undefined || segment === undefined) return [];
  const names = segment.offset + address - segment.address;
  return entries.filter(({ tag }) => tag === NEEDED).map(({ value }) => textAt(read(names + value, 256), 0));
}

/** Eight bytes; every offset in a file is below 2 to the power of 53, and a tag above it is none that is asked for. */
function number(buffer: Buffer, at: number): number {
  return Number(buffer.readBigUInt64LE(at));
}

function textAt(buffer: Buffer, at: number): string {
  const end = buffer.indexOf(0, at);
  return buffer.toString('latin1', at, end < 0 ? buffer.length : end);
}
