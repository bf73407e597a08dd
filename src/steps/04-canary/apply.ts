import path from 'node:path';
import type { V1Pod, V1PodTemplateSpec, V1Secret } from '@kubernetes/client-node';
import { Failure } from '../../base/failure';
import { sleep } from '../../base/errors';
import { tellNotice } from '../../base/notices';
import { withoutFullStop } from '../../base/sentence';
import { ApiError } from '../../kubernetes/api';
import { canaryRights } from '../../kubernetes/rights';
import { SqlconfFileError, removeCanaryFiles, writeCanaryFile } from '../../openemr/file/sqlconfFile';
import type { OpenSqlconf } from '../../openemr/openSqlconf';
import { openSqlconf } from '../../openemr/openSqlconf';
import type { CanaryMode } from '../../rotation/canary';
import { canaryNames } from '../../rotation/canary';
import type { HealthBefore } from '../../rotation/health';
import type { Measured } from '../../rotation/proofs';
import { kubernetesSecretData } from '../../rotation/observation';
import type { DatabaseLogin } from '../../rotation/slot';
import { kubernetesOf } from '../../target/clients';
import type { WorldContext } from '../../target/context';
import { assertHeld, guardedEffect } from '../adminSession';
import { proof } from '../logic';
import type { Pace } from './ask';
import { askPod, usualPace } from './ask';
import { removePart, waitUntilGone } from './leftovers';
import { LoginWatch } from './logins';
import { mainContainers } from './page';
import { canaryLabel, canaryPod, podParts } from './pod';
import type { Seen } from './verdict';
import { judgeCanary, needsControl } from './verdict';
import type { Tried } from './template';
import { isSettled, triedTemplate } from './template';
import { canaryFailure, missingRightText, refusalText, unprovedFailure, unprovedNotice } from './texts';

/** Inputs of the canary, the last part of step 4. */
export interface CanaryProofInputs extends DatabaseLogin {
  context: WorldContext;
  /** Names the run that it is for. */
  run: string;
  /** Id of the rotation. */
  rotation: string;
  mode: Exclude<CanaryMode, 'off'>;
  /** The user that OpenEMR is on, for messages. */
  active: string;
  healthUrl?: string;
  healthCaFile?: string;
  /** How the page was before. */
  before?: HealthBefore;
  answersInARow: number;
  /** Limit of each pod's start and answers, in seconds. */
  limitSeconds: number;
}

/** Step 4, its last part: one pod on the new login works, before anything that is in use is switched. */
export const canaryProof = proof<CanaryProofInputs>((inputs) => proveCanary(inputs));

/** How long a pod that was deleted is waited for, in ms. */
const goneMs = 20_000;

/**
 * Makes the pod, asks it, judges it, and removes all of it.
 * @throws Failure `canary-login-bad`; `canary-unproved` where it is required
 */
export async function proveCanary(
  inputs: CanaryProofInputs,
  pace = usualPace,
): Promise<{ measured: Measured<'canary'> }> {
  const { context, username, active, mode } = inputs;
  const started = performance.now();
  const measured = (
    outcome: Measured<'canary'>['outcome'],
    why?: string,
  ): { measured: Measured<'canary'> } => {
    const tookMs = Math.round(performance.now() - started);
    return { measured: { username, outcome, ...(why === undefined ? {} : { why }), tookMs } };
  };
  const file = await openSqlconf(context);
  // A run that takes a rotation up after its cut-over: all pods read the new login already.
  if (file.login.username === username && file.login.password === inputs.password)
    return measured('skipped', `${file.path} names ${username} already`);
  const canary = await whyNot(() => look(inputs, file, pace));
  const control = needsControl(canary) ? await whyNot(() => lookAtControl(inputs, pace)) : undefined;
  const verdict = judgeCanary(canary, control);
  const who = { username, active };
  if (verdict.kind === 'bad') throw canaryFailure(verdict, who);
  if (verdict.kind === 'proved') return measured('proved');
  if (mode === 'require') throw unprovedFailure(verdict.why, who);
  tellNotice(unprovedNotice(verdict.why, who));
  return measured('unproved', verdict.why);
}

