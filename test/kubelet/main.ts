import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { whyNoRealKubelet } from '../../lab/node/requirements';
import { packageRoot, tools } from '../../lab/package';
import { podTests } from './files';
import { recordText, reportSchema } from './record';
import type { TestReport } from './record';

const usage = `npm run test:kubelet -- [options] [FILE…]

Runs the lab tests about pods on the real kubelet, which needs root: tens of minutes. Without files it runs all of them, and writes what
has ended so far into test/kubelet/RESULTS.md after each.

  --resume        goes on where a run of this commit was broken off: files that passed are not run again
  --from COMMIT   takes over what passed in a run of an earlier commit here, and says so in each line`;

/** Lab tests need their hooks, and more time than with processes for pods: an image is unpacked, a pod takes seconds. */
const MOCHA = ['--no-config', '--exit', '--timeout', '400000', '--require', 'dist/test/hooks.js'];

/** One file in a process and a lab of its own; gives what mocha reported, or nothing when it did not get to its end. */
async function runFile(file: string): Promise<TestReport> {
  const report = path.join(tmpdir(), `kubelet-report-${process.pid}.json`);
  const compiled = path.join('dist', file.replace(/\.ts$/, '.js'));
  const args = [path.join('node_modules', 'mocha', 'bin', 'mocha.js'), ...MOCHA];
  const shown = ['--reporter', path.join('dist', 'test', 'kubelet', 'reporter.js')];
  const env = { ...process.env, LAB_KUBELET: 'real', KUBELET_REPORT: report, TEST_DATABASE: 'mysql' };
  const child = spawn(process.execPath, [...args, ...shown, compiled], {
    cwd: packageRoot(),
    env,
    stdio: 'inherit',
  });
  await new Promise((resolve) => child.on('close', resolve));
  try {
    return { ...(JSON.parse(readFileSync(report, 'utf8')) as Omit<TestReport, 'file'>), file };
  } catch {
    return { file, passed: 0, skipped: 0, failed: ['the file did not get to its end'], seconds: 0 };
  } finally {
    rmSync(report, { force: true });
  }
}

function said(program: string, ...args: string[]): string {
  return spawnSync(program, args, { cwd: packageRoot(), encoding: 'utf8' }).stdout.trim();
}

function parts(): string[] {
  const { kubelet, mysqlBase, podRuntime } = tools();
  const folder = (file: string): string => path.basename(file).replace('-', ' ');
  const containerd = said(path.join(podRuntime, 'usr', 'bin', 'containerd'), '--version').split(' ')[2] ?? '';
  return [folder(path.dirname(kubelet)), `containerd ${containerd} with runc`, folder(mysqlBase)];
}

/** Keeps the reports of one commit, by which a run that was broken off goes on. */
class Kept {
  private readonly folder: string;

  constructor(commit: string) {
    this.folder = path.join(tools().cache, 'kubelet-reports', commit);
    mkdirSync(this.folder, { recursive: true });
  }

  private fileOf(test: string): string {
    return path.join(this.folder, `${path.basename(test, '.ts')}.json`);
  }

  put(report: TestReport): void {
    writeFileSync(this.fileOf(report.file), JSON.stringify(report));
  }

  /** The report of a file in which nothing failed. */
  passed(test: string): TestReport | undefined {
    try {
      const report = reportSchema.parse(JSON.parse(readFileSync(this.fileOf(test), 'utf8')));
      return report.failed.length === 0 ? report : undefined;
    } catch {
      return undefined;
    }
  }
}

/** What passed in a run of an earlier commit. */
function takenOver(file: string, commit: string | undefined): TestReport | undefined {
  const report = commit === undefined ? undefined : new Kept(commit).passed(file);
  return report === undefined ? undefined : { ...report, commit };
}

/** The lab tests about pods, on the real kubelet. */
async function main(): Promise<void> {
  const { values, positionals: wanted } = parseArgs({
    allowPositionals: true,
    options: {
      resume: { type: 'boolean', default: false },
      from: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(usage);
  const reason = whyNoRealKubelet();
  if (reason !== undefined) throw new Error(reason);
  const commit = said('git', 'rev-parse', '--short', 'HEAD');
  const date = new Date().toISOString().slice(0, 10);
  const head = { date, commit, kernel: said('uname', '-r'), parts: parts() };
  const kept = new Kept(commit);
  const files = wanted.length === 0 ? podTests : wanted;
  const reports: TestReport[] = [];
  for (const file of files) {
    const done = (values.resume ? kept.passed(file) : undefined) ?? takenOver(file, values.from);
    const report = done ?? (await runFile(file));
    if (done === undefined) kept.put(report);
    reports.push(report);
    if (wanted.length > 0) continue;
    const text = recordText(reports, head, files.slice(reports.length));
    writeFileSync(path.join(packageRoot(), 'test', 'kubelet', 'RESULTS.md'), text);
  }
  console.log(recordText(reports, head));
  if (reports.some(({ failed }) => failed.length > 0)) process.exitCode = 1;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
