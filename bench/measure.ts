import { spawn } from 'node:child_process';
import { existsSync, rmSync, watch } from 'node:fs';
import path from 'node:path';
import type { Lab, Site } from '../lab';
import { readJsonLines } from '../lab/readJsonLines';
import type { AwsRequest } from '../lab/servers/aws-proxy';
import type { KubernetesRequest } from '../lab/servers/kubernetes-requests';
import { projectName } from '../src/settings/settings';
import { packageFolder } from '../src/base/packageFolder';
import type { PeakMemory, ProcessFacts } from './processTree';
import { ProcessTree } from './processTree';
import type { Seen } from './seen';

/** A line that the command wrote to stdout as JSON, with the time when it wrote it. */
export interface Line {
  time: number;
  type: string;
  step?: number;
  ms?: number;
}

/** What watching its processes tells of a run. It costs time on the processors: such a run is not timed. */
export interface Watched {
  /** Time of all processes on the processors. */
  cpuMs: number;
  processes: ProcessFacts[];
  peak: PeakMemory;
}

/** Everything seen of one run of the command. Times in ms since 1970. */
export interface Measured {
  code: number | null;
  stderr: string;
  started: number;
  wallMs: number;
  /** Only of a run that was watched. */
  watched: Watched | undefined;
  seen: Seen[];
  lines: Line[];
  aws: AwsRequest[];
  kubernetes: KubernetesRequest[];
  /** When the engine wrote the state. */
  checkpoints: number[];
}

const commandFile = path.join(packageFolder, 'dist', 'src', 'cli', 'main.js');
const hookFile = path.join(__dirname, 'hook.js');
let runs = 0;

/** As in the lab's tests: its page answers at once or not at all. */
const settings = { CREDENTIAL_ROTATION_HEALTH_LIMIT_SECONDS: '8' };

/** What may differ between runs. */
interface Conditions {
  /** Variables on top of the site's. */
  changes?: Record<string, string>;
  watched?: boolean;
}

/** Runs the command against a site and notes all it does. */
export async function measure(
  lab: Lab,
  site: Site,
  args: readonly string[],
  { changes = {}, watched = false }: Conditions = {},
): Promise<Measured> {
  runs += 1;
  const mark = `BENCH_RUN=${process.pid}-${runs}`;
  const log = path.join(site.folder, 'bench.log');
  rmSync(log, { force: true });
  const before = { aws: lab.aws.requests().length, kubernetes: lab.kubernetes.requests().length };
  const environment = {
    PATH: process.env['PATH'],
    HOME: site.folder,
    ...site.environment,
    ...settings,
    NODE_OPTIONS: `--require ${hookFile}`,
    BENCH_LOG: log,
    BENCH_DATABASE_PORT: String(lab.database.port),
    [mark.split('=')[0] ?? '']: mark.split('=')[1],
    ...changes,
  };
  const state = watchState(site);
  const tree = watched ? new ProcessTree(mark) : undefined;
  const started = performance.timeOrigin + performance.now();
  const ended = await runCommand(args, environment, site.folder);
  const wallMs = performance.timeOrigin + performance.now() - started;
  const seenOfProcesses = tree?.end();
  return {
    ...ended,
    started,
    wallMs,
    watched: seenOfProcesses && {
      ...seenOfProcesses,
      cpuMs: seenOfProcesses.processes.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    },
    seen: readJsonLines<Seen>(log),
    aws: lab.aws
      .requests()
      .slice(before.aws)
      .filter(({ secretId }) => isOf(site, secretId)),
    kubernetes: lab.kubernetes
      .requests()
      .slice(before.kubernetes)
      .filter(({ time }) => time >= started),
    checkpoints: state(),
  };
}

function isOf({ slotSecretId, adminSecretId }: Site, secretId: string | undefined): boolean {
  return secretId === slotSecretId || secretId === adminSecretId;
}

/** Runs a command that loads nothing of the world, such as --help; gives wall time in ms. */
export async function measureAlone(args: readonly string[]): Promise<number> {
  const started = performance.now();
  await runCommand(args, { PATH: process.env['PATH'], HOME: process.env['HOME'] }, process.cwd());
  return performance.now() - started;
}

function runCommand(
  args: readonly string[],
  environment: Record<string, string | undefined>,
  folder: string,
): Promise<{ code: number | null; stderr: string; lines: Line[] }> {
  const env = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [commandFile, ...args], {
      env,
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
    child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stderr, lines: jsonLines(stdout) }));
  });
}

function jsonLines(stdout: string): Line[] {
  const found = stdout.split('\n').filter((line) => line.startsWith('{'));
  return found
    .map((line) => JSON.parse(line) as Omit<Line, 'time'> & { time?: string })
    .map((line) => ({ ...line, time: Date.parse(line.time ?? '') }));
}

/** Notes each time the state's file is replaced. */
function watchState(site: Site): () => number[] {
  const backend = (site.environment['PULUMI_BACKEND_URL'] ?? '').replace('file://', '');
  const folder = path.join(backend, '.pulumi', 'stacks', projectName);
  const times: number[] = [];
  if (!existsSync(folder)) return () => times;
  const watcher = watch(folder, (_event, name) => {
    if (name === `${site.name}.json`) times.push(Date.now());
  });
  return () => {
    watcher.close();
    return times;
  };
}
