import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { tools } from '../../../lab/package';

/** Skips a suite where the set-up has not fetched promtool; in CI that is a failure. Call it in a `describe`. */
export function needsPromtool(): void {
  before(function () {
    if (existsSync(tools().promtool)) return;
    if (process.env['CI']) throw new Error('promtool was not fetched, and in CI no test is skipped');
    this.skip();
  });
}

/** Runs promtool on files of a folder that is made for it. */
export function promtool(
  args: readonly string[],
  files: Record<string, unknown>,
): { code: number | null; said: string } {
  const folder = mkdtempSync(path.join(tmpdir(), 'promtool-'));
  try {
    for (const [name, content] of Object.entries(files))
      writeFileSync(path.join(folder, name), stringify(content));
    const { status, stdout, stderr } = spawnSync(tools().promtool, args, {
      cwd: folder,
      encoding: 'utf8',
      timeout: 200_000,
    });
    return { code: status, said: stdout + stderr };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A time series of a test of promtool. */
export interface InputSeries {
  series: string;
  values: string;
}

/** What a test of promtool says. */
export interface RuleTest {
  interval: string;
  input_series: InputSeries[];
  alert_rule_test?: { eval_time: string; alertname: string; exp_alerts: object[] }[];
  promql_expr_test?: { expr: string; eval_time: string; exp_samples: { labels: string; value: number }[] }[];
}
