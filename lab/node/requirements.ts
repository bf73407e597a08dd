import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { makeControlGroup, removeControlGroup } from './controlGroups';

/** What a node does to the kernel, on a small scale: the first that fails says what is missing. */
const TRIALS: { script: string; missing: string }[] = [
  {
    script: 'command -v ip nsenter unshare mount',
    missing: 'the commands ip, nsenter and unshare (packages iproute2, util-linux, mount)',
  },
  { script: 'unshare --mount --pid --net --fork --mount-proc true', missing: 'leave to make namespaces' },
  {
    script:
      'unshare --net sh -c "ip link add end1 type veth peer name end2 && ip link add bridge1 type bridge && ip link set end1 master bridge1"',
    missing: 'links of the kinds veth and bridge in the kernel',
  },
  {
    script:
      'mkdir u w m && unshare --mount mount -t overlay overlay -o "lowerdir=/usr,upperdir=$PWD/u,workdir=$PWD/w" m',
    missing: 'overlay mounts on the file system of temporary files',
  },
];

/**
 * Why the real kubelet cannot run on this machine, in one sentence; undefined when it can.
 * @param folder where to try; default the machine's temporary files
 */
export function whyNoRealKubelet(folder = tmpdir()): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return 'The real kubelet needs root on Linux: start this as root, or leave --kubelet real out.';
  mkdirSync(folder, { recursive: true });
  for (const { script, missing } of TRIALS) {
    const place = mkdtempSync(path.join(folder, 'kubelet-trial-'));
    try {
      execFileSync('/bin/sh', ['-c', script], { cwd: place, stdio: 'pipe' });
    } catch {
      return lacking(missing);
    } finally {
      rmSync(place, { recursive: true, force: true });
    }
  }
  try {
    const trial = `openemr-lab-${process.pid}-0`;
    makeControlGroup(trial);
    removeControlGroup(trial);
  } catch {
    return lacking('leave to make control groups below /sys/fs/cgroup');
  }
  return undefined;
}

function lacking(missing: string): string {
  return `The real kubelet cannot run here, as this machine lacks ${missing}: leave --kubelet real out.`;
}
