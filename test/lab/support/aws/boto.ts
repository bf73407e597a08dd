import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { packageRoot, tools } from '../../../../lab/package';
import path from 'node:path';

type Answer = Record<string, unknown>;

/** Any call of AWS, by the boto3 that moto brings along. */
export class Boto {
  /** @param environment has the endpoint, the region and the credentials */
  constructor(private readonly environment: NodeJS.ProcessEnv = process.env) {}

  private child: ChildProcessWithoutNullStreams | undefined;
  private readonly waiting: ((line: string) => void)[] = [];

  /** @throws Error with what AWS said */
  async call(service: string, operation: string, params: object): Promise<Answer> {
    this.child ??= this.start();
    const line = new Promise<string>((resolve) => this.waiting.push(resolve));
    this.child.stdin.write(`${JSON.stringify({ service, operation, params })}\n`);
    const { answer, error } = JSON.parse(await line) as { answer?: Answer; error?: string };
    if (answer === undefined) throw new Error(error);
    return answer;
  }

  private start(): ChildProcessWithoutNullStreams {
    const script = path.join(packageRoot(), 'test', 'lab', 'support', 'aws', 'calls.py');
    // The plugin is told by its launcher: its own home is not the one that the tools lie in.
    const python = this.environment['LAB_PYTHON'] ?? tools().python;
    // Python's name of the variable, where everything else here knows the other one.
    const region = { AWS_DEFAULT_REGION: this.environment['AWS_REGION'] };
    const child = spawn(python, [script], { env: { ...this.environment, ...region } });
    createInterface(child.stdout).on('line', (line) => this.waiting.shift()?.(line));
    child.stderr.pipe(process.stderr);
    return child;
  }

  /** Ends the helper, which also ends when this process does. */
  close(): void {
    this.child?.stdin.end();
  }
}
