import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { inputRows } from '../../../infra/inputs/table';
import { readCommandLine } from '../../../infra/render/commandLine';
import { STARTING_POINTS } from '../../../lab';
import { wantedArchitectures } from '../../../lab/dockerfile/platforms';
import { parseCommandLine } from '../../../src/cli/parser';
import { environmentOnly } from '../../../src/settings/environmentOnly';
import { definitionOf, optionNames } from '../../../src/settings/options';
import { checkAws, checkDocker, checkHelm, checkKubectl, checkMariadb } from './otherTools';
import { releaseChecks } from './releaseCommands';
import { repositoryFile, repositoryText } from './readme';

/** A command as a document shows it: variables in front, then words. */
export interface ShellCommand {
  environment: Record<string, string>;
  words: string[];
}

/** Variables beside those of the settings that the README and its pages name. */
export const otherVariables = [
  'PULUMI_CONFIG_PASSPHRASE',
  'PULUMI_CONFIG_PASSPHRASE_FILE',
  'PULUMI_HOME',
  'KUBECONFIG',
  'CREDENTIAL_ROTATION_ENGINE_ROOT',
  'CREDENTIAL_ROTATION_REQUEST',
  'CREDENTIAL_ROTATION_WEBHOOK_URL',
  'CREDENTIAL_ROTATION_ENGINE',
  'CREDENTIAL_ROTATION_PLUGINS',
  'CREDENTIAL_ROTATION_DOWNLOADS',
  'TEST_DATABASE',
  'XDG_STATE_HOME',
];

/** Every variable that may be set before a command. */
export const knownVariables = [
  ...optionNames.map((name) => definitionOf(name).variable),
  ...otherVariables,
  ...Object.keys(environmentOnly),
];

