import { appendFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { readJsonLines } from '../../lab/readJsonLines';

/** One carried-out case, a line of the ledger. */
export interface Entry {
  /** The part of the sweep, as in `once` or `people`. */
  part: string;
  start: string;
  /** What was done: a mode, or a way to stop. */
  mode: string;
  /** Names the case in every run of the harness. */
  name: string;
  healthy: boolean;
  seconds: number;
  logins: number;
  /** Logins of those who keep one, by kind; of a case that failed, its text says how many were refused. */
  kept?: Record<string, number>;
  /** The database, what the aws and random plugins were, and the commit. */
  database?: string;
  plugins?: string;
  commit?: string;
  /** How it ended; of a case that failed, what did not hold. */
  text: string;
}

/** The cases that were carried out, in a file: a sweep takes hours, and is gone on with where it stopped. */
export class Ledger {
  private readonly done: Set<string>;

  constructor(private readonly file: string) {
    mkdirSync(path.dirname(file), { recursive: true });
    this.done = new Set(this.entries().map(keyOf));
  }

  /** Whether the case was carried out before, however it ended. */
  has(part: string, name: string): boolean {
    return this.done.has(keyOf({ part, name }));
  }

  /** Writes a case down. */
  add(entry: Entry): void {
    this.done.add(keyOf(entry));
    appendFileSync(this.file, `${JSON.stringify(entry)}\n`);
  }

  /** All cases of the file; of one that was carried out again, the last. */
  entries(): Entry[] {
    const entries = readJsonLines<Entry>(this.file);
    return [...new Map(entries.map((entry) => [keyOf(entry), entry])).values()];
  }
}

function keyOf({ part, name }: Pick<Entry, 'part' | 'name'>): string {
  return `${part}: ${name}`;
}

/** Healthy of all, for each start and mode, and what failed. */
export function tableOf(entries: readonly Entry[]): string[] {
  const lines: string[] = [];
  for (const part of [...new Set(entries.map((entry) => entry.part))]) {
    const ours = entries.filter((entry) => entry.part === part);
    const columns = [...new Set(ours.map(({ mode }) => mode))];
    const heads = [...columns, 'logins', 'failed cases'];
    const widths = heads.map((head) => Math.max(13, head.length + 2));
    lines.push('', `${part}: healthy of all`, row('start', heads, widths));
    for (const start of [...new Set(ours.map((entry) => entry.start))]) {
      const of = ours.filter((entry) => entry.start === start);
      const cells = columns.map((mode) => share(of.filter((entry) => entry.mode === mode)));
      const logins = of.reduce((sum, entry) => sum + entry.logins, 0);
      lines.push(
        row(start, [...cells, String(logins), String(of.filter(({ healthy }) => !healthy).length)], widths),
      );
    }
  }
  const failed = entries.filter(({ healthy }) => !healthy);
  return [...lines, ...failed.map(({ part, name, text }) => `✗ ${part}: ${name}\n    ${text}`)];
}

function share(entries: readonly Entry[]): string {
  return entries.length === 0 ? '–' : `${entries.filter(({ healthy }) => healthy).length}/${entries.length}`;
}

function row(first: string, cells: readonly string[], widths: readonly number[]): string {
  return [first.padEnd(16), ...cells.map((cell, index) => cell.padStart(widths[index] ?? 13))].join('');
}
