import { rm } from 'node:fs/promises';
import type { Stack } from '@pulumi/pulumi/automation';
import { observe } from '../../../src/inspect/observe';
import { kubernetesSecretData } from '../../../src/rotation/observation';
import { planRotation } from '../../../src/rotation/planRotation';
import type { PlannedRotation } from '../../../src/rotation/rotationPlan';
import { openWorld as openOfRun } from '../../../src/run/openWorld';
import type { RunNews } from '../../../src/rotation/news';
import type { OpenWorld, RunRequest } from '../../../src/run/request';
import { AwsError } from '../handMade/fakeSecretsManager';
import type { HandMadeWorld } from '../handMade/world';
import { openWorld, passwords } from '../handMade/world';

/** How far a rotation from slot A to B has come in the world, and what else is wrong there. */
export interface Situation {
  /** What `sqlconf.php` names; `gone` has no such file. */
  file?: 'A' | 'B' | 'somebody' | 'gone';
  /** What the Kubernetes Secret names; `stale` a password that the database refuses, as before the rotation, too. */
  secret?: 'A' | 'B' | 'stale';
  /** AWSCURRENT of the slot secret has moved. */
  flipped?: true;
  /** The database has another password for these users. */
  changed?: ('openemr_a' | 'openemr_b')[];
  /** Secrets Manager cannot be asked. */
  blind?: true;
}

/** A run in a hand-made world, in the middle of a rotation from slot A to B. */
export interface RunThere {
  made: HandMadeWorld;
  world: OpenWorld;
  request: RunRequest;
  planned: PlannedRotation;
  news: RunNews[];
  stack: Stack;
  close(): Promise<void>;
}

/** Makes a plan in a sound world, and then brings that world into a situation. */
export async function runIn(situation: Situation = {}, signal?: AbortSignal): Promise<RunThere> {
  const made = await openWorld();
  const news: RunNews[] = [];
  const { context } = made;
  const request = {
    kind: 'rotate',
    settings: { context },
    tell: (each: RunNews) => news.push(each),
    ...(signal === undefined ? {} : { signal }),
  } as unknown as RunRequest;
  const world = await openOfRun(request);
  const [onA, onB] = [made.login('openemr_a', passwords.A), made.login('openemr_b', passwords.B)];
  const stale = made.login('openemr_a', 'stale');
  if (situation.secret === 'stale') made.kubernetes.secretData = kubernetesSecretData(stale);
  const observation = await observe(context, world, world.credentials);
  const result = planRotation(observation, { kind: 'rotate', id: 'run-1', now: new Date(0) });
  if (result.kind === 'refused') throw new Error(result.problems.join(' '));
  const { file = 'A', secret = 'A', changed = [] } = situation;
  const files = { A: onA, B: onB, somebody: made.login('somebody', 'x') };
  if (file === 'gone') await rm(made.file);
  else await made.writeFile(files[file]);
  made.kubernetes.secretData = kubernetesSecretData({ A: onA, B: onB, stale }[secret]);
  if (situation.flipped) made.slots.put('{"active_slot":"B"}', ['AWSCURRENT'], 'v1');
  for (const username of changed) Object.assign(made.database.account(username) ?? {}, { password: 'other' });
  if (situation.blind)
    made.slotsServed.before = () => {
      throw new AwsError('AccessDeniedException');
    };
  made.log.length = 0;
  const { planned } = result;
  const close = async (): Promise<void> => {
    await world.session.close();
    await made.close();
  };
  return { made, world, request, planned, news, stack: {} as Stack, close };
}
