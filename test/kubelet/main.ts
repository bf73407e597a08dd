import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { whyNoRealKubelet } from '../../lab/node/requirements';
import { packageRoot, tools } from '../../lab/package';
import { podTests } from './files';
import { recordText } from './record';
import type { TestReport } from './record';

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

/** `node dist/test/kubelet/main.js [FILE…]`: the lab tests about pods, on the real kubelet; all of them are recorded in RESULTS.md. */
async function main(wanted: readonly string[]): Promise<void> {
  const reason = whyNoRealKubelet();
  if (reason !== undefined) throw new Error(reason);
  const reports: TestReport[] = [];
  const files = wanted.length === 0 ? podTests : wanted;
  for (const file of files) reports.push(await runFile(file));
  const text = recordText(reports, {
    date: new Date().toISOString().slice(0, 10),
    commit: said('git', 'rev-parse', '--short', 'HEAD'),
    kernel: said('uname', '-r'),
    parts: parts(),
  });
  console.log(text);
  if (wanted.length === 0) writeFileSync(path.join(packageRoot(), 'test', 'kubelet', 'RESULTS.md'), text);
  if (reports.some(({ failed }) => failed.length > 0)) process.exitCode = 1;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
