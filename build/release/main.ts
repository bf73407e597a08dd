/* The steps of a release that have logic: `node dist/build/release/main.js check|notes|sbom`, see .github/workflows/release.yml. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { disagreements } from './agreement';
import { readVersion, releaseNotes } from './notes';
import { packageSbom } from './sbom';

const root = path.resolve(__dirname, '..', '..', '..');
const read = (...names: string[]): string => readFileSync(path.join(root, ...names), 'utf8');

const named = z.object({ name: z.string(), version: z.string() });
const chartFile = z.object({ version: z.string(), appVersion: z.string() });

function chart(): z.infer<typeof chartFile> | undefined {
  if (!existsSync(path.join(root, 'infra', 'chart', 'Chart.yaml'))) return undefined;
  return chartFile.parse(parse(read('infra', 'chart', 'Chart.yaml')));
}

/** Whether everything has the version of the tag; its outputs are those of the workflow's step. */
function check(tag: string): string {
  const problems = disagreements({
    tag,
    packageVersion: named.parse(JSON.parse(read('package.json'))).version,
    lockVersion: named.parse(JSON.parse(read('package-lock.json'))).version,
    chart: chart(),
    changelog: read('CHANGELOG.md'),
    security: read('SECURITY.md'),
  });
  if (problems.length > 0) throw new Error(problems.join('\n'));
  const { version, prerelease, npmTag, imageTags } = readVersion(tag.slice(1));
  const outputs = {
    version,
    prerelease: String(prerelease),
    'npm-tag': npmTag,
    'image-tags': imageTags.join(' '),
  };
  const lines = Object.entries(outputs).map(([name, value]) => `${name}=${value}\n`);
  const file = process.env['GITHUB_OUTPUT'];
  if (file !== undefined && file !== '') appendFileSync(file, lines.join(''));
  return lines.join('');
}

/** The notes of a version; the variables are those that GitHub gives each step. */
function notes(version: string): string {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository } = process.env;
  if (server === undefined || repository === undefined)
    throw new Error(
      'GITHUB_SERVER_URL and GITHUB_REPOSITORY say where the links of the notes lead to; set both',
    );
  return releaseNotes(read('CHANGELOG.md'), version, {
    files: `${server}/${repository}/blob/v${version}`,
  });
}

/** The parts of the package, those that are installed with it. */
function sbom(): string {
  const format = ['--sbom-format', 'cyclonedx', '--sbom-type', 'application'];
  const text = execFileSync('npm', ['sbom', '--package-lock-only', ...format], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const made = packageSbom(text, read('package-lock.json'), named.parse(JSON.parse(read('package.json'))));
  return `${JSON.stringify(made, undefined, 2)}\n`;
}

const usage = 'usage: node dist/build/release/main.js check TAG | notes VERSION | sbom';

/** Runs one step. @throws Error with what is wrong */
function run([command, argument]: string[]): string {
  if (command === 'check' && argument !== undefined) return check(argument);
  if (command === 'notes' && argument !== undefined) return notes(argument);
  if (command === 'sbom' && argument === undefined) return sbom();
  throw new Error(usage);
}

try {
  process.stdout.write(run(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
