import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { labSource, packageRoot } from '../../lab/package';
import { cpio, folder } from './cpio';
import { modulesInOrder } from './modules';

/** What the first process loads: all that the machine's own parts and the test need. */
const MODULES = [
  'virtio_pci',
  'virtio_blk',
  '9pnet_virtio',
  '9p',
  'crc32c_generic',
  'ext4',
  'veth',
  'nfsd',
  'nfsv4',
];

const DISK_BYTES = 64 * 1024 * 1024;

interface Setup {
  fetchNfsParts(log: string): Promise<string>;
  emulator(folder: string): [string, ...string[]];
}

/** The set-up's part that fetches and starts the emulator. */
export function nfsSetup(): Setup {
  return createRequire(__filename)(labSource('setup', 'nfs.js')) as Setup;
}

/** The version of the kernel in a tree of Debian. */
export function kernelOf(tree: string): string {
  const file = readdirSync(path.join(tree, 'boot')).find((name) => name.startsWith('vmlinuz-'));
  if (file === undefined) throw new Error(`no kernel in ${tree}`);
  return file.slice('vmlinuz-'.length);
}

function initialFiles(tree: string): Buffer {
  const modules = modulesInOrder(tree, kernelOf(tree), MODULES);
  const executable = 0o100755;
  return cpio([
    ...['bin', 'modules'].map(folder),
    {
      name: 'init',
      mode: executable,
      bytes: readFileSync(path.join(packageRoot(), 'test', 'nfs', 'guest', 'init.sh')),
    },
    { name: 'bin/busybox', mode: executable, bytes: readFileSync(path.join(tree, 'bin', 'busybox')) },
    { name: 'modules/order', mode: 0o100644, bytes: Buffer.from(modules.map(({ name }) => name).join('\n')) },
    ...modules.map(({ name, bytes }) => ({ name: `modules/${name}.ko`, mode: 0o100644, bytes })),
  ]);
}

/**
 * Boots the machine and gives what it writes on its console, line by line, until it turns itself off or the time is over.
 *
 * @throws Error when it does not end by itself within `limitMs`
 */
export async function boot(
  tree: string,
  options: { limitMs: number; line: (text: string) => void },
): Promise<void> {
  const work = mkdtempSync(path.join(tmpdir(), 'openemr-nfs-'));
  try {
    const [initial, disk] = [path.join(work, 'initial'), path.join(work, 'disk')];
    writeFileSync(initial, initialFiles(tree));
    writeFileSync(disk, '');
    truncateSync(disk, DISK_BYTES);
    await emulate(tree, machineArguments(tree, initial, disk), options);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function machineArguments(tree: string, initial: string, disk: string): string[] {
  const share = (name: string, from: string): string[] => [
    '-virtfs',
    `local,path=${from},mount_tag=${name},security_model=none,readonly=on,multidevs=remap`,
  ];
  return [
    ...['-L', path.join(tree, 'usr', 'share', 'qemu'), '-L', path.join(tree, 'usr', 'share', 'seabios')],
    // Emulation runs wherever a program does; virtualisation needs a right that machines of CI seldom give.
    ...['-accel', 'tcg,thread=multi', '-cpu', 'max', '-smp', '2', '-m', '1536'],
    ...['-nodefaults', '-no-user-config', '-nographic', '-no-reboot', '-serial', 'stdio'],
    ...['-kernel', path.join(tree, 'boot', `vmlinuz-${kernelOf(tree)}`), '-initrd', initial],
    // On a busy host the emulated timer comes too late for the kernel's own check of it.
    ...['-append', 'console=ttyS0 quiet panic=-1 no_timer_check'],
    ...['-drive', `file=${disk},format=raw,if=virtio,cache=unsafe`],
    ...share('tree', tree),
    ...share('package', packageRoot()),
  ];
}

async function emulate(
  tree: string,
  args: string[],
  { limitMs, line }: { limitMs: number; line: (text: string) => void },
): Promise<void> {
  const [loader, ...first] = nfsSetup().emulator(tree);
  const env = { ...process.env, QEMU_MODULE_DIR: path.join(tree, 'usr', 'lib', 'x86_64-linux-gnu', 'qemu') };
  const child = spawn(loader, [...first, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const end = (): void => void child.kill('SIGKILL');
  process.once('exit', end);
  // A signal ends a process without that event, and the emulator would stay.
  const leave = (): void => process.exit(1);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, leave);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    end();
  }, limitMs);
  const closed = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (text) => line(text.replace(/\r$/, '')));
  try {
    const code = await closed;
    if (late) throw new Error(`the virtual machine did not end within ${limitMs / 60_000} min`);
    if (code !== 0) throw new Error(`the emulator ended with ${code}`);
  } finally {
    clearTimeout(timer);
    process.removeListener('exit', end);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.removeListener(signal, leave);
  }
}
