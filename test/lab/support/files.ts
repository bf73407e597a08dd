import { chmodSync, statSync, writeFileSync } from 'node:fs';

/** Writes over a file of any mode, as a person with an editor does; mode and owner stay. */
export function overwrite(file: string, content: string | Buffer): void {
  const mode = statSync(file).mode & 0o7777;
  chmodSync(file, 0o600);
  writeFileSync(file, content);
  chmodSync(file, mode);
}
