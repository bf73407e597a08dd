import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { errorCode } from '../base/errors';
import { definitionOf } from './options';
import type { GatheredValues } from './settings';
import { folders, needsPassphrase } from './settings';

/** `writing`: as a rotation needs it. `reading`: what only looks can do without a home that can be written. */
export type Purpose = 'writing' | 'reading';

/** Variables that name one file each, which the program, the engine or a plugin opens when it needs it. */
const fileVariables = [
  'NODE_EXTRA_CA_CERTS',
  'AWS_CA_BUNDLE',
  'SSL_CERT_FILE',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
];
const urlVariables = ['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_SECRETS_MANAGER'];
const proxyVariables = ['HTTPS_PROXY', 'HTTP_PROXY', 'https_proxy', 'http_proxy'];
/** Variables that name a file or a folder; KUBECONFIG names several. */
const pathVariables = [
  ...fileVariables,
  'PULUMI_CONFIG_PASSPHRASE_FILE',
  'PULUMI_HOME',
  'KUBECONFIG',
  'AWS_CONFIG_FILE',
  'AWS_SHARED_CREDENTIALS_FILE',
  'TMPDIR',
];

/**
 * Makes the paths in an environment absolute: the engine and its plugins, which inherit it, work in other folders, and
 * some of them open a file only after the cut-over.
 */
export function makePathsAbsolute(environment: NodeJS.ProcessEnv, folder: string): void {
  for (const name of pathVariables) {
    const value = environment[name] ?? '';
    if (value === '') continue;
    const parts = name === 'KUBECONFIG' ? value.split(path.delimiter) : [value];
    const absolute = parts.map((part) => (part === '' ? '' : path.resolve(folder, part)));
    environment[name] = absolute.join(path.delimiter);
  }
}

/**
 * What is wrong with the files, folders and addresses that settings and environment name, each in a few words that
 * name its variable. No secret is in them: of an address, nothing is told.
 * @param values well-formed settings
 */
export function surroundingProblems(
  values: GatheredValues,
  environment: NodeJS.ProcessEnv,
  purpose: Purpose,
): string[] {
  const { home, backendUrl } = folders((name) => values[name]?.value, environment);
  return [
    passphraseFileProblem(values.secretsProvider?.value, environment),
    ownFolderProblem('home', home, purpose),
    ownFolderProblem('backendUrl', values.backendUrl ? folderOf(backendUrl) : undefined, purpose),
    certificateProblem('caFile', values.caFile?.value),
    certificateProblem('healthCaFile', values.healthCaFile?.value),
    folderProblem('TMPDIR', tmpdir()),
    folderProblem('PULUMI_HOME', environment['PULUMI_HOME'] ?? '', 'may be missing'),
    ...fileVariables.map((name) => fileProblem(name, environment[name] ?? '')),
    ...(environment['KUBECONFIG'] ?? '').split(path.delimiter).map((file) => fileProblem('KUBECONFIG', file)),
    ...urlVariables.map((name) => urlProblem(name, environment[name] ?? '')),
    ...proxyVariables.map((name) => proxyProblem(name, environment[name] ?? '')),
  ].filter((problem) => problem !== undefined);
}

/** The code of the error that an action ends with; undefined without one. */
function codeOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return errorCode(error);
  }
}

/** A pipe can be read only once, and not by us: any file that is no folder may be one. */
function fileProblem(name: string, file: string): string | undefined {
  if (file === '') return undefined;
  const code = codeOf(() => {
    if (statSync(file).isDirectory()) throw Object.assign(new Error('a folder'), { code: 'EISDIR' });
    accessSync(file, constants.R_OK);
  });
  return code === undefined ? undefined : `${name} must name a readable file (${file}: ${code})`;
}

function passphraseFileProblem(
  secretsProvider: string | undefined,
  environment: NodeJS.ProcessEnv,
): string | undefined {
  const name = 'PULUMI_CONFIG_PASSPHRASE_FILE';
  const file = environment[name] ?? '';
  const unused = (environment['PULUMI_CONFIG_PASSPHRASE'] ?? '') !== '' || !needsPassphrase(secretsProvider);
  if (file === '' || unused) return undefined;
  const problem = fileProblem(name, file);
  if (problem !== undefined || !statSync(file).isFile()) return problem;
  return readFileSync(file, 'utf8').trim() === ''
    ? `${name} must name a file with a passphrase (${file} is empty)`
    : undefined;
}

function certificateProblem(option: 'caFile' | 'healthCaFile', file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  const { variable, flag } = definitionOf(option);
  const name = `${variable} (or --${flag})`;
  const problem = fileProblem(name, file);
  if (problem !== undefined || !statSync(file).isFile()) return problem;
  return readFileSync(file, 'utf8').includes('-----BEGIN CERTIFICATE-----')
    ? undefined
    : `${name} must name a PEM file with a certificate (${file} has none)`;
}

/** The folder of a `file://` backend; undefined for another one. */
export function folderOf(backendUrl: string): string | undefined {
  return backendUrl.startsWith('file://') ? backendUrl.slice('file://'.length).split('?')[0] : undefined;
}

/** What is not there yet is made: then the nearest folder above it counts. */
function ownFolderProblem(
  name: 'home' | 'backendUrl',
  wantedFolder: string | undefined,
  purpose: Purpose,
): string | undefined {
  if (wantedFolder === undefined) return undefined;
  const { variable, flag } = definitionOf(name);
  const mode = purpose === 'writing' ? constants.W_OK | constants.X_OK : constants.F_OK;
  const code = codeOf(() => {
    const folder = nearestThatIs(wantedFolder);
    if (!statSync(folder).isDirectory()) throw Object.assign(new Error('a file'), { code: 'ENOTDIR' });
    accessSync(folder, mode);
  });
  return code === undefined
    ? undefined
    : `${variable} (or --${flag}) must be a writable folder (${wantedFolder}: ${code})`;
}

function nearestThatIs(folder: string): string {
  const missing = codeOf(() => statSync(folder));
  const above = path.dirname(folder);
  return (missing === 'ENOENT' || missing === 'ENOTDIR') && above !== folder ? nearestThatIs(above) : folder;
}

function folderProblem(name: string, folder: string, missing?: 'may be missing'): string | undefined {
  if (folder === '') return undefined;
  const code = codeOf(() => {
    if (!statSync(folder).isDirectory()) throw Object.assign(new Error('a file'), { code: 'ENOTDIR' });
  });
  if (code === undefined || (code === 'ENOENT' && missing !== undefined)) return undefined;
  return `${name} must name a folder (${folder}: ${code})`;
}

function urlProblem(name: string, text: string): string | undefined {
  if (text === '' || (/^https?:\/\/\S+$/.test(text) && URL.canParse(text))) return undefined;
  return `${name} must be an http(s) URL`;
}

/** Go and curl take an address without a scheme, too. */
function proxyProblem(name: string, text: string): string | undefined {
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (text === '' || (/^https?:\/\/\S+$/i.test(url) && URL.canParse(url))) return undefined;
  return `${name} must be the URL of an HTTP proxy, such as http://proxy.example:3128`;
}
