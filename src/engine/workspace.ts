import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { LocalWorkspace, PulumiFn, Stack, StackSettings } from '@pulumi/pulumi/automation';
import { Failure } from '../base/failure';
import type { RotationPlan } from '../rotation/rotationPlan';
import { awsProviderConfig } from '../steps/awsProvider';
import { modulesFolder } from '../base/packageFolder';
import { modulesVariable } from '../steps/dynamicResource';
import type { AutomationLibrary } from '../sdk/automation';
import { loadAutomation, selectQuietly, withoutNeedlessCalls } from '../sdk/automation';
import { pulumiPackageFolder } from '../sdk/packageFolder';
import { projectName } from '../settings/settings';
import { compileCacheFolder } from '../base/compileCache';
import { folderOf } from '../settings/surroundings';
import { effect } from '../base/effect';
import { errorCode } from '../base/errors';
import { inOwnGroup } from './process';
import { engineFailure } from './failure';
import { findEngine } from './find';
import { ensurePlugins } from './plugins';
import { createBesideDeadLock } from './deadLock';
import { clearLockWithoutState, mendFileBackend } from './fileBackend';
import { ofBackend, readingPlace } from './readingPlace';
import { exportState, isStackNotFound } from './readState';
import { secretsProviderIn } from './stateForm';
import { temporaryFolder } from './temporaryFolder';
import type { StackLocation } from '../target/location';

/** A stack, and its state as exported when it was opened; secrets in it are in clear. */
export interface OpenedStack {
  stack: Stack;
  deployment: unknown;
}

/**
 * Opens the stack, making it in the backend if it is not there. The caller holds the database lock.
 * @throws Failure `configuration` when engine or backend cannot be used
 */
export async function openStack(location: StackLocation): Promise<OpenedStack> {
  await mendFileBackend(location.backendUrl);
  const existing = await openStackIfThere(location, true);
  if (existing) {
    await ensurePlugins(existing.stack.workspace);
    return existing;
  }
  const create = (): Promise<Stack> =>
    openWith(location, async (library, workspace) => {
      await ensurePlugins(workspace);
      return effect('state: create the stack', () => library.Stack.create(location.stack, workspace));
    });
  const stack = await create().catch(async (error: unknown) => {
    if (!(error instanceof Failure) || error.outcome !== 'locked') throw error;
    if (await clearLockWithoutState(location.backendUrl, location.stack)) return create();
    return openWith(location, (library, workspace) =>
      effect('state: create the stack beside a dead lock', () =>
        createBesideDeadLock(library, workspace, location.stack),
      ),
    );
  });
  return { stack, deployment: undefined };
}

/**
 * Opens the stack for a preview. Where there is none yet, a stack in a temporary folder stands in for it, so that a
 * dry run writes nothing to the backend. `release` removes that folder.
 */
export async function openStackForPreview(
  location: StackLocation,
): Promise<OpenedStack & { release: () => Promise<void> }> {
  const place = await readingPlace(location);
  try {
    const existing = await openStackIfThere(place.location);
    if (existing) return { ...existing, release: place.release };
  } catch (error) {
    await place.release();
    throw ofBackend(error, place.location, location);
  }
  await place.release();
  const home = await temporaryFolder('preview');
  const release = (): Promise<void> => rm(home, { recursive: true, force: true });
  const backendUrl = `file://${path.join(home, 'state')}`;
  // The settings' own provider: a key that cannot be used is told by the dry run, too.
  const temporary = { ...location, home, backendUrl };
  const passphrase = { PULUMI_CONFIG_PASSPHRASE: randomBytes(24).toString('hex') };
  try {
    const create = (library: AutomationLibrary, workspace: LocalWorkspace): Promise<Stack> =>
      library.Stack.create(location.stack, workspace);
    return { stack: await openWith(temporary, create, passphrase), deployment: undefined, release };
  } catch (error) {
    await release();
    throw error;
  }
}

/**
 * The stack with its state, by one call of the engine; undefined when the backend has none of that name.
 * @param mends true for who holds the database lock
 */
export async function openStackIfThere(
  location: StackLocation,
  mends = false,
): Promise<OpenedStack | undefined> {
  // Pulumi's service names stacks by the organization of the login, which only the workspace finds.
  const isService = /^https?:/.test(location.backendUrl);
  // The engine is a process of its own: it is at work while the Automation API is loaded.
  const early = isService ? undefined : exportState(location, mends);
  early?.catch(() => undefined);
  const stack = await openWith(location, (library, workspace) => {
    return selectQuietly(library, location.stack, workspace);
  });
  try {
    const deployment = await (early ?? exportOf(stack));
    if (deployment === undefined) return undefined;
    await adoptSecretsProvider(stack, deployment, location);
    return { stack, deployment };
  } catch (error) {
    throw engineFailure(error, location);
  }
}

