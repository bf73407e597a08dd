import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';

/** Root of the repository: what the runner checks an action out to. */
const actionFolder = path.resolve(__dirname, '..', '..', '..', '..');

interface ActionFile {
  inputs: Record<string, { required?: boolean; default?: string }>;
  outputs: Record<string, { value: string }>;
  runs: { steps: { id?: string; run: string; env?: Record<string, string> }[] };
}

/** A job, as far as an action sees it. */
export interface ActionJob {
  /** The inputs that the workflow gives. */
  inputs: Record<string, string>;
  /** The environment of the job. */
  environment: Record<string, string | undefined>;
  /** The checked-out repository of the workflow. */
  workspace: string;
  /** `github.token`. */
  token: string;
  /** The event's payload. */
  event?: unknown;
  /** The job is cancelled as soon as the log says this: SIGINT, and SIGTERM a moment later. */
  cancelledAt?: string;
}

/** How an action ended. */
export interface ActionRun {
  code: number;
  outputs: Record<string, string>;
  summary: string;
  /** The log as its readers see it. */
  log: string;
}

/**
 * Carries out the steps of action.yml in their order, as the runner of GitHub does: expressions in `env` and outputs,
 * bash as it starts it, the files for outputs and summary, masks, and no step after one that failed.
 */
export async function runAction(job: ActionJob): Promise<ActionRun> {
  const action = parse(readFileSync(path.join(actionFolder, 'action.yml'), 'utf8')) as ActionFile;
  const folder = mkdtempSync(path.join(job.workspace, '..', 'runner-'));
  const values = new Map<string, string>([['github.token', job.token]]);
  for (const [name, { default: value = '' }] of Object.entries(action.inputs))
    values.set(`inputs.${name}`, job.inputs[name] ?? evaluate(value, values));
  let [code, summary, log] = [0, '', ''];
  for (const [index, step] of action.runs.steps.entries()) {
    const ran = await runStep(job, step, path.join(folder, String(index)), values);
    log += ran.log;
    summary += ran.summary;
    for (const [name, value] of Object.entries(ran.outputs))
      values.set(`steps.${step.id ?? ''}.outputs.${name}`, value);
    if ((code = ran.code) !== 0) break;
  }
  const outputs = Object.entries(action.outputs).map(([name, { value }]) => [name, evaluate(value, values)]);
  return { code, outputs: Object.fromEntries(outputs) as Record<string, string>, summary, log: masked(log) };
}

/** A text with its expressions replaced; those that nobody set are empty. */
function evaluate(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(/\$\{\{ ?([a-z.-]+) ?\}\}/g, (_, name: string) => values.get(name) ?? '');
}

async function runStep(
  job: ActionJob,
  step: ActionFile['runs']['steps'][number],
  folder: string,
  values: ReadonlyMap<string, string>,
): Promise<{ code: number; log: string; summary: string; outputs: Record<string, string> }> {
  mkdirSync(folder);
  const file = (name: string, text = ''): string => {
    writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  const own = Object.entries(step.env ?? {}).map(([name, value]) => [name, evaluate(value, values)]);
  const [output, summary] = [file('output'), file('summary')];
  const environment: Record<string, string | undefined> = {
    ...job.environment,
    PATH: `${path.dirname(process.execPath)}:${job.environment['PATH'] ?? ''}`,
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTION_PATH: actionFolder,
    GITHUB_WORKSPACE: job.workspace,
    GITHUB_OUTPUT: output,
    GITHUB_STEP_SUMMARY: summary,
    GITHUB_EVENT_PATH: file('event.json', JSON.stringify(job.event ?? {})),
    ...(Object.fromEntries(own) as Record<string, string>),
  };
  const { code, log } = await bash(file('script.sh', step.run), environment, job);
  const read = (name: string): string => readFileSync(name, 'utf8');
  return { code, log, summary: read(summary), outputs: outputsIn(read(output)) };
}

function bash(
  script: string,
  environment: Record<string, string | undefined>,
  { workspace, cancelledAt }: ActionJob,
): Promise<{ code: number; log: string }> {
  const given = Object.entries(environment).filter(([, value]) => value !== undefined);
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', script], {
      env: Object.fromEntries(given),
      cwd: workspace,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let log = '';
    let cancelled = false;
    const take = (data: Buffer): void => {
      log += data.toString();
      if (cancelled || cancelledAt === undefined || !log.includes(cancelledAt)) return;
      cancelled = true;
      child.kill('SIGINT');
      setTimeout(() => child.kill('SIGTERM'), 200);
    };
    for (const stream of [child.stdout, child.stderr]) stream.on('data', take);
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 1, log }));
  });
}

/** The outputs of a step: `name=value`, or `name<<end`, lines, and that end. */
function outputsIn(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const [, name, end, value] = /^([^=<]+)(?:<<(.+)|=(.*))$/.exec(lines[at] ?? '') ?? [];
    if (name === undefined) continue;
    const last = end === undefined ? at : lines.indexOf(end, at + 1);
    if (last < 0) throw new Error(`the output ${name} has no end`);
    found[name] = end === undefined ? (value ?? '') : lines.slice(at + 1, last).join('\n');
    at = last;
  }
  return found;
}

/** The log without the masks, and from each mask on without what it masks. */
function masked(log: string): string {
  const secrets: string[] = [];
  const shown: string[] = [];
  for (const line of log.split('\n')) {
    const [, secret] = /^::add-mask::(.*)$/.exec(line) ?? [];
    if (secret === undefined) shown.push(secrets.reduce((text, each) => text.replaceAll(each, '***'), line));
    else secrets.push(secret.replaceAll('%0A', '\n').replaceAll('%0D', '\r').replaceAll('%25', '%'));
  }
  return shown.join('\n');
}
