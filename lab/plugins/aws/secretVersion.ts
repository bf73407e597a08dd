import type { GetSecretValueCommandOutput } from '@aws-sdk/client-secrets-manager';
import {
  HalfDone,
  type Change,
  type InputFailure,
  type ResourceState,
  type ResourceType,
} from '../resource.js';
import { UNKNOWN, isUnknown, type Properties } from '../values.js';
import type { Clients } from './configuration.js';
import { failure, isGone } from './errors.js';
import * as versions from './versions.js';

const CURRENT = 'AWSCURRENT';
const REPLACING = ['region', 'secretId', 'secretString'] as const;
const REFUSED = ['secretBinary', 'secretStringWo', 'secretStringWoVersion'];

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function labels(value: unknown): string[] {
  return Array.isArray(value) ? [...new Set(value as string[])] : [];
}

function sameSet(one: string[], other: string[]): boolean {
  return one.length === other.length && one.every((item) => other.includes(item));
}

function messageOf(problem: unknown): string {
  return problem instanceof Error ? problem.message : String(problem);
}

/** The outputs that a version in the world has. */
function outputsOf(
  region: unknown,
  version: versions.Version,
  found: GetSecretValueCommandOutput,
): Properties {
  return {
    arn: found.ARN,
    secretArn: found.ARN,
    region,
    secretId: version.secretId,
    secretString: found.SecretString,
    versionId: found.VersionId,
    versionStages: found.VersionStages ?? [],
  };
}

/** Puts the labels that are new on the version, then takes away those that are not wanted any more. */
async function relabel(version: versions.Version, old: string[], wanted: string[]): Promise<void> {
  const { secretId, versionId } = version;
  let currentMoved = false;
  for (const stage of wanted.filter((item) => !old.includes(item))) {
    const from = stage === CURRENT ? await versions.currentVersionId(version) : undefined;
    currentMoved ||= stage === CURRENT;
    await versions.moveStage(version, stage, { to: versionId, from }).catch((problem: unknown) => {
      const doing = `adding Secrets Manager Secret Version (${secretId}|${versionId}) stage (${stage})`;
      throw failure(doing, 'UpdateSecretVersionStage', problem);
    });
  }
  for (const stage of old.filter((item) => !wanted.includes(item))) {
    // AWSCURRENT can only be moved; and moving it here has taken AWSPREVIOUS elsewhere already.
    if (stage === CURRENT || (stage === 'AWSPREVIOUS' && currentMoved)) continue;
    await versions.moveStage(version, stage, { from: versionId }).catch((problem: unknown) => {
      const doing = `deleting Secrets Manager Secret Version (${secretId}|${versionId}) stage (${stage})`;
      throw failure(doing, 'UpdateSecretVersionStage', problem);
    });
  }
}

/**
 * `aws.secretsmanager.SecretVersion` like the real one, for text values only: the same requests in the same order,
 * the same waits, the same words on failure. What the real one does to others' labels, this one does too.
 */
export class SecretVersionType implements ResourceType {
  readonly token = 'aws:secretsmanager/secretVersion:SecretVersion';

  readonly properties: ResourceType['properties'] = {
    region: { type: 'string', input: true },
    secretBinary: { type: 'string', input: true, secret: true },
    secretId: { type: 'string', input: true, required: true },
    secretString: { type: 'string', input: true, secret: true },
    secretStringWo: { type: 'string', input: true, secret: true },
    secretStringWoVersion: { type: 'integer', input: true },
    versionStages: { type: 'array', input: true },
    arn: { type: 'string' },
    hasSecretStringWo: { type: 'boolean' },
    secretArn: { type: 'string' },
    versionId: { type: 'string' },
  };

  constructor(private readonly clients: Clients) {}

  check(inputs: Properties): InputFailure[] {
    const failures = REFUSED.filter((property) => inputs[property] !== undefined).map((property) => ({
      property,
      reason: `the lab's stand-in for the aws plugin has no ${property}, only secretString`,
    }));
    if (inputs['secretId'] === undefined) {
      failures.push({ property: 'secretId', reason: 'Missing required argument' });
    }
    return failures;
  }

