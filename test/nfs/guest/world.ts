import { execFileSync, spawn } from 'node:child_process';
import { chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { mountOptions } from '../mountOptions';
import type { Answer, Reply, Request } from './protocol';
import { replySchema } from './protocol';

/** The file system of the server, and the folder of it that the clients mount. */
const SERVED = '/srv';
const MOUNTED = 'share';
const SHARED = path.join(SERVED, MOUNTED);
/** Who owns the files: neither root nor who runs the product. */
const OWNER = 1000;

/** Runs a program of the machine. Throws with what it said. */
export function run(file: string, ...args: string[]): string {
  return execFileSync(file, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

const busybox = (...words: string[]): string => run('/bin/busybox', ...words);

/** The NFS server of the kernel: version 4 alone, and no delegations, which EFS does not give either. */
export function startServer(): void {
  run('ip', 'link', 'set', 'lo', 'up');
  run('mkfs.ext4', '-q', '/dev/vda');
  busybox('mount', '-t', 'ext4', '/dev/vda', SERVED);
  mkdirSync(SHARED);
  writeFileSync('/proc/sys/fs/leases-enable', '0');
  busybox('mount', '-t', 'nfsd', 'nfsd', '/proc/fs/nfsd');
  // The shortest that the kernel takes: until it is over, clients wait at their first open.
  writeFileSync('/proc/fs/nfsd/nfsv4gracetime', '10');
  const options = 'rw,sync,no_root_squash,no_subtree_check,insecure,fsid=0';
  writeFileSync('/etc/exports', `${SERVED} *(${options})\n`);
  run('exportfs', '-ra');
  run('rpc.mountd', '-N', '2', '-N', '3');
  run('rpc.nfsd', '-N', '3', '8');
}

/** Puts another folder in the place of the one that the clients have mounted, as a restore does: all their handles are stale then. */
export function replaceShare(): void {
  rmSync(SHARED, { recursive: true });
  mkdirSync(SHARED);
}

/** A site's folder on the server with the file of an installed OpenEMR. */
export function makeSite(site: string, password: string): void {
  const folder = path.join(SHARED, site);
  const file = path.join(folder, 'sqlconf.php');
  mkdirSync(folder);
  const values = { host: 'db', port: '3306', login: 'openemr_a', pass: password, dbase: 'openemr' };
  const lines = [
    '<?php',
    ...Object.entries(values).map(([name, value]) => `$${name} = '${value}';`),
    '$sqlconf = array();',
    ...Object.keys(values).map((name) => `$sqlconf['${name}'] = $${name};`),
    '$config = 1;',
  ];
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o400 });
  for (const name of [folder, file]) chownSync(name, OWNER, OWNER);
}

/** A client of the share: a process in a network of its own, which the kernel takes for another machine. */
export interface Client {
  /** Gives what it answered, also when that is a failure. */
  reply(request: WithoutId<Request>): Promise<Reply>;
  /** Gives its answer. @throws Error when it failed */
  ask(request: WithoutId<Request>): Promise<Answer>;
  /** Takes the cable out, and puts it back. */
  cable(state: 'up' | 'down'): void;
}

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;

/** Makes the network of a client with this number, mounts the share there and starts its process. */
export async function startClient(number: number): Promise<Client> {
  const name = `client${number}`;
  const cable = `cable${number}`;
  const inside = ['netns', 'exec', name];
  run('ip', 'netns', 'add', name);
  run('ip', 'link', 'add', cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
  run('ip', 'address', 'add', `10.0.${number}.1/24`, 'dev', cable);
  run('ip', 'link', 'set', cable, 'up');
  run('ip', '-n', name, 'address', 'add', `10.0.${number}.2/24`, 'dev', 'eth0');
  for (const device of ['lo', 'eth0']) run('ip', '-n', name, 'link', 'set', device, 'up');
  const script = [
    'set -e',
    `/bin/busybox hostname ${name}`,
    '/bin/busybox mkdir -p /mnt/sites',
    `mount.nfs4 10.0.${number}.1:/${MOUNTED} /mnt/sites -o ${mountOptions}`,
    `exec ${process.execPath} ${path.join(__dirname, 'client.js')}`,
  ].join('\n');
  const child = spawn(
    'ip',
    [...inside, '/bin/busybox', 'unshare', '-u', '/bin/busybox', 'sh', '-c', script],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  // Each request that waits listens for the end.
  child.setMaxListeners(100);
  const waiting = new Map<number, (reply: Reply) => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const reply = replySchema.parse(JSON.parse(line));
    waiting.get(reply.id)?.(reply);
  });
  const replyTo = (id: number): Promise<Reply> =>
    new Promise((resolve, reject) => {
      waiting.set(id, resolve);
      child.once('exit', (code) => reject(new Error(`${name} ended with ${code}`)));
    });
  let last = 0;
  const reply: Client['reply'] = (request) => {
    const id = (last += 1);
    const answered = replyTo(id);
    child.stdin.write(`${JSON.stringify({ id, ...request })}\n`);
    return answered;
  };
  await replyTo(0);
  return {
    reply,
    async ask(request) {
      const { answer, failure } = await reply(request);
      if (answer === undefined) throw new Error(`${name}, ${JSON.stringify(request)}: ${failure}`);
      return answer;
    },
    cable: (state) => void run('ip', 'link', 'set', cable, state),
  };
}