/** How long a quota may go on counting a pod that is gone, in ms. */
const quotaLagMs = 10_000;

/** What keeps a pod from being made is no word on the login. */
class NotRun extends Error {
  constructor(readonly why: string) {
    super(why);
  }
}

async function whyNot(action: () => Promise<Seen>): Promise<Seen> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof NotRun) return { kind: 'not-run', why: error.why };
    if (error instanceof SqlconfFileError) return { kind: 'not-run', why: withoutFullStop(error.message) };
    if (error instanceof ApiError) return { kind: 'not-run', why: refusalText(error) };
    // A lock that is lost, a database that fails: not the canary's.
    if (!(error instanceof Failure) || !/^kubernetes-/.test(error.code)) throw error;
    return { kind: 'not-run', why: withoutFullStop(error.message) };
  }
}

/** The pod on the new login. */
async function look(inputs: CanaryProofInputs, file: OpenSqlconf, pace: Pace): Promise<Seen> {
  const { context } = inputs;
  const kubernetes = kubernetesOf(context);
  const { pods, secrets } = canaryRights(context.kubernetes);
  const missing = await kubernetes.missingRights([...pods, ...secrets]);
  const lacking = missing.find(({ resource }) => resource === 'pods');
  if (lacking) throw new NotRun(missingRightText(lacking.verb));
  const tried = await triedNow(inputs);
  const { template } = tried;
  const login = await LoginWatch.begin(context, inputs);
  await clear(inputs);
  const secret = missing.length === 0 && usesSecret(template, context.kubernetes.secret);
  try {
    const hidden = await writeCanaryFile(file.file, file.render(loginOf(inputs)), assertHeld);
    const by = canaryNames(context.kubernetes.deployment).secret;
    if (secret) await makeSecret(inputs, by);
    const made = { hidden, ...(secret ? { secret: { of: context.kubernetes.secret, by } } : {}) };
    await makePod(inputs, 'pod', tried, made);
    return await ask(inputs, 'pod', tried, login, pace);
  } finally {
    await login.stop();
    await cleared(inputs, file);
  }
}

/** The pod on the login in use: the same template and the real file. */
async function lookAtControl(inputs: CanaryProofInputs, pace: Pace): Promise<Seen> {
  const { context } = inputs;
  const tried = await triedNow(inputs);
  try {
    await makeControl(inputs, tried);
    return await ask(inputs, 'control', tried, undefined, pace);
  } finally {
    await removedQuietly(() => removePart(kubernetesOf(context), 'control'));
    await waitUntilGone(kubernetesOf(context), 'control', goneMs);
  }
}

/**
 * The template, where the pods that run are of it: one that nobody has tried yet would be tried by the canary, the set-up
 * and upgrade of a new image included.
 */
async function triedNow({ context }: CanaryProofInputs): Promise<Tried> {
  const deployment = await kubernetesOf(context).deployment();
  if (!isSettled(deployment)) throw new NotRun('the Deployment is rolling out something else');
  const tried = triedTemplate(deployment, context.site);
  if ('why' in tried) throw new NotRun(tried.why);
  return tried;
}

function loginOf({ username, password, host, port, dbname }: DatabaseLogin): DatabaseLogin {
  return { username, password, host, port, dbname };
}

function usesSecret({ spec }: V1PodTemplateSpec, name: string): boolean {
  return JSON.stringify(spec ?? {}).includes(JSON.stringify(name));
}

/** What an earlier try of this very run has left. @throws NotRun where something else has one of the names */
async function clear({ context }: CanaryProofInputs): Promise<void> {
  const kubernetes = kubernetesOf(context);
  for (const part of ['pod', 'control'] as const) {
    if ((await removePart(kubernetes, part)) === 'foreign')
      throw new NotRun(
        `there is a pod ${canaryNames(context.kubernetes.deployment)[part]} that is not this tool's`,
      );
    await waitUntilGone(kubernetes, part, goneMs);
  }
}

