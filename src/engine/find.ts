import path from 'node:path';
import { tmpdir } from 'node:os';
import type { PulumiCommand } from '@pulumi/pulumi/automation';
import { Failure } from '../base/failure';
import { engineFile } from './file';
import { atLeast, oldestEngine } from './plugins';
import { engineMissing, runEngine } from './process';
import type { EngineVersion } from '../sdk/automation';
import { knownEngine } from '../sdk/automation';

class OfText implements EngineVersion {
  constructor(private readonly text: string) {}

  toString(): string {
    return this.text;
  }

  compare(other: string): number {
    return atLeast(this.text, other) ? Number(this.text !== other) : -1;
  }
}

let found: Promise<PulumiCommand> | undefined;

/**
 * The engine for the Automation API, with its version, which takes a call of the engine: it is asked once, and does not
 * wait for the API to be loaded.
 * @throws Failure `configuration` when there is none, or an older one than this package is tried with
 */
export function findEngine(): Promise<PulumiCommand> {
  return (found ??= ask());
}

/** Asks for the engine's version already now; whether there is an engine is told later. */
export function lookForEngine(): void {
  findEngine().catch(() => undefined);
}

async function ask(): Promise<PulumiCommand> {
  const file = await engineFile();
  const command = file.includes(path.sep) ? path.resolve(file) : file;
  const environment = { PULUMI_SKIP_UPDATE_CHECK: 'true' };
  const answer = await runEngine(command, ['version'], tmpdir(), environment).catch((error: unknown) => {
    throw engineMissing(command, error);
  });
  const version = answer.stdout.trim().replace(/^v/, '');
  // A version that is no number is one of somebody's own build.
  if (/^\d+\.\d+\.\d+/.test(version) && !atLeast(version, oldestEngine))
    throw new Failure(
      'engine-missing',
      `The pulumi CLI (${command}) is version ${version}; install ${oldestEngine} or newer.`,
    );
  return knownEngine(command, new OfText(version));
}
