/** The kinds of processor that there is an image for, in Debian's and Go's words. */
export type Architecture = 'amd64' | 'arm64';

/** How a kind of processor is called elsewhere. */
export interface Machine {
  /** Of an image: os/architecture (github.com/opencontainers/image-spec, image-index.md). */
  platform: string;
  /** `process.arch` of Node.js, as in the names of its npm packages. */
  node: string;
  /** The folder of Debian's libraries below /usr/lib (wiki.debian.org/Multiarch/Tuples). */
  triplet: string;
  /** `e_machine` of its ELF files (elf.h: EM_X86_64, EM_AARCH64). */
  elf: number;
}

export const machines: Readonly<Record<Architecture, Machine>> = {
  amd64: { platform: 'linux/amd64', node: 'x64', triplet: 'x86_64-linux-gnu', elf: 62 },
  arm64: { platform: 'linux/arm64', node: 'arm64', triplet: 'aarch64-linux-gnu', elf: 183 },
};

const all = Object.keys(machines) as Architecture[];

/** The kind of processor of a platform such as linux/arm64. @throws Error naming those that there are */
export function architectureOf(platform: string): Architecture {
  const found = all.find((each) => machines[each].platform === platform);
  if (found !== undefined) return found;
  const known = all.map((each) => machines[each].platform).join(' and ');
  throw new Error(`there is no image for ${platform}; there is one for ${known}`);
}

/** That of the machine this runs on. @throws Error where it is another one */
export function thisArchitecture(arch: string = process.arch): Architecture {
  const found = all.find((each) => machines[each].node === arch);
  if (found === undefined) throw new Error(`there is no image for ${arch}`);
  return found;
}