async function makeSecret(inputs: CanaryProofInputs, name: string): Promise<void> {
  const { context, rotation } = inputs;
  const kubernetes = kubernetesOf(context);
  if ((await removePart(kubernetes, 'secret')) === 'foreign')
    throw new NotRun(`there is a Secret ${name} that is not this tool's`);
  // All keys, byte for byte: the template may take others of them, too, and a keystore is no text.
  const { data = {} } = await kubernetes.secret();
  const own = Object.entries(kubernetesSecretData(loginOf(inputs))).map(([key, value]): [string, string] => [
    key,
    Buffer.from(value, 'utf8').toString('base64'),
  ]);
  const body: V1Secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: context.kubernetes.namespace, labels: { [canaryLabel]: rotation } },
    type: 'Opaque',
    data: { ...data, ...Object.fromEntries(own) },
  };
  await guardedEffect('kubernetes: create the canary Secret', () =>
    kubernetes.createOwn('secrets', body),
  ).catch((error: unknown) => {
    // What the server says may quote values.
    if (error instanceof ApiError) throw new NotRun(`the API server refused its Secret (${error.code})`);
    throw error;
  });
}

const creates = {
  pod: 'kubernetes: create the canary pod',
  control: 'kubernetes: create the control pod',
} as const;

async function makePod(
  { context, rotation, limitSeconds }: CanaryProofInputs,
  part: 'pod' | 'control',
  { template, files }: Tried,
  made: { hidden?: string; secret?: { of: string; by: string } },
): Promise<void> {
  const kubernetes = kubernetesOf(context);
  const names = { ...context.kubernetes, part };
  const pod = canaryPod(template, { ...podParts(names, rotation, limitSeconds), files, ...made });
  await guardedEffect(creates[part], () => kubernetes.createOwn('pods', pod));
}

/** A quota counts the pod before it for a moment longer than it is there. */
async function makeControl(inputs: CanaryProofInputs, tried: Tried): Promise<void> {
  for (const until = performance.now() + quotaLagMs; ; await sleep(500)) {
    try {
      return await makePod(inputs, 'control', tried, {});
    } catch (error) {
      const isFull = error instanceof ApiError && error.code === 403 && error.said.includes('exceeded quota');
      if (!isFull || performance.now() > until) throw error;
    }
  }
}

async function ask(
  inputs: CanaryProofInputs,
  part: 'pod' | 'control',
  { template, files }: Tried,
  login: LoginWatch | undefined,
  pace: Pace,
): Promise<Seen> {
  const { context, healthUrl, healthCaFile, before, answersInARow, limitSeconds } = inputs;
  const kubernetes = kubernetesOf(context);
  const name = canaryNames(context.kubernetes.deployment)[part];
  const main = mainContainers(template.spec ?? { containers: [] }, files);
  return askPod(
    {
      read: () => kubernetes.own<V1Pod>('pods', name),
      from: (addresses) => login?.from(addresses),
      login: async (addresses) => (await login?.end(addresses)) ?? 'unknown',
    },
    { healthUrl, healthCaFile, before, answersInARow, limitSeconds, main },
    pace,
  );
}

/** Removes all of it. What cannot be removed is told, and removed by the next run; a lost lock ends this one. */
async function cleared({ context }: CanaryProofInputs, { file }: OpenSqlconf): Promise<void> {
  const kubernetes = kubernetesOf(context);
  await removedQuietly(() => removePart(kubernetes, 'pod'));
  await removedQuietly(() => removeCanaryFiles(path.dirname(file.path), assertHeld));
  await removedQuietly(() => removePart(kubernetes, 'secret'));
  await waitUntilGone(kubernetes, 'pod', goneMs);
}

async function removedQuietly(remove: () => Promise<unknown>): Promise<void> {
  try {
    await remove();
  } catch (error) {
    if (!(error instanceof ApiError) && !(error instanceof Failure)) throw error;
    if (error instanceof Failure && error.outcome === 'locked') throw error;
    const why = error instanceof ApiError ? refusalText(error) : withoutFullStop(error.message);
    tellNotice(`what the canary made could not be removed: ${why}; the next run removes it`);
  }
}
