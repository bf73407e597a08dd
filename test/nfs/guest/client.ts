import { open, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { limitFileAccess } from '../../../src/openemr/file/limit';
import { fileName } from '../../../src/openemr/file/read';
import { writeSqlconf } from '../../../src/openemr/file/sqlconfFile';
import { fileErrorCode } from '../../../src/openemr/file/stale';
import { openSqlconf } from '../../../src/openemr/openSqlconf';
import type { Answer, Request, Seen } from './protocol';
import { requestSchema } from './protocol';

/** Where a client has the share. */
const SITES = '/mnt/sites';
/** How often a watching client looks: more often than any site has requests, so that it sees the first change. */
const PAUSE_MS = 400;
/** More than the file of a test has, in bytes. */
const LARGEST = 4096;

/** A promise, and what fulfils it. */
function gate(): { opened: Promise<void>; open: (this: void) => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

/** A write that is to stop has come to its rename; and it may go on. */
const [stopped, further] = [gate(), gate()];

const held = new Map<string, FileHandle>();

function fileOf(site: string): string {
  return path.join(SITES, site, fileName);
}

/** The password of a file as it is opened by name, which is what PHP does. */
async function passwordByName(site: string): Promise<string> {
  const handle = await open(fileOf(site));
  try {
    // Not readFile(), which asks for the size first and gives up where the server says that the file is gone; PHP reads on.
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(LARGEST), 0, LARGEST, 0);
    return /\$pass\s*=\s*'([^']*)'/.exec(buffer.toString('utf8', 0, bytesRead))?.[1] ?? '';
  } finally {
    await handle.close();
  }
}

/** The same as the product reads it. */
async function passwordByProduct(site: string): Promise<string> {
  return (await openSqlconf({ sitesRoot: SITES, site })).login.password;
}

/** What PHP's opcache looks at while it keeps the compiled file. */
async function inode(site: string): Promise<string> {
  return String((await stat(fileOf(site))).ino);
}

const looks = { name: passwordByName, product: passwordByProduct, stat: inode };

/** Puts another password into the file, with the product's reader, renderer and writer. */
async function write({ site, password, stops }: Extract<Request, { do: 'write' }>): Promise<Answer> {
  const opened = await openSqlconf({ sitesRoot: SITES, site });
  const { file, login } = opened;
  let guarded = 0;
  // The product asks before it writes the new file beside the old one, and before it renames it.
  const guard = async (): Promise<void> => {
    guarded += 1;
    if (stops !== true || guarded !== 2) return;
    stopped.open();
    await further.opened;
  };
  const after = await writeSqlconf(file, opened.render({ ...login, password }), { guard });
  return {
    at: Date.now(),
    kept: after.mode === file.mode && after.uid === file.uid && after.gid === file.gid,
    owner: `${after.uid}:${after.gid} ${after.mode.toString(8)}`,
  };
}

/** The code of an error, and the call of the system that gave it. */
function errorOf(error: unknown): string {
  const call = error instanceof Error && 'syscall' in error ? ` at ${String(error.syscall)}` : '';
  return `${fileErrorCode(error) || String(error)}${call}`;
}

/** Looks again and again until something else has been seen for a while, or the time is over. */
async function watch({ site, by, forMs, restMs }: Extract<Request, { do: 'watch' }>): Promise<Answer> {
  const seen: Seen[] = [];
  let looked = 0;
  const end = Date.now() + forMs;
  while (Date.now() < end) {
    const from = Date.now();
    const found: Pick<Seen, 'value' | 'error'> = await looks[by](site).then(
      (value) => ({ value }),
      (error: unknown) => ({ error: errorOf(error) }),
    );
    const [last, now] = [seen.at(-1), Date.now()];
    const longest = Math.max(now - from, 0);
    if (last && last.value === found.value && last.error === found.error)
      Object.assign(last, { lastFrom: from, lastAt: now, longest: Math.max(last.longest, longest) });
    else seen.push({ ...found, firstAt: now, lastFrom: from, lastAt: now, longest });
    looked += 1;
    const latest = seen.at(-1);
    if (seen.length > 1 && latest?.value !== undefined && now - latest.firstAt > restMs) break;
    await sleep(PAUSE_MS);
  }
  return { seen, looked };
}

async function carryOut(request: Request): Promise<Answer> {
  switch (request.do) {
    case 'read':
      return { password: await passwordByProduct(request.site) };
    case 'write':
      return write(request);
    case 'stopped':
      await stopped.opened;
      return {};
    case 'go-on':
      further.open();
      return {};
    case 'watch':
      return watch(request);
    case 'hold':
      held.set(request.site, await open(fileOf(request.site)));
      return {};
    case 'release':
      await held.get(request.site)?.close();
      return {};
    case 'limit':
      limitFileAccess(request.seconds);
      return {};
  }
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const request = requestSchema.parse(JSON.parse(line));
  const say = (answer: object): void => console.log(JSON.stringify({ id: request.id, ...answer }));
  const begin = performance.now();
  carryOut(request).then(
    (answer) => say({ answer }),
    (error: unknown) =>
      say({ failure: error instanceof Error ? error.message : String(error), ms: performance.now() - begin }),
  );
});
console.log(JSON.stringify({ id: 0, answer: {} }));
