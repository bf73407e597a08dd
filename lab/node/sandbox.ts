import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { tools } from '../package';
import type { Child, Processes } from '../servers/processes';
import { nodeAddresses, NODES } from './addresses';
import type { NodeAddresses } from './addresses';

const run = promisify(execFile);

/** What a kubelet sets for the whole machine. Here it finds files in their place that say so already, and the machine keeps its own. */
const KERNEL_SETTINGS = {
  'vm/overcommit_memory': 1,
  'vm/panic_on_oom': 0,
  'kernel/panic': 10,
  'kernel/panic_on_oops': 1,
  'kernel/keys/root_maxkeys': 1_000_000,
  'kernel/keys/root_maxbytes': 25_000_000,
};

/** Folders in which a node's programs write whatever their settings say: empty for them, and gone with them. */
const OWN_FOLDERS = ['/run', '/var/lib', '/var/log'];

/**
 * Hides what a node must not change. Its mounts are shared within: what the kubelet mounts must reach the containers.
 * The first process takes in orphans, as those of a container's shim are.
 */
const SCRIPT = `set -e
for own in ${OWN_FOLDERS.join(' ')}; do mount -t tmpfs -o mode=755 tmpfs "$own"; done
mkdir -p /run/lock /run/netns /var/lib/cni
for setting in ${Object.keys(KERNEL_SETTINGS).join(' ')}; do
  if [ -e "/proc/sys/$setting" ]; then mount --bind "$1/kernel/$setting" "/proc/sys/$setting"; fi
done
mount --make-rshared /
echo ready > "$1/ready"
exec "$0" -s -- sleep infinity
`;

/** Namespaces of processes, mounts and network: all that is in them ends with their first process. */
export class Sandbox {
  private constructor(
    private readonly processes: Processes,
    readonly child: Child,
    readonly addresses: NodeAddresses,
    private readonly first: number,
    private readonly environment: Record<string, string>,
  ) {}

  /** Makes the namespaces, and the link between them and the machine. Throws when the kernel refuses. */
  static async start(
    processes: Processes,
    folder: string,
    environment: Record<string, string>,
  ): Promise<Sandbox> {
    const below = OWN_FOLDERS.find((own) => `${folder}/`.startsWith(`${own}/`));
    if (below !== undefined)
      throw new Error(
        `The folder of a lab with the real kubelet must not lie below ${below}: choose another.`,
      );
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const [name, value] of Object.entries(KERNEL_SETTINGS)) {
      const file = path.join(folder, 'kernel', name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, `${value}\n`);
    }
    const own = ['--mount', '--pid', '--net', '--fork', '--kill-child', '--mount-proc'];
    const child = processes.spawn('node', 'unshare', [...own, '/bin/sh', '-c', SCRIPT, tools().tini, folder]);
    const first = await firstProcess(child, path.join(folder, 'ready'));
    const addresses = await connect(first);
    return new Sandbox(processes, child, addresses, first, environment);
  }

  /** Starts a program inside that runs as long as the lab. */
  spawn(name: string, file: string, args: readonly string[]): Child {
    return this.processes.spawn(name, 'nsenter', this.enter(file, args), { env: this.environment });
  }

  /** Runs a program inside; gives what it wrote. Throws when it fails. */
  async run(file: string, args: readonly string[]): Promise<string> {
    const env = { PATH: process.env['PATH'], ...this.environment };
    const { stdout } = await run('nsenter', this.enter(file, args), { env, maxBuffer: 1 << 24 });
    return stdout;
  }

  private enter(file: string, args: readonly string[]): string[] {
    return [`--target=${this.first}`, '--mount', '--pid', '--net', '--', file, ...args];
  }
}

/** The first process of the namespaces, as the machine counts it. */
async function firstProcess(child: Child, readyFile: string): Promise<number> {
  for (const end = performance.now() + 10_000; child.running && performance.now() < end;) {
    try {
      readFileSync(readyFile);
      return Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim());
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  throw new Error(`The node's namespaces could not be made: ${readFileSync(child.logFile, 'utf8').trim()}`);
}

/** Makes the link. It goes when the namespaces go, and with it the addresses and the routes. */
async function connect(first: number): Promise<NodeAddresses> {
  const addresses = await makeLink(first);
  const { link, host, node, pods, apiServer } = addresses;
  const inside = (...args: string[]): Promise<unknown> =>
    run('nsenter', [`--target=${first}`, '--net', '--pid', '--mount', '--', ...args]);
  await run('ip', ['address', 'add', `${host}/30`, 'dev', link]);
  await run('ip', ['address', 'add', `${apiServer}/32`, 'dev', link]);
  await run('ip', ['link', 'set', link, 'up']);
  await inside('ip', 'link', 'set', 'lo', 'up');
  await inside('ip', 'address', 'add', `${node}/30`, 'dev', 'eth0');
  await inside('ip', 'link', 'set', 'eth0', 'up');
  await inside('ip', 'route', 'add', 'default', 'via', host);
  await inside('/bin/sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward');
  await run('ip', ['route', 'add', pods, 'via', node]);
  return addresses;
}

/** Several labs may be on one machine: a name that is taken belongs to another. */
async function makeLink(first: number): Promise<NodeAddresses> {
  let problem: unknown;
  for (let attempt = 0; attempt < 20; attempt++) {
    const addresses = nodeAddresses(1 + Math.floor(Math.random() * NODES));
    const peer = ['peer', 'name', 'eth0', 'netns', String(first)];
    try {
      await run('ip', ['link', 'add', addresses.link, 'type', 'veth', ...peer]);
      return addresses;
    } catch (error) {
      problem = error;
    }
  }
  throw new Error('No link between the machine and the node could be made.', { cause: problem });
}