/** Splits a line as a shell does; of a shell's syntax only `&&`, single quotes and variables in front are allowed. */
export function parseShell(line: string): ShellCommand[] {
  return line.split('&&').map((text) => {
    const words = text.match(/(?:'[^']*'|[^\s'])+/g) ?? [];
    const special = words.find((word) => /[|<>;`$\\"*?]/.test(word.replace(/'[^']*'/g, '')));
    if (special !== undefined) throw new Error(`${line}: ${special} is more shell than a document may use`);
    const plain = words.map((word) => word.replaceAll("'", ''));
    const first = plain.findIndex((word) => !/^[A-Z][A-Z0-9_]*=/.test(word));
    const assignments = plain.slice(0, first < 0 ? plain.length : first);
    const environment = Object.fromEntries(
      assignments.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]),
    );
    return { environment, words: plain.slice(assignments.length) };
  });
}

const { scripts, dependencies } = JSON.parse(repositoryText('package.json')) as {
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
};

/** What is wrong with a command of a document, or undefined. */
export async function problemOf({ environment, words }: ShellCommand): Promise<string | undefined> {
  const unknown = Object.keys(environment).find((name) => !knownVariables.includes(name));
  if (unknown !== undefined) return `unknown variable ${unknown}`;
  const [program = '', ...rest] = words;
  const check = checks[program];
  return check === undefined ? `${program} is no command that a document may use` : check(rest);
}

const checks: Record<string, (args: string[]) => string | undefined | Promise<string | undefined>> = {
  'credential-rotation': checkCommand,
  node: ([file, ...args]) =>
    file === 'dist/src/cli/main.js' ? checkCommand(args) : `node ${file} is not the command`,
  npx: checkNpx,
  npm: checkNpm,
  pulumi: checkPulumi,
  docker: checkDocker,
  helm: checkHelm,
  kubectl: checkKubectl,
  aws: checkAws,
  mariadb: checkMariadb,
  ...releaseChecks,
  export: ([assignment = '', ...more]) => {
    const name = assignment.slice(0, assignment.indexOf('='));
    return more.length === 0 && knownVariables.includes(name)
      ? undefined
      : `export of unknown variable ${name}`;
  },
};

/** Help, version and completion print at once, so these are really run; anything else goes through the command's own parser. */
async function checkCommand(args: string[]): Promise<string | undefined> {
  if (['--help', '--version', 'completion'].some((word) => args.includes(word))) {
    const { status } = runNode('dist/src/cli/main.js', args);
    return status === 0 ? undefined : `exits with ${status}`;
  }
  return parseCommandLine(args).then(
    () => undefined,
    (error: Error) => error.message,
  );
}

const packages = ['-p', 'openemr-credential-rotation', '-p', 'pulumi'];

/** Runs the command of a clone, or that of npm's packages, which it names or which are installed. */
async function checkNpx(words: string[]): Promise<string | undefined> {
  const [node, file, ...args] = words.join(' ').startsWith(packages.join(' '))
    ? words.slice(packages.length)
    : words;
  if (node === 'credential-rotation') return checkCommand(file === undefined ? args : [file, ...args]);
  if (node === 'node' && file === 'dist/src/cli/main.js') return checkCommand(args);
  return 'npx only with node and the command';
}

function checkNpm([command = '', ...rest]: string[]): string | undefined {
  if (command === 'audit') return rest.join(' ') === 'signatures' ? undefined : 'npm audit signatures alone';
  if (command === 'install')
    return /^openemr-credential-rotation( pulumi)?$/.test(rest.join(' '))
      ? undefined
      : 'npm install has more here';
  if (['ci', 'link'].includes(command))
    return rest.length === 0 ? undefined : `npm ${command} takes no more here`;
  const [script = '', separator, ...args] = command === 'run' ? rest : [command, ...rest];
  if (command !== 'run' && !['start', 'test'].includes(command)) return `npm ${command} is not allowed`;
  if (!(script in scripts)) return `package.json has no script ${script}`;
  if (separator === undefined) return undefined;
  if (separator === '--' && script === 'manifests') return checkManifests(args);
  if (separator === '--' && (script === 'fleet-demo' || script === 'test:nfs'))
    return args.join(' ') === '--write' ? undefined : `npm run ${script} has no ${args.join(' ')}`;
  if (separator === '--' && script === 'image:build') {
    wantedArchitectures(args);
    return undefined;
  }
  return separator === '--' && script === 'lab'
    ? checkLab(args)
    : `npm run ${script} takes no arguments here`;
}

function checkManifests(args: string[]): string | undefined {
  const { config, set } = readCommandLine(args);
  const unknown = set.find(([path]) => !inputRows().some((row) => row.path === path.join('.')));
  if (unknown) return `${unknown[0].join('.')} is no input`;
  return config !== undefined && existsSync(repositoryFile(config)) ? undefined : `${config} is not there`;
}

function checkLab(args: string[]): string | undefined {
  const { stdout } = runNode('dist/lab/main.js', ['--help']);
  const unknown = args.find((word) => word.startsWith('--') && !stdout.includes(`  ${word} `));
  if (unknown !== undefined) return `npm run lab has no ${unknown}`;
  const start = args.includes('--start') ? args[args.indexOf('--start') + 1] : 'a-active';
  return STARTING_POINTS.some((point) => point === start)
    ? undefined
    : `the lab has no starting point ${start}`;
}

function checkPulumi(args: string[]): string | undefined {
  const text = args.join(' ');
  const added = /^package add \.\/node_modules\/openemr-credential-rotation\/(.+)$/.exec(text);
  if (added)
    return existsSync(repositoryFile(added[1] ?? '', 'PulumiPlugin.yaml'))
      ? undefined
      : `${added[1]} is no folder of a Pulumi package`;
  const plugin = /^plugin install resource (\w+) (\S+)$/.exec(text);
  if (plugin) {
    const wanted = dependencies[`@pulumi/${plugin[1]}`];
    return plugin[2] === wanted ? undefined : `package.json has @pulumi/${plugin[1]} ${wanted}`;
  }
  if (/^(up|refresh|destroy)$/.test(text)) return undefined; // They are named as what not to do.
  if (text.startsWith('-C infra ')) return checkPlatform(text.slice('-C infra '.length));
  return /^(preview|stack history)( --stack prod)?$/.test(text) ? undefined : `pulumi ${text} is not checked`;
}

/** What is wrong with a command of the platform's program, infra/Pulumi.yaml. */
function checkPlatform(text: string): string | undefined {
  const input = /^config set --path (\S+) \S+$/.exec(text)?.[1];
  if (input !== undefined)
    return inputRows().some(({ path }) => path === input) ? undefined : `${input} is no input`;
  const known = /^(stack init prod|config set --secret adminPassword|up|preview( --policy-pack policy)?)$/;
  return known.test(text) ? undefined : `pulumi -C infra ${text} is not checked`;
}

/** Runs a compiled file of the repository and waits for its end. */
export function runNode(
  file: string,
  args: string[],
): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [repositoryFile(file), ...args], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], NO_COLOR: '1' },
  });
}
