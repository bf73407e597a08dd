import { randomUUID } from 'node:crypto';
import { appendFileSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { parseJson, valueIfOf } from '../base/stored';
import type { Outputs } from './report';

/** The event of a pull request (docs.github.com/en/webhooks/webhook-events-and-payloads#pull_request). */
const eventSchema = z.object({ pull_request: z.object({ number: z.number() }) });

/**
 * What a step of GitHub Actions tells its runner: docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands.
 * It goes by lines on stdout and by files that the environment names.
 */
export class Host {
  constructor(
    private readonly environment: NodeJS.ProcessEnv,
    private readonly write: (text: string) => void = (text) => process.stdout.write(text),
  ) {}

  /** Has the runner replace these values in all logs from now on. Each line on its own, since logs are cut by lines. */
  mask(secrets: readonly string[]): void {
    const lines = secrets
      .flatMap((secret) => secret.split(/\r?\n/))
      .filter((line) => line.trim().length >= 6);
    for (const line of new Set(lines)) this.write(`::add-mask::${escaped(line)}\n`);
  }

  /** Shows one line as an error or a warning of the job. */
  annotate(level: 'error' | 'warning' | 'notice', message: string): void {
    this.write(`::${level}::${escaped(message)}\n`);
  }

  /** Lines of somebody else's text: none of them is taken for a command to the runner. */
  withoutCommands(): { line: (text: string) => void; end: () => void } {
    const token = randomUUID();
    this.write(`::stop-commands::${token}\n`);
    return { line: (text) => this.write(`${text}\n`), end: () => this.write(`::${token}::\n`) };
  }

  /** Sets outputs of the step; a value may have any lines. */
  outputs(values: Outputs): void {
    for (const [name, value] of Object.entries(values)) {
      const end = `end-${randomUUID()}`;
      this.append('GITHUB_OUTPUT', `${name}<<${end}\n${value}\n${end}\n`);
    }
  }

  /** Adds Markdown to the summary of the job. */
  summary(markdown: string): void {
    this.append('GITHUB_STEP_SUMMARY', `${markdown}\n`);
  }

  /** The number of the pull request that started the workflow; undefined where none did. */
  pullRequest(): number | undefined {
    const file = this.variable('GITHUB_EVENT_PATH');
    try {
      return valueIfOf(eventSchema, parseJson(readFileSync(file, 'utf8')))?.pull_request.number;
    } catch {
      return undefined;
    }
  }

  /** A variable of the runner; empty when it is not set. */
  variable(name: string): string {
    return this.environment[name] ?? '';
  }

  private append(file: string, text: string): void {
    const path = this.variable(file);
    if (path !== '') appendFileSync(path, text);
  }
}

/** As the value of a workflow command. */
function escaped(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}
