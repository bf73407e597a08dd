import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { repositoryFile } from '../docs/readme';

/** What a script of a release came to. */
export interface ScriptRun {
  code: number | null;
  stdout: string;
  stderr: string;
  /** What it wrote as outputs of its step. */
  outputs: string;
  /** The programs that it called which stand for another, each with its arguments. */
  calls: string[][];
}

/**
 * A checkout of the repository in a folder of its own, where the scripts of build/release run: what they compile from is there
 * already, and programs that speak to a registry are stand-ins that write down what they were asked.
 */
export class ReleaseFolder {
  readonly root = mkdtempSync(path.join(tmpdir(), 'release-'));
  readonly checkout = path.join(this.root, 'checkout');
  private readonly programs = path.join(this.root, 'programs');
  private readonly log = path.join(this.root, 'calls');

  constructor() {
    for (const folder of [this.checkout, this.programs]) mkdirSync(folder);
    const parts = ['package.json', 'package-lock.json', '.npmrc', 'LICENSE', 'CHANGELOG.md', 'SECURITY.md'];
    for (const name of [...parts, 'action.yml', 'build'])
      cpSync(repositoryFile(name), path.join(this.checkout, name), { recursive: true });
    for (const chart of ['chart', 'fleet-chart'].map((each) => path.join('infra', each)))
      cpSync(repositoryFile(chart), path.join(this.checkout, chart), { recursive: true });
    for (const name of ['src', 'infra', 'bundle', path.join('build', 'release')])
      cpSync(repositoryFile('dist', name), path.join(this.checkout, 'dist', name), { recursive: true });
    symlinkSync(repositoryFile('node_modules'), path.join(this.checkout, 'node_modules'));
  }

  /** A program that writes down how it was called, and then does this (bash). */
  standIn(name: string, script = ''): void {
    const file = path.join(this.programs, name);
    // Each argument ends with a zero byte, each call with a line.
    const record = `{ printf '%s\\0' ${name} "$@"; printf '\\n'; } >>"${this.log}"`;
    writeFileSync(file, `#!/usr/bin/env bash\n${record}\n${script}\n`);
    chmodSync(file, 0o755);
  }

  /** Puts a script beside those of the release: a step of a workflow that is no file. */
  script(name: string, script: string): void {
    const file = path.join(this.checkout, 'build', 'release', name);
    writeFileSync(file, `#!/usr/bin/env bash\nset -e\n${script}\n`, { mode: 0o755 });
  }

  /** Runs a script of build/release as a step of the workflow runs it. */
  async run(script: string, args: string[], variables: Record<string, string> = {}): Promise<ScriptRun> {
    const output = path.join(this.root, 'output');
    for (const file of [output, this.log]) writeFileSync(file, '');
    const env = {
      PATH: [this.programs, path.dirname(process.execPath), process.env['PATH']].join(path.delimiter),
      HOME: this.root,
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_REPOSITORY: 'acme/openemr-credential-rotation',
      GITHUB_SHA: '0123456789abcdef0123456789abcdef01234567',
      GITHUB_OUTPUT: output,
      ...variables,
    };
    const own = path.join(this.checkout, 'build', 'release', script);
    // Not at once: the registry of a test answers from this process.
    const child = spawn(own, args, { cwd: this.checkout, env, timeout: 60_000 });
    const texts = [child.stdout, child.stderr].map(text);
    const [code] = (await once(child, 'close')) as [number | null];
    const [stdout = '', stderr = ''] = await Promise.all(texts);
    return { code, stdout, stderr, outputs: readFileSync(output, 'utf8'), calls: this.calls() };
  }

  private calls(): string[][] {
    const lines = readFileSync(this.log, 'utf8').split('\0\n').slice(0, -1);
    return lines.map((line) => line.split('\0'));
  }

  remove(): void {
    rmSync(this.root, { recursive: true });
  }
}
