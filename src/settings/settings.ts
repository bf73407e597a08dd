import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import type * as Yaml from 'yaml';
import { Failure } from '../base/failure';
import { passwordsOfUrl } from '../base/urlPassword';
import { canaryModes } from '../rotation/canary';
import { scrubber } from '../secrecy/scrubber';
import type { ProgramSettings } from '../target/programSettings';
import type { OptionName } from './options';
import { definitionOf, optionNames } from './options';
import { nearVariables, strayKeys, strayVariables } from './strays';
import { expectedOf, isValue } from './values';

/** Where a value came from. */
export type Origin = 'flag' | 'environment' | 'stack file' | 'default';

/** Everything a run needs, checked. No secret is in it. */
export interface Settings {
  program: ProgramSettings;
  /** How long the sites folder may take to answer. */
  fileLimitSeconds: number;
  stack: string;
  home: string;
  backendUrl: string;
  secretsProvider: string;
  reports: ReportSettings;
}

/** Whom a run tells of its end; the webhook is not among them, since its URL is a secret. */
export interface ReportSettings {
  metricsFile?: string;
  pushgatewayUrl?: string;
}

/** Values by name, as given; undefined where a source does not name one. */
export type GivenValues = Partial<Record<OptionName, string>>;

/** Values by name with where each came from; undefined where no source names one and there is no default. */
export type GatheredValues = Partial<Record<OptionName, { value: string; origin: Origin }>>;

/** The project's name: of the Pulumi project, and the prefix of keys in stack files. */
export const projectName = 'openemr-credential-rotation';

/**
 * Makes one checked object from flags, environment and stack file, in this order.
 * @throws Failure `configuration` that names every missing and every malformed setting at once.
 */
export function readSettings(flags: GivenValues, environment: NodeJS.ProcessEnv, folder: string): Settings {
  return read(optionNames, flags, environment, folder);
}

/**
 * The part of the settings that names the state, for commands that look at nothing else.
 * @throws Failure `configuration` that names every malformed one at once
 */
export function readLocation(
  flags: GivenValues,
  environment: NodeJS.ProcessEnv,
  folder: string,
): Pick<Settings, 'stack' | 'home' | 'backendUrl' | 'secretsProvider'> {
  const names = optionNames.filter((name) => definitionOf(name).group === 'Engine');
  const { stack, home, backendUrl, secretsProvider } = read(names, flags, environment, folder);
  return { stack, home, backendUrl, secretsProvider };
}

function read(
  names: readonly OptionName[],
  flags: GivenValues,
  environment: NodeJS.ProcessEnv,
  folder: string,
): Settings {
  const values = gather(flags, environment, folder);
  const problems = [
    ...strayProblems(values, environment, folder, names),
    ...settingProblems(values, environment, names),
  ];
  if (problems.length > 0) throw new Failure('setting-invalid', `Settings: ${problems.join('; ')}.`);
  return assemble((name) => values[name]?.value, environment);
}

/** Every missing and every malformed setting, each in a few words that name its variable and its flag. */
export function settingProblems(
  values: GatheredValues,
  environment: NodeJS.ProcessEnv,
  names: readonly OptionName[] = optionNames,
): string[] {
  const problems: string[] = [];
  for (const name of names) {
    const { variable, flag, type, required } = definitionOf(name);
    const value = values[name]?.value;
    if (value === undefined) {
      if (required) problems.push(`${variable} (or --${flag}) is missing`);
    } else if (!isValue(type, value)) {
      problems.push(`${variable} (or --${flag}) must be ${expectedOf(type)}`);
    }
  }
  const passphrase = passphraseProblem(values.secretsProvider?.value, environment);
  return passphrase === undefined ? problems : [...problems, passphrase];
}

/** What was probably meant as one of these settings and is none, each in a few words. */
export function strayProblems(
  values: GatheredValues,
  environment: NodeJS.ProcessEnv,
  folder: string,
  names: readonly OptionName[] = optionNames,
): string[] {
  const file = stackFileName(values.stack?.value ?? '');
  const keys = Object.keys(readStackFile(path.join(folder, file)));
  const missing = names.filter((name) => ['default', undefined].includes(values[name]?.origin));
  return [
    ...strayVariables(environment, names),
    ...nearVariables(environment, missing),
    ...strayKeys(keys, { file, project: projectName, names }),
  ];
}

/** What is wrong when the state needs a passphrase and the environment has none; else undefined. */
export function passphraseProblem(
  secretsProvider: string | undefined,
  environment: NodeJS.ProcessEnv,
): string | undefined {
  if (!needsPassphrase(secretsProvider) || hasPassphrase(environment)) return undefined;
  return 'PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE is missing (or set CREDENTIAL_ROTATION_SECRETS_PROVIDER to a KMS key)';
}

/**
 * Every setting with its value and where it came from; values of a stack file are read without the engine. The password of
 * the state's place is registered with the scrubber.
 * @throws Failure `file-unreadable` when the stack file is no YAML
 */
