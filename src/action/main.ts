import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describeUnknown, exitCodes, Failure } from '../base/failure';
import { Scrubber } from '../secrecy/scrubber';
import { Host } from './host';
import type { ActionInputs } from './inputs';
import { environmentFor, inputVariable, readInputs, wordsOf } from './inputs';
import { writeComment } from './pullRequest';
import type { CommandEnd, Outputs } from './report';
import {
  commentLimit,
  commentMarker,
  logLine,
  markdown,
  outputsOf,
  reportLines,
  summaryLimit,
} from './report';
import { runCommand } from './runCommand';
import { secretReceivers } from '../notify/receivers';

/** Variables whose value is a secret of the job. */
const secretVariables = [
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'PULUMI_ACCESS_TOKEN',
  'PULUMI_CONFIG_PASSPHRASE',
  ...secretReceivers,
  inputVariable('github-token'),
];

/** All that must not be shown. GitHub masks what it knows as a secret, in logs alone: not in a summary or a comment. */
function secretsOf(environment: NodeJS.ProcessEnv): string[] {
  const named = secretVariables.map((name) => environment[name] ?? '');
  const file = environment['PULUMI_CONFIG_PASSPHRASE_FILE'] ?? '';
  const fromFile = file !== '' && existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
  return [...named, fromFile].filter((secret) => secret !== '');
}

/** The step of the action: masks, runs the command, sets outputs, reports. Gives the exit code of the command. */
export async function runAction(environment: NodeJS.ProcessEnv, host: Host): Promise<number> {
  const secrets = secretsOf(environment);
  host.mask(secrets);
  const scrubber = new Scrubber();
  for (const secret of secrets) scrubber.register(secret);
  const inputs = readInputs(environment);
  const end = await runQuietly(inputs, environment, host, scrubber);
  const outputs = outputsOf(end);
  host.outputs(outputs);
  if (end.exitCode !== exitCodes.done)
    host.annotate('error', `credential-rotation ${inputs.command}: ${outputs.message || outputs.outcome}`);
  await report(inputs, outputs, reportLines(end), host);
  return end.exitCode;
}

/** Runs the command; what it says goes to the log, for people, and without commands to the runner. */
async function runQuietly(
  inputs: ActionInputs,
  environment: NodeJS.ProcessEnv,
  host: Host,
  scrubber: Scrubber,
): Promise<CommandEnd> {
  const log = host.withoutCommands();
  const errors: string[] = [];
  try {
    const { exitCode, lines } = await runCommand({
      words: wordsOf(inputs),
      folder: path.resolve(host.variable('GITHUB_WORKSPACE') || process.cwd(), inputs.workDir),
      environment: environmentFor(inputs, environment),
      tell: (line, from) => {
        const clean = scrubber.scrub(line);
        if (from === 'stderr') errors.push(clean);
        const shown = from === 'stdout' ? logLine(clean) : clean;
        if (shown !== undefined) log.line(shown);
      },
    });
    const clean = lines.map((line) => scrubber.scrub(line));
    // Without a result on stdout the reason is on stderr.
    return { exitCode, lines: clean.length === 0 ? errors : clean };
  } finally {
    log.end();
  }
}

/** Writes summary and comment. A comment that cannot be written is a warning: the rotation ended as it did. */
async function report(inputs: ActionInputs, outputs: Outputs, lines: string[], host: Host): Promise<void> {
  const bytes = (text: string): number => Buffer.byteLength(text);
  if (inputs.commentOnSummary)
    host.summary(markdown(inputs, outputs, lines, { limit: summaryLimit, size: bytes }));
  if (!inputs.commentOnPr) return;
  const number = inputs.commentOnPrNumber ?? host.pullRequest();
  if (number === undefined) {
    host.annotate('notice', 'The event has no pull request, so no comment was written.');
    return;
  }
  const body = markdown(inputs, outputs, lines, { limit: commentLimit, size: (text) => text.length });
  const pullRequest = {
    apiUrl: host.variable('GITHUB_API_URL') || 'https://api.github.com',
    repository: host.variable('GITHUB_REPOSITORY'),
    number,
    token: inputs.githubToken,
  };
  try {
    await writeComment(pullRequest, body, inputs.editPrComment ? commentMarker(inputs) : undefined);
  } catch (error) {
    const reason = error instanceof Error ? error.message : describeUnknown(error);
    host.annotate('warning', `The comment on the pull request was not written: ${reason}.`);
  }
}

if (require.main === module) {
  const host = new Host(process.env);
  runAction(process.env, host).then(
    (code) => (process.exitCode = code),
    (error: unknown) => {
      host.annotate('error', error instanceof Failure ? error.message : describeUnknown(error));
      process.exitCode = error instanceof Failure ? exitCodes[error.outcome] : exitCodes.unexpected;
    },
  );
}
