import type { CanaryResult, LoadResult } from '..';
import type { Commands } from './command';

/** Milliseconds as people read them. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** The requests of the load client, failures by kind. */
export function describeLoad({ requests, failed, failures }: LoadResult): string {
  const kinds = Object.entries(failures).map(([kind, count]) => `${kind}: ${count}`);
  return `${requests} sent, failed: ${failed}${kinds.length === 0 ? '' : ` (${kinds.join(', ')})`}`;
}

/** The logins of the canary. */
export function describeCanary({ logins, failed }: CanaryResult): string {
  return `${logins} made as sqlconf.php and the Kubernetes Secret said at that moment, failed: ${failed}`;
}

const ENDED_STEP = /^ *(\d+)\/11 (.+) (?:done|already done|failed) \((\d+\.\d) s\)$/;
const SHOWN = 4;

/** Where the time of a run went, by what its progress lines say: all of it, then the longest parts first. */
export function describeTime(output: string, ms: number): string[] {
  const steps = output.split('\n').flatMap((line) => {
    const [, number, title, text] = ENDED_STEP.exec(line) ?? [];
    return number === undefined ? [] : [{ name: `step ${number}, ${title}`, ms: Number(text) * 1000 }];
  });
  // What no step took is the reading of the world, the plan, the preflight, and the start of the engine.
  const outside = { name: 'start, reading and planning', ms: Math.max(0, ms - total(steps)) };
  const sorted = [...steps, outside].sort((one, other) => other.ms - one.ms);
  const rest = { name: 'all else', ms: total(sorted.slice(SHOWN)) };
  const parts = [...sorted.slice(0, SHOWN), ...(sorted.length > SHOWN ? [rest] : [])];
  return [`${seconds(ms)} in all:`, ...parts.map((part) => `${seconds(part.ms).padStart(8)}  ${part.name}`)];
}

function total(parts: { ms: number }[]): number {
  return parts.reduce((sum, { ms }) => sum + ms, 0);
}

interface HistoryEntry {
  message?: string;
  result: string;
  startTime: string;
  endTime: string;
}

/** The history of the site's stack as Pulumi keeps it, the last update first: what it did, its result, its time. */
export async function readHistory(commands: Commands, stack: string): Promise<string[]> {
  const { code, output } = await commands.pulumi(['stack', 'history', '--json', '--stack', stack]);
  if (code !== 0) return [`cannot be read (pulumi ended with exit code ${code})`];
  const entries = JSON.parse(output) as HistoryEntry[];
  if (entries.length === 0) return ['no update'];
  return entries.map(({ message, result, startTime, endTime }) => {
    // Pulumi notes whole seconds.
    const duration = Math.round((Date.parse(endTime) - Date.parse(startTime)) / 1000);
    return `${message ?? 'update'}: ${result}, ${duration} s`;
  });
}