export function gather(flags: GivenValues, environment: NodeJS.ProcessEnv, folder: string): GatheredValues {
  const given = (name: OptionName): string | undefined =>
    flags[name] ?? nonEmpty(environment[definitionOf(name).variable]);
  const stack = given('stack') ?? definitionOf('stack').default ?? '';
  const stackFile = readStackFile(path.join(folder, stackFileName(stack)));
  const found: GatheredValues = {};
  for (const name of optionNames) {
    const definition = definitionOf(name);
    const sources: [Origin, string | undefined][] = [
      ['flag', flags[name]],
      ['environment', nonEmpty(environment[definition.variable])],
      ['stack file', nonEmpty(plainText(stackFile[`${projectName}:${definition.stackKey}`]))],
      ['default', definition.default],
    ];
    const first = sources.find(([, value]) => value !== undefined);
    if (first?.[1] !== undefined) found[name] = { value: first[1], origin: first[0] };
  }
  keepPassword(found.backendUrl?.value);
  return found;
}

/** The stack file of a stack, in the current folder. */
export function stackFileName(stack: string): string {
  return `Pulumi.${stack}.yaml`;
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : value;
}

/** What a stack file has as a plain value; an object, a list or a secret is none. */
function plainText(value: unknown): string | undefined {
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : undefined;
}

/** What stands under `config:`; a missing file has nothing. */
function readStackFile(file: string): Record<string, unknown> {
  if (!existsSync(file)) return {};
  // Loaded here: most runs in a cluster have no stack file.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const yaml = require('yaml') as typeof Yaml;
  let config: unknown;
  try {
    const document: unknown = yaml.parse(readFileSync(file, 'utf8'));
    config = typeof document === 'object' && document !== null && 'config' in document ? document.config : {};
  } catch {
    throw new Failure(
      'file-unreadable',
      `${file} cannot be read as YAML; correct it, or name another stack with --stack.`,
    );
  }
  return typeof config === 'object' && config !== null ? { ...config } : {};
}

/** Whether the state's secrets are sealed with a passphrase. */
export function needsPassphrase(provider: string | undefined): boolean {
  return provider === undefined || provider === 'passphrase';
}

function hasPassphrase(environment: NodeJS.ProcessEnv): boolean {
  return (
    (environment['PULUMI_CONFIG_PASSPHRASE'] ?? environment['PULUMI_CONFIG_PASSPHRASE_FILE'] ?? '') !== ''
  );
}

/** Registers the password of the state's place with the scrubber: the engine's own words may quote it. */
function keepPassword(backendUrl = ''): void {
  passwordsOfUrl(backendUrl).forEach((password) => scrubber.register(password));
}

/** Both settings whose defaults depend on the environment. */
export function folders(
  value: (name: OptionName) => string | undefined,
  environment: NodeJS.ProcessEnv,
): { home: string; backendUrl: string } {
  // A relative one counts as unset (specifications.freedesktop.org/basedir-spec).
  const given = environment['XDG_STATE_HOME'] ?? '';
  const base = path.isAbsolute(given) ? given : path.join(homedir(), '.local', 'state');
  const home = value('home') ?? path.join(base, projectName);
  const backendUrl = value('backendUrl') ?? `file://${path.join(home, 'state')}`;
  keepPassword(backendUrl);
  return { home, backendUrl };
}

function assemble(value: (name: OptionName) => string | undefined, environment: NodeJS.ProcessEnv): Settings {
  const text = (name: OptionName): string => value(name) ?? '';
  const optional = <K extends string, T>(
    key: K,
    found: string | undefined,
    map: (text: string) => T,
  ): Partial<Record<K, T>> => (found === undefined ? {} : { [key]: map(found) }) as Partial<Record<K, T>>;
  const { home, backendUrl } = folders(value, environment);
  return {
    program: {
      context: {
        region: text('awsRegion'),
        slotSecretId: text('slotSecretId'),
        adminSecretId: text('adminSecretId'),
        sitesRoot: text('sitesRoot'),
        site: text('site'),
        kubernetes: {
          namespace: text('namespace'),
          deployment: text('deployment'),
          secret: text('kubernetesSecret'),
        },
        trust: optional('caFile', value('caFile'), String),
      },
      ...optional('healthUrl', value('healthUrl'), String),
      ...optional('healthCaFile', value('healthCaFile'), String),
      ...(value('acceptDowntime') === 'true' ? { acceptDowntime: true as const } : {}),
      ...(value('keepOldPassword') === 'true' ? { keepOldPassword: true as const } : {}),
      ...optional('rolloutTimeoutSeconds', value('rolloutTimeoutSeconds'), Number),
      canary: canaryModes.find((mode) => mode === text('canary')) ?? 'auto',
      canaryLimitSeconds: Number(text('canaryLimitSeconds')),
      healthAnswersInARow: Number(text('healthAnswersInARow')),
      healthLimitSeconds: Number(text('healthLimitSeconds')),
      idleGraceSeconds: Number(text('idleGraceSeconds')),
      idleLimitSeconds: Number(text('idleLimitSeconds')),
      oldLoginSeconds: Number(text('oldLoginSeconds')),
    },
    fileLimitSeconds: Number(text('fileLimitSeconds')),
    stack: text('stack'),
    home,
    backendUrl,
    secretsProvider: text('secretsProvider'),
    reports: {
      ...optional('metricsFile', value('metricsFile'), String),
      ...optional('pushgatewayUrl', value('pushgatewayUrl'), String),
    },
  };
}
