import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { InputProblems } from '../inputs/read';
import { readCommandLine, withInput } from './commandLine';
import { renderManifests } from './manifests';
import { fileNames } from './objects';

/** `npm run manifests`: writes the plain manifests of the cluster's half. */
async function main(argv: string[]): Promise<void> {
  const { config, set, out } = readCommandLine(argv);
  const fromFile = config === undefined ? {} : await inputsFrom(config);
  const inputs = set.reduce((given, [input, value]) => withInput(given, input, value), fromFile);
  const files = renderManifests(inputs);
  await mkdir(out, { recursive: true });
  for (const name of fileNames) {
    const text = files.get(name);
    const file = path.join(out, name);
    // What an earlier call left and these inputs no longer want must not be applied.
    if (text === undefined) await rm(file, { force: true });
    else await writeFile(file, text);
  }
  process.stdout.write(`${[...files.keys()].map((name) => path.join(out, name)).join('\n')}\n`);
}

async function inputsFrom(file: string): Promise<unknown> {
  try {
    return parse(await readFile(file, 'utf8')) as unknown;
  } catch {
    throw new InputProblems([`${file} cannot be read as YAML; name a file with the inputs.`]);
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  if (!(error instanceof InputProblems)) throw error;
  error.problems.forEach((problem) => process.stderr.write(`✗ ${problem}\n`));
  process.exitCode = 2;
});
