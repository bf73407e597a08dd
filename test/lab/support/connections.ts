import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import type { Site } from '../../../lab';
import { commandFile, environmentOf } from './command';

/** Where a TCP connection goes. */
export interface Endpoint {
  address: string;
  port: number;
}

const established = '01';
const listening = '0A';
const pauseMs = 10;

/**
 * Runs the command, and notes where it and its children, the engine and its plugins, connect to, as the kernel shows it
 * repeatedly. What they tell each other on this machine is left out: no NetworkPolicy is about that.
 */
export async function connectionsOf(
  site: Site,
  args: string[],
  changes: Record<string, string | undefined> = {},
): Promise<{ code: number | null; output: string; endpoints: Endpoint[] }> {
  const env = Object.fromEntries(
    Object.entries({ ...environmentOf(site), ...changes }).filter(([, value]) => value !== undefined),
  );
  const child = spawn(process.execPath, [commandFile, ...args], { env, cwd: site.folder });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => (output += data.toString()));
  const sockets = new Sockets();
  const timer = setInterval(() => sockets.look(child.pid ?? 0), pauseMs);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  }).finally(() => clearInterval(timer));
  return { code, output, endpoints: sockets.elsewhere() };
}

/** The sockets of a process and its children, as they were seen. */
class Sockets {
  private readonly remote = new Map<string, Endpoint>();
  private readonly own = new Set<number>();

  look(root: number): void {
    const inodes = new Set(familyOf(root).flatMap(socketsOf));
    for (const table of ['tcp', 'tcp6'])
      for (const line of readFileSync(`/proc/net/${table}`, 'utf8').trim().split('\n').slice(1)) {
        const [, local = '', remote = '', state, , , , , , inode = ''] = line.trim().split(/\s+/);
        if (!inodes.has(inode)) continue;
        if (state === listening) this.own.add(endpointOf(local).port);
        if (state !== established) continue;
        // Of a connection between two of them, one end is where one listens.
        const endpoint = endpointOf(remote);
        if (!this.own.has(endpointOf(local).port)) this.remote.set(remote, endpoint);
      }
  }

  elsewhere(): Endpoint[] {
    return [...this.remote.values()].filter(({ port }) => !this.own.has(port));
  }
}

/** A process and all below it. */
function familyOf(root: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
    const [, parent] = /^\d+ \(.*\) \S (\d+)/s.exec(readOr(`/proc/${name}/stat`)) ?? [];
    if (parent !== undefined) parents.set(Number(name), Number(parent));
  }
  const isBelow = (pid: number | undefined): boolean =>
    pid !== undefined && pid !== 0 && (pid === root || isBelow(parents.get(pid)));
  return [...parents.keys()].filter(isBelow);
}

/** The numbers of a process's sockets. */
function socketsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((name) => {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(linkOr(`/proc/${pid}/fd/${name}`)) ?? [];
      return inode === undefined ? [] : [inode];
    });
  } catch {
    return []; // it has ended meanwhile
  }
}

const orEmpty = (read: () => string): string => {
  try {
    return read();
  } catch {
    return '';
  }
};
const readOr = (file: string): string => orEmpty(() => readFileSync(file, 'utf8'));
const linkOr = (file: string): string => orEmpty(() => readlinkSync(file));

/** The kernel writes an address as words of four bytes, each the wrong way round, and the port as it is. */
function endpointOf(text: string): Endpoint {
  const [words = '', port = ''] = text.split(':');
  const bytes = (words.match(/.{8}/g) ?? []).flatMap((word) => [...Buffer.from(word, 'hex')].reverse());
  const v4 = bytes.slice(-4).join('.');
  const isMapped = bytes.length === 4 || bytes.slice(0, 12).join() === '0,0,0,0,0,0,0,0,0,0,255,255';
  const v6 = (Buffer.from(bytes).toString('hex').match(/.{4}/g) ?? []).join(':');
  return { address: isMapped && isIPv4(v4) ? v4 : v6, port: parseInt(port, 16) };
}
