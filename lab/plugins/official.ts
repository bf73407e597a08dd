import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { tools } from '../package.js';
import { PLUGIN_VERSIONS } from './versions.js';

/** Where Pulumi itself serves its plugins; the engine's own `pulumi plugin install` asks there too. */
const SERVER = 'https://get.pulumi.com/releases/plugins';
const ANSWER_MS = 5_000;
const STALL_MS = 30_000;
const DAY_MS = 24 * 3_600_000;

/** What may be set for a fetch; the tests set all of it. */
export interface FetchOptions {
  /** The folder that keeps the plugin and the note of a refusal; by default in the lab's cache. */
  folder?: string;
  server?: string;
  log?: (line: string) => void;
}

/** Whether the lab must take its own aws plugin, even where the official one can be had. */
export function wantsStandIn(): boolean {
  return process.env['CREDENTIAL_ROTATION_PLUGINS'] === 'stand-in';
}

/** The folder of the official aws plugin in the lab's cache. */
export function officialFolder(): string {
  return path.join(tools().cache, 'plugins');
}

/** The name that the engine gives to the folder of a plugin. */
export function pluginFolderName(name: keyof typeof PLUGIN_VERSIONS): string {
  return `resource-${name}-v${PLUGIN_VERSIONS[name]}`;
}

/** Whether the official aws plugin is in the folder, complete. */
export function hasOfficialAws(folder = officialFolder()): boolean {
  return existsSync(path.join(folder, pluginFolderName('aws'), 'pulumi-resource-aws'));
}

function archiveName(): string {
  const machine = process.arch === 'x64' ? 'amd64' : process.arch;
  return `pulumi-resource-aws-v${PLUGIN_VERSIONS.aws}-${process.platform}-${machine}.tar.gz`;
}

/** Unpacks a gzipped tar stream with the system's tar. @throws Error when it is not whole */
async function unpack(body: ReadableStream, folder: string, alive: () => void): Promise<void> {
  const tar = spawn('tar', ['-xzf', '-', '-C', folder], { stdio: ['pipe', 'ignore', 'ignore'] });
  const ended = once(tar, 'close');
  const source = Readable.fromWeb(body);
  source.on('data', alive);
  try {
    await pipeline(source, tar.stdin);
    const [code] = (await ended) as [number | null];
    if (code !== 0) throw new Error('the archive is damaged');
  } finally {
    tar.kill();
  }
}

/** Fetches the plugin beside its place and moves it there when it is whole. */
async function fetchAws(folder: string, server: string): Promise<void> {
  const stop = new AbortController();
  const arm = (after: number) =>
    setTimeout(() => stop.abort(new Error(`no answer for ${after / 1000} s`)), after);
  let timer = arm(ANSWER_MS);
  const alive = () => {
    clearTimeout(timer);
    timer = arm(STALL_MS);
  };
  const beside = await mkdtemp(path.join(folder, '.aws-'));
  try {
    const answer = await fetch(`${server}/${archiveName()}`, { signal: stop.signal });
    if (!answer.ok || !answer.body) throw new Error(`the server answered ${answer.status}`);
    alive();
    await unpack(answer.body, beside, alive);
    if (!existsSync(path.join(beside, 'pulumi-resource-aws')))
      throw new Error('the archive lacks the plugin');
    // Another process may have been quicker: its copy is as good as ours.
    await rename(beside, path.join(folder, pluginFolderName('aws'))).catch((problem: unknown) => {
      if (!hasOfficialAws(folder)) throw problem;
    });
  } finally {
    clearTimeout(timer);
    await rm(beside, { recursive: true, force: true });
  }
}

/** Whether a fetch of this version was refused within the last day. */
async function wasRefused(note: string): Promise<boolean> {
  try {
    const { time, version } = JSON.parse(await readFile(note, 'utf8')) as { time: number; version: unknown };
    return Date.now() - time < DAY_MS && version === PLUGIN_VERSIONS.aws;
  } catch {
    return false;
  }
}

function reasonOf(problem: unknown): string {
  if (!(problem instanceof Error)) return String(problem);
  return problem.cause instanceof Error ? `${problem.message}: ${problem.cause.message}` : problem.message;
}

/**
 * Gets the official aws plugin, where the machine can reach it: asks once, gives up after 5 s without an answer, and does
 * not ask again for a day. Never throws for a download that failed. With CREDENTIAL_ROTATION_PLUGINS=stand-in it does
 * nothing.
 *
 * @returns whether the lab is to take the official plugin
 */
export async function fetchOfficialAws(options: FetchOptions = {}): Promise<boolean> {
  if (wantsStandIn()) return false;
  const { folder = officialFolder(), server = SERVER, log = () => undefined } = options;
  const note = path.join(folder, 'refused.json');
  if (!hasOfficialAws(folder) && !(await wasRefused(note))) {
    await mkdir(folder, { recursive: true });
    try {
      log(`getting the official aws plugin ${PLUGIN_VERSIONS.aws}`);
      await fetchAws(folder, server);
    } catch (problem) {
      log(`the official aws plugin cannot be had (${reasonOf(problem)}): the lab's stand-in is used`);
      const refusal = { time: Date.now(), version: PLUGIN_VERSIONS.aws, reason: reasonOf(problem) };
      await writeFile(note, `${JSON.stringify(refusal)}\n`);
    }
  }
  return hasOfficialAws(folder);
}