async function exportOf(stack: Stack): Promise<unknown> {
  try {
    return (await stack.exportStack()).deployment as unknown;
  } catch (error) {
    if (isStackNotFound(error)) return undefined;
    throw error;
  }
}

/**
 * Names the state's own secrets provider in the stack file of the work folder. That folder is new in every pod, and
 * without this the engine would take the state for one with a passphrase.
 */
async function adoptSecretsProvider(
  stack: Stack,
  deployment: unknown,
  { secretsProvider }: StackLocation,
): Promise<void> {
  // A state that a killed run has only begun names none: then it is the one of the settings, with a new key.
  const wanted = secretsProvider === 'passphrase' ? undefined : { secretsProvider };
  const provider = secretsProviderOf(deployment) ?? wanted;
  if (provider === undefined) return;
  const settings = await stack.workspace.stackSettings(stack.name).catch(() => ({}));
  await stack.workspace.saveStackSettings(stack.name, { ...settings, ...provider });
}

/** The state's secrets provider, as a stack file names it. */
function secretsProviderOf(deployment: unknown): Partial<StackSettings> | undefined {
  const provider = secretsProviderIn(deployment);
  const { url, encryptedkey, salt } = provider?.state ?? {};
  if (provider?.type === 'cloud' && url !== undefined && encryptedkey !== undefined) {
    return { secretsProvider: url, encryptedKey: encryptedkey };
  }
  return provider?.type === 'passphrase' && salt !== undefined ? { encryptionSalt: salt } : undefined;
}

async function openWith(
  location: StackLocation,
  open: (library: AutomationLibrary, workspace: LocalWorkspace) => Promise<Stack>,
  environment: Record<string, string> = {},
): Promise<Stack> {
  const library = await loadAutomation();
  const { LocalWorkspace: Workspace } = library;
  const workDir = path.join(location.home, 'work', location.stack);
  await makeFolder(workDir, 'CREDENTIAL_ROTATION_HOME (or --home)');
  const kept = folderOf(location.backendUrl);
  if (kept !== undefined && !existsSync(kept))
    await makeFolder(kept, 'PULUMI_BACKEND_URL (or --backend-url)');
  const pulumiCommand = inOwnGroup(await findEngine());
  const workspace: LocalWorkspace = await Workspace.create({
    workDir,
    pulumiCommand,
    secretsProvider: location.secretsProvider,
    projectSettings: { name: projectName, runtime: 'nodejs', backend: { url: location.backendUrl } },
    envVars: { ...engineEnvironment(location), ...environment },
  });
  try {
    const stack = withoutNeedlessCalls(await open(library, workspace));
    await addConfig(stack, awsProviderConfig);
    return stack;
  } catch (error) {
    throw engineFailure(error, location);
  }
}

/** @throws Failure `configuration` naming the setting */
async function makeFolder(folder: string, setting: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new Failure(
      'file-unwritable',
      `Settings: ${setting} must be a writable folder (${folder}: ${errorCode(error)}).`,
      { cause: error },
    );
  }
}

/** Environment of the engine and of its plugins, on top of our own. No secret is added. */
function engineEnvironment(location: StackLocation): Record<string, string> {
  // A bundle brings its own launcher of the dynamic provider; else Pulumi's is taken.
  const launchers = [path.join(modulesFolder, 'bin'), pulumiPackageFolder()];
  const folders = [...launchers, path.dirname(process.execPath), process.env['PATH'] ?? ''];
  return {
    [modulesVariable]: modulesFolder,
    PATH: folders.join(path.delimiter),
    NODE_PATH: path.join(pulumiPackageFolder(), '..', '..'),
    PULUMI_BACKEND_URL: location.backendUrl,
    PULUMI_SKIP_UPDATE_CHECK: 'true',
    NODE_COMPILE_CACHE: compileCacheFolder(process.env),
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION:
      process.env['PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION'] ?? 'false',
  };
}

/** The stack config value that goes into each history entry. */
export const planKey = `${projectName}:plan`;

/** Puts the plan into the stack's config without a call of the engine; each history entry then says what it did. */
export async function storePlan(stack: Stack, plan: RotationPlan): Promise<void> {
  await addConfig(stack, { [planKey]: JSON.stringify(plan) });
}

/** Adds to the stack file of the work folder. */
async function addConfig(stack: Stack, values: Record<string, string>): Promise<void> {
  const settings = await stack.workspace.stackSettings(stack.name).catch(() => ({}));
  const config = { ...('config' in settings ? settings.config : {}), ...values };
  await stack.workspace.saveStackSettings(stack.name, { ...settings, config });
}

/** Sets the program of the next preview or up. */
export function setProgram(stack: Stack, program: PulumiFn): void {
  stack.workspace.program = program;
}
