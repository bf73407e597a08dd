import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** Mounts a FUSE file system whose server never answers: the kernel holds each call, as with NFS whose server is away. */
const script = `
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
target = sys.argv[1].encode()
server = os.open('/dev/fuse', os.O_RDWR)
if libc.mount(b'none', target, b'fuse', 0, b'fd=%d,rootmode=40000,user_id=0,group_id=0' % server) != 0: sys.exit(1)
print('mounted', flush=True)
sys.stdin.read()
libc.umount2(target, 2)
`;

/** @returns a function that ends it, or undefined where this process may not mount or there is no FUSE */
export async function mountHanging(folder: string): Promise<(() => Promise<void>) | undefined> {
  const server: ChildProcess = spawn('python3', ['-c', script, folder], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const exited = once(server, 'exit');
  const mounted = await Promise.race([
    once(server.stdout ?? server, 'data').then(() => true),
    exited.then(() => false),
  ]).catch(() => false);
  if (!mounted) return undefined;
  return async () => {
    server.stdin?.end();
    await exited;
  };
}
