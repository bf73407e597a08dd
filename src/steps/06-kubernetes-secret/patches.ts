import type { V1Deployment, V1Secret } from '@kubernetes/client-node';
import type { FailureCode } from '../../base/failure';
import { Failure } from '../../base/failure';
import { inOneLine } from '../../base/sentence';
import { restartAnnotation, rotationAnnotation } from '../../rotation/annotations';
import { kubernetesSecretKeys } from '../../rotation/observation';
import type { RotationPlan } from '../../rotation/rotationPlan';
import { scrubber } from '../../secrecy/scrubber';
import type { Kubernetes } from '../../kubernetes/kubernetes';
import { decodedData } from '../../kubernetes/kubernetes';
import { ApiError } from '../../kubernetes/api';
import { answerFailure } from '../../kubernetes/errors';
import { newPassword } from '../../secrecy/password';
import { fieldManager, restartedAs } from '../../kubernetes/rollout';

/** What the API server says to a patch that is not carried out: a refusal, or why it cannot be known. */
export type PatchAnswer = { problem: Failure } | { notice: string } | Record<string, never>;

/** Longest part of the server's own words that is shown. */
const longestWords = 300;

/** Values of the annotations in the patches of steps 6 and 7; they tell one run's patch from another's. */
export interface PatchTokens {
  secret: string;
  restart: string;
}

/** The annotations that a plan's own patches will have. */
export function patchTokens(plan: RotationPlan): PatchTokens {
  return { secret: plan.patchToken ?? plan.id, restart: plan.restartToken };
}

/**
 * Sends both patches of the switch as dry runs, so that admission webhooks, policies and rights answer before anything
 * is switched. The Secret's has a password that was made up for it: the real one goes nowhere yet. A patch that stands
 * already, as in a run that is resumed, is not sent, nor one of an immutable Secret, which is told of in its own words.
 */
export async function patchAnswers(
  kubernetes: Pick<Kubernetes, 'target' | 'tryPatch' | 'server'>,
  { deployment, secret }: { deployment: V1Deployment; secret: V1Secret },
  tokens: PatchTokens,
): Promise<PatchAnswer[]> {
  const { target } = kubernetes;
  const server = await kubernetes.server();
  const trying = async (
    kind: 'Secret' | 'Deployment',
    body: Record<string, unknown>,
  ): Promise<PatchAnswer> => {
    const what = `${kind} ${target.namespace}/${kind === 'Secret' ? target.secret : target.deployment}`;
    try {
      await kubernetes.tryPatch(kind, body);
      return {};
    } catch (error) {
      return patchAnswer(error, { what, server, secret });
    }
  };
  const patched = secret.metadata?.annotations?.[rotationAnnotation] === tokens.secret;
  const restarted = restartedAs(deployment) === tokens.restart;
  return Promise.all([
    ...(patched || secret.immutable === true ? [] : [trying('Secret', secretPatch(secret, tokens.secret))]),
    ...(restarted ? [] : [trying('Deployment', restartPatch(tokens.restart))]),
  ]);
}

/** The shape of step 6's patch. */
function secretPatch(secret: V1Secret, token: string): Record<string, unknown> {
  const now = decodedData(secret);
  const { host, username, password, dbname } = kubernetesSecretKeys;
  const values = {
    [host]: now[host] ?? 'localhost',
    [username]: now[username] ?? 'openemr',
    [password]: newPassword(),
    [dbname]: now[dbname] ?? 'openemr',
  };
  const data = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, Buffer.from(value, 'utf8').toString('base64')]),
  );
  return { metadata: { annotations: { [rotationAnnotation]: token } }, data };
}

/** The shape of step 7's patch. */
function restartPatch(token: string): Record<string, unknown> {
  return { spec: { template: { metadata: { annotations: { [restartAnnotation]: token } } } } };
}

/**
 * What an error of a dry run means. The texts are those of the API server
 * (k8s.io/apiserver/pkg/admission/plugin/webhook/errors, and .../plugin/policy/validating).
 */
export function patchAnswer(
  error: unknown,
  { what, server, secret }: { what: string; server: string; secret: V1Secret },
): PatchAnswer {
  const noAnswer = (): PatchAnswer => ({ problem: answerFailure(error, { verb: 'patch', what, server }) });
  if (!(error instanceof ApiError)) return noAnswer();
  const { code, said } = error;
  const words = safeWords(said, secret);
  if (code === 400 && said.includes('does not support dry run'))
    return { notice: `Whether ${what} can be patched shows at the patch only: ${words}` };
  const refusal = (why: FailureCode, message: string): PatchAnswer => ({
    problem: new Failure(why, message, { cause: error }),
  });
  const webhook = /failed calling webhook "([^"]+)"/.exec(said)?.[1];
  if (webhook !== undefined)
    return refusal(
      'patch-refused',
      `The patch of ${what} would be refused because the admission webhook ${webhook} gives no answer (${words}); repair the webhook, or delete its configuration, and run again.`,
    );
  if (code === 401 || code === 404 || code === 429 || code > 500 || words === '') return noAnswer();
  if (code === 409 || code === 500)
    return refusal(
      'patch-refused',
      `The patch of ${what} would be refused (${code}: ${words}); fix what the API server names, and run again.`,
    );
  return refusal(
    'patch-forbidden',
    `The patch of ${what} would be refused (${code}: ${words}); let that rule allow the patches of field manager ${fieldManager}, and run again.`,
  );
}

/**
 * The server's words on one line, cut short. It may quote the object: every value of the Secret is masked first, in all
 * spellings, also under keys that do not say "password".
 */
function safeWords(said: string, secret: V1Secret): string {
  const named = new Set<string>([
    kubernetesSecretKeys.host,
    kubernetesSecretKeys.username,
    kubernetesSecretKeys.dbname,
  ]);
  for (const [key, value] of Object.entries(decodedData(secret)))
    if (!named.has(key)) scrubber.register(value);
  const text = inOneLine(scrubber.scrub(said));
  return text.length > longestWords ? `${text.slice(0, longestWords)}…` : text;
}
