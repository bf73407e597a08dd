import { writeFileSync } from 'node:fs';
import path from 'node:path';

/** Puts a `go` into a folder that is new enough, and builds nothing: it says so instead. */
export function writeFakeGo(folder: string, instead: string): void {
  const script = `#!/bin/sh
[ "$1" = version ] && echo go version go1.26.6 linux/amd64 || { echo ${instead} >&2; exit 1; }
`;
  writeFileSync(path.join(folder, 'go'), script, { mode: 0o755 });
}