  diff(state: Properties, inputs: Properties): Change[] {
    const changes: Change[] = [];
    for (const property of REPLACING) {
      const old = text(state[property]);
      const wanted = text(inputs[property]);
      if (old === wanted || (property === 'region' && !wanted)) continue;
      const kind = old === undefined ? 'add' : wanted === undefined ? 'delete' : 'update';
      changes.push({ property, replaces: true, kind });
    }
    const stages = inputs['versionStages'];
    const differ = isUnknown(stages) || !sameSet(labels(state['versionStages']), labels(stages));
    // Labels that are not given are whatever they are: the world decides, and nothing differs.
    if (stages !== undefined && differ)
      changes.push({ property: 'versionStages', replaces: false, kind: 'update' });
    return changes;
  }

  preview(inputs: Properties, state?: Properties): Properties {
    const computed = ['arn', 'secretArn', 'region', 'versionId', 'versionStages'];
    const known: Properties = Object.fromEntries(
      computed.map((name): [string, unknown] => [name, state ? state[name] : UNKNOWN]),
    );
    return { ...known, ...inputs };
  }

  async create(inputs: Properties, signal: AbortSignal): Promise<ResourceState> {
    const secretId = String(inputs['secretId']);
    const client = await this.clients.for(text(inputs['region']));
    const stages = labels(inputs['versionStages']);
    const versionId = await versions.putVersion(
      { client, secretId, signal },
      text(inputs['secretString']),
      stages,
    );
    const id = `${secretId}|${versionId}`;
    const version = { client, secretId, versionId, signal };
    try {
      await versions.awaitCreated(version);
      // Read once more, as the real one does: it waits, and then reads the resource as in a refresh.
      const found = await versions.findVersion(version);
      if (!found) throw new Error(`reading Secrets Manager Secret Version (${id}): couldn't find resource`);
      return { id, outputs: outputsOf(await client.config.region(), version, found) };
    } catch (problem) {
      // The version is stored: the state must know it, or a later update would store another one.
      throw new HalfDone(messageOf(problem), { id, outputs: inputs });
    }
  }

  async read(id: string, state: Properties, signal: AbortSignal): Promise<ResourceState | undefined> {
    const version = await this.versionOf(id, state, signal);
    const found = await versions.findVersion(version);
    if (!found) return undefined;
    const outputs = outputsOf(await version.client.config.region(), version, found);
    const { region, secretId, secretString, versionStages } = outputs;
    return { id, outputs, inputs: { region, secretId, secretString, versionStages } };
  }

  async update(id: string, state: Properties, inputs: Properties, signal: AbortSignal): Promise<Properties> {
    const version = await this.versionOf(id, state, signal);
    const old = labels(state['versionStages']);
    const wanted = inputs['versionStages'] === undefined ? old : labels(inputs['versionStages']);
    try {
      await relabel(version, old, wanted);
      const found = await versions.findVersion(version);
      if (!found) throw new Error(`Secrets Manager Secret Version (${id}) is gone`);
      return outputsOf(await version.client.config.region(), version, found);
    } catch (problem) {
      // Like the real plugin, which records what was wanted even when the request for it failed.
      throw new HalfDone(messageOf(problem), { id, outputs: { ...state, versionStages: wanted } });
    }
  }

  async delete(id: string, state: Properties, signal: AbortSignal): Promise<void> {
    const version = await this.versionOf(id, state, signal);
    for (const stage of labels(state['versionStages'])) {
      if (stage === CURRENT) continue; // it can only be moved, so the version stays the secret's value
      try {
        await versions.moveStage(version, stage, { from: version.versionId });
      } catch (problem) {
        if (isGone(problem)) return;
        const doing = `deleting Secrets Manager Secret Version (${id}) stage (${stage})`;
        throw failure(doing, 'UpdateSecretVersionStage', problem);
      }
    }
    await versions.awaitDeprecated(version);
  }

  /** The version that an id names. @throws Error when it is not `secretId|versionId` */
  private async versionOf(id: string, state: Properties, signal: AbortSignal): Promise<versions.Version> {
    const [secretId, versionId] = splitId(id);
    return { client: await this.clients.for(text(state['region'])), secretId, versionId, signal };
  }
}

function splitId(id: string): [string, string] {
  const at = id.indexOf('|');
  if (at < 1 || at === id.length - 1) {
    throw new Error(`unexpected format of ID (${id}), expected SecretID|VersionID`);
  }
  return [id.slice(0, at), id.slice(at + 1)];
}
