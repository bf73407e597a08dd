import * as pulumi from '@pulumi/pulumi';
import type { PulumiFn } from '@pulumi/pulumi/automation';
import { getVersion as awsVersion } from '@pulumi/aws/utilities';
import { getVersion as kubernetesVersion } from '@pulumi/kubernetes/utilities';
import { getVersion as randomVersion } from '@pulumi/random/utilities';
import type { Site } from '../lab';
import { readLocation } from '../src/settings/settings';
import { askEngine } from '../src/engine/readState';
import { openStackIfThere, setProgram } from '../src/engine/workspace';

/** What the engine takes by itself, in ms. */
export interface EngineAlone {
  version: number;
  /** `pulumi stack export`. */
  state: number;
  /** With `--show-secrets`. */
  stateInClear: number;
  /** A preview of a program without resources. */
  preview: number;
  /** The same, of a program that lets the plugins of a rotation start. */
  previewWithPlugins: number;
}

const limitMs = 60_000;

/** Measures the engine on a site's own state, without the command; writes nothing. */
export async function measureEngine(site: Site): Promise<EngineAlone> {
  const { environment } = site;
  for (const [name, value] of Object.entries(environment))
    if (/^(PULUMI|CREDENTIAL_ROTATION)_/.test(name)) process.env[name] = value;
  const location = readLocation({}, environment, site.folder);
  const { stack: name, backendUrl } = location;
  const ask = (...args: string[]): Promise<string> => askEngine(args, backendUrl, limitMs);
  const opened = await openStackIfThere(location);
  if (!opened) throw new Error(`${site.name} has no state yet`);
  const { stack } = opened;
  const preview = async (program: PulumiFn): Promise<unknown> => {
    setProgram(stack, program);
    return stack.preview();
  };
  const full = `organization/openemr-credential-rotation/${name}`;
  return {
    version: await timed(() => ask('version')),
    state: await timed(() => ask('stack', 'export', '--stack', full)),
    stateInClear: await timed(() => ask('stack', 'export', '--show-secrets', '--stack', full)),
    preview: await timed(() => preview(async () => undefined)),
    previewWithPlugins: await timed(() => preview(startAll)),
  };
}

/** There are no such functions: nothing is done but the start. */
async function startAll(): Promise<void> {
  const versions = {
    random: randomVersion(),
    aws: awsVersion(),
    kubernetes: kubernetesVersion(),
  };
  for (const [name, version] of Object.entries(versions)) {
    const started: Promise<unknown> = pulumi.runtime.invoke(`${name}:index:start`, {}, { version });
    await started.catch(() => undefined);
  }
}

async function timed(action: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await action();
  return performance.now() - started;
}
