import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** One process of a run. Times in ms since 1970, memory in MiB. */
export interface ProcessFacts {
  pid: number;
  name: string;
  started: number;
  ended: number;
  cpuMs: number;
  peakRss: number;
}

/** Memory of all processes of a run together, in MiB, at its highest. */
export interface PeakMemory {
  /** Sum of the resident sets: pages that several share count for each. */
  rss: number;
  /** Shared pages counted once; undefined where the kernel does not tell. */
  pss: number | undefined;
  /** Of that, pages of program files and libraries, which the kernel takes back when it needs them. */
  files: number | undefined;
}

const everyMs = 25;
/** Proportional sizes cost the kernel a walk through all pages: every so many rounds. */
const pssRounds = 6;
const ticksPerSecond = 100;
const pageKib = 4;

/** Watches the processes that have a variable in their environment, from their start to their end. */
export class ProcessTree {
  private readonly known = new Map<number, ProcessFacts | undefined>();
  private readonly timer: NodeJS.Timeout;
  private round = 0;
  private readonly peak: PeakMemory = { rss: 0, pss: undefined, files: undefined };

  /** @param mark `NAME=value` */
  constructor(private readonly mark: string) {
    this.timer = setInterval(() => this.look(), everyMs);
  }

  /** Ends the watch; what was seen. */
  end(): { processes: ProcessFacts[]; peak: PeakMemory } {
    clearInterval(this.timer);
    const processes = [...this.known.values()].filter((each) => each !== undefined);
    return { processes, peak: this.peak };
  }

  private look(): void {
    const now = Date.now();
    const living: ProcessFacts[] = [];
    for (const name of readdirSync('/proc')) {
      if (!/^\d+$/.test(name)) continue;
      const facts = this.factsOf(Number(name), now);
      if (facts && update(facts, now)) living.push(facts);
    }
    const rss = living.reduce((sum, { pid }) => sum + rssOf(pid), 0);
    this.peak.rss = Math.max(this.peak.rss, rss);
    this.round += 1;
    if (this.round % pssRounds !== 0) return;
    const sizes = living.map(({ pid }) => pssOf(pid));
    if (!sizes.every((size) => size !== undefined)) return;
    const pss = sizes.reduce((sum, size) => sum + size.all, 0);
    if (pss <= (this.peak.pss ?? 0)) return;
    this.peak.pss = pss;
    this.peak.files = sizes.reduce((sum, size) => sum + size.files, 0);
  }

  private factsOf(pid: number, now: number): ProcessFacts | undefined {
    if (this.known.has(pid)) {
      const facts = this.known.get(pid);
      // A shell that runs its program in its own place has another name then.
      if (facts) facts.name = nameOf(pid) ?? facts.name;
      return facts;
    }
    if (pid === process.pid) return undefined;
    const mine = read(pid, 'environ')?.split('\0').includes(this.mark);
    const name = mine === true ? nameOf(pid) : undefined;
    // Between fork and exec a process has no environment of its own yet.
    if (mine === false) this.known.set(pid, undefined);
    if (name === undefined) return undefined;
    const facts = { pid, name, started: now, ended: now, cpuMs: 0, peakRss: 0 };
    this.known.set(pid, facts);
    return facts;
  }
}

/** False when the process has ended. */
function update(facts: ProcessFacts, now: number): boolean {
  const fields = statOf(facts.pid);
  if (!fields || fields[0] === 'Z') return false;
  facts.ended = now;
  facts.cpuMs = ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
  facts.peakRss = Math.max(facts.peakRss, rssOf(facts.pid));
  return true;
}

function read(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return undefined;
  }
}

/** Program and first argument, without folders. */
function nameOf(pid: number): string | undefined {
  const words = read(pid, 'cmdline')
    ?.split('\0')
    .filter((word) => word !== '');
  if (words === undefined || words.length === 0) return undefined;
  return words
    .slice(0, 2)
    .map((word) => path.basename(word))
    .join(' ');
}

/** The fields of /proc/PID/stat after the name: state first. */
function statOf(pid: number): string[] | undefined {
  const stat = read(pid, 'stat');
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function rssOf(pid: number): number {
  return (Number(statOf(pid)?.[21] ?? 0) * pageKib) / 1024;
}

function pssOf(pid: number): { all: number; files: number } | undefined {
  const rollup = read(pid, 'smaps_rollup');
  // One that ended in between has none.
  if (rollup === undefined) return statOf(pid) ? undefined : { all: 0, files: 0 };
  const size = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1] ?? 0) / 1024;
  return { all: size('Pss'), files: size('Pss_File') };
}
