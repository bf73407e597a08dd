import { readFileSync } from 'node:fs';

/** Numbers of Linux capabilities (capability.h) that decide about files. */
const capabilities = { CHOWN: 0, DAC_OVERRIDE: 1, DAC_READ_SEARCH: 2, FOWNER: 3, FSETID: 4 } as const;

/** Whether this process has a capability now. Where the kernel does not say, root has all of them. */
export function may(name: keyof typeof capabilities): boolean {
  try {
    const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    if (effective !== undefined)
      return ((BigInt(`0x${effective}`) >> BigInt(capabilities[name])) & 1n) === 1n;
  } catch {
    // No /proc: decided by the user alone.
  }
  return process.geteuid?.() === 0;
}

/** Whether this process is of a group. */
export function isInGroup(gid: number): boolean {
  return process.getegid?.() === gid || (process.getgroups?.() ?? []).includes(gid);
}

/** Whom the operating system takes this process for, as a phrase. */
export function whoAmI(): string {
  const name = `user ${process.geteuid?.() ?? 'unknown'}, group ${process.getegid?.() ?? 'unknown'}`;
  const missing = (['CHOWN', 'DAC_OVERRIDE', 'FOWNER'] as const).filter((each) => !may(each));
  const asRoot = process.geteuid?.() === 0 && missing.length > 0;
  return asRoot ? `${name} without the capabilities ${missing.join(', ')}` : name;
}

/** A mode as people write it. */
export function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, '0');
}
