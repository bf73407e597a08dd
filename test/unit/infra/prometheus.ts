import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { tools } from '../../../lab/package';
import { freePort } from '../../../lab/servers/ports';
import { until } from '../../lab/support/until';

/** Skips a suite where the set-up has not fetched Prometheus and its Pushgateway; in CI that is a failure. */
export function needsPrometheus(): void {
  before(function () {
    if (existsSync(tools().prometheus) && existsSync(tools().pushgateway)) return;
    if (process.env['CI']) throw new Error('Prometheus was not fetched, and in CI no test is skipped');
    this.skip();
  });
}

/** A server that a test started. */
export interface Server {
  url: string;
  stop(): Promise<void>;
}

/** Starts a program, and waits until it says that it is ready. */
async function started(file: string, args: string[], port: number): Promise<Server> {
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(file, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text: Buffer) => (said += text.toString()));
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const isReady = async (): Promise<boolean> => {
    if (child.exitCode !== null) throw new Error(`${path.basename(file)} does not start: ${said}`);
    return fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  };
  await until(`${path.basename(file)} is ready`, isReady, { limitMs: 60_000 });
  return {
    url,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Starts a Pushgateway that keeps its metrics in a file. */
export function startPushgateway(port: number, file: string): Promise<Server> {
  const args = [`--web.listen-address=127.0.0.1:${port}`, `--persistence.file=${file}`];
  return started(tools().pushgateway, args, port);
}

/** Prometheus, and what it answers. */
export interface Prometheus extends Server {
  /** The series that an expression gives now, each by its labels. */
  query(expression: string): Promise<Record<string, string>[]>;
}

/** Starts a Prometheus with a configuration and a file of rules; its data goes with it. */
export async function startPrometheus(config: object, rules: object): Promise<Prometheus> {
  const folder = mkdtempSync(path.join(tmpdir(), 'prometheus-'));
  const [file, port] = [path.join(folder, 'prometheus.yaml'), await freePort()];
  writeFileSync(path.join(folder, 'rules.yaml'), stringify(rules));
  writeFileSync(file, stringify({ ...config, rule_files: ['rules.yaml'] }));
  const args = [
    `--config.file=${file}`,
    `--storage.tsdb.path=${path.join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  const server = await started(tools().prometheus, args, port);
  return {
    ...server,
    query: async (expression) => {
      const answer = await fetch(`${server.url}/api/v1/query?query=${encodeURIComponent(expression)}`);
      const { data } = (await answer.json()) as { data: { result: { metric: Record<string, string> }[] } };
      return data.result.map(({ metric }) => metric);
    },
    stop: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
