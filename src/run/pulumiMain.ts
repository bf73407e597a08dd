import { existsSync } from 'node:fs';
import path from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import { Failure } from '../base/failure';
import { readSettings } from '../settings/settings';
import { rawProgram, requestVariable } from './rawPreview';

/** The folder with Pulumi.yaml and the stack files: the engine starts the program somewhere below it. */
function projectFolder(): string {
  for (let at = process.cwd(); ; at = path.dirname(at)) {
    if (existsSync(path.join(at, 'Pulumi.yaml')) || at === path.dirname(at)) return at;
  }
}

/** Entry of Pulumi.yaml for the raw CLI; Pulumi awaits the exported function. */
async function main(): Promise<Record<string, unknown>> {
  try {
    const settings = readSettings({ stack: pulumi.getStack() }, process.env, projectFolder());
    return await rawProgram(settings, process.env[requestVariable]);
  } catch (error) {
    throw error instanceof Failure ? new pulumi.RunError(error.message) : error;
  }
}

export = main;
