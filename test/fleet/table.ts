import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import path from 'node:path';
import { packageRoot } from '../../lab/package';
import type { Row } from './scene';

const [begin, end] = ['<!-- measured: begin -->', '<!-- measured: end -->'];

/** What was measured, as Markdown. */
export function tableLines(rows: readonly Row[], concurrency: number, load: number): string[] {
  const [cpu] = cpus();
  const gibibytes = (totalmem() / 2 ** 30).toFixed(0);
  return [
    `${cpus().length} processors (${(cpu?.model ?? 'unknown').trim()}), ${gibibytes} GiB; load average at the beginning ${load.toFixed(1)}; ${concurrency} rotations at a time.`,
    '',
    '| way | deployments | ended | wall | wall, each | CPU, each | most memory | calls for each: AWS, Kubernetes, SQL of the admin |',
    '|---|---|---|---|---|---|---|---|',
    ...rows.map(rowLine),
  ];
}

function rowLine({ way, deployments, ends, seconds, cpuSeconds, peakMiB, calls }: Row): string {
  const each = (count: number): string => (count / deployments).toFixed(0);
  const cells = [
    ...[way, String(deployments), ends, `${seconds.toFixed(0)} s`],
    ...[`${(seconds / deployments).toFixed(1)} s`, `${(cpuSeconds / deployments).toFixed(1)} s`],
    `${(peakMiB / 1024).toFixed(1)} GiB`,
    [calls.aws, calls.kubernetes, calls.sql].map(each).join(', '),
  ];
  return `| ${cells.join(' | ')} |`;
}

/** Replaces what stands between two comments of docs/fleet.md. */
export function writeTable(lines: readonly string[]): void {
  const file = path.join(packageRoot(), 'docs', 'fleet.md');
  const text = readFileSync(file, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < 0) throw new Error(`${file} has no place for the table`);
  writeFileSync(file, `${text.slice(0, from + begin.length)}\n${lines.join('\n')}\n${text.slice(to)}`);
}
