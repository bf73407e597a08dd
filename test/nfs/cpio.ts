/** A file of an archive. */
export interface ArchiveFile {
  name: string;
  /** With the kind of file, as in stat(2). */
  mode: number;
  bytes: Buffer;
}

const FOLDER = 0o040755;

/** A folder of an archive. */
export function folder(name: string): ArchiveFile {
  return { name, mode: FOLDER, bytes: Buffer.alloc(0) };
}

/** An archive that Linux takes as its first file system: cpio in the "newc" format (Documentation/driver-api/early-userspace). */
export function cpio(files: readonly ArchiveFile[]): Buffer {
  const end: ArchiveFile = { name: 'TRAILER!!!', mode: 0, bytes: Buffer.alloc(0) };
  return Buffer.concat([...files, end].flatMap((file, index) => [...entry(file, index + 1)]));
}

function* entry({ name, mode, bytes }: ArchiveFile, inode: number): Generator<Buffer> {
  const [user, group, links, time, zero] = [0, 0, 1, 0, 0];
  const fields = [
    ...[inode, mode, user, group, links, time, bytes.length],
    ...[zero, zero, zero, zero, name.length + 1, zero],
  ];
  const head = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}${name}\0`;
  yield padded(Buffer.from(head));
  yield padded(bytes);
}

/** Each part begins at a multiple of four. */
function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}
