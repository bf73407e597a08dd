import { z } from 'zod';
import type { PlannedRotation, RotationPlan } from '../../src/rotation/rotationPlan';
import { stepSchema } from '../../src/rotation/storedPlan';
import type { Ending, News } from '../../src/rotation/news';

/** What a recorded run told, in its order, and how it ended. */
export interface Recorded {
  news: News[];
  ending: Ending;
}

const slot = z.enum(['A', 'B']);
const step = stepSchema;

/** The lines of `--log-json` that a rotation without a fault prints; docs/json.md has all of their fields. */
const line = z.discriminatedUnion('type', [
  z.object({ type: z.literal('reading') }),
  z.object({
    type: z.literal('planned'),
    rotation: z.string(),
    kind: z.literal('rotate'),
    from: slot,
    to: slot,
    resumed: z.boolean(),
    notices: z.array(z.string()),
  }),
  z.object({ type: z.literal('notice'), message: z.string() }),
  z.object({ type: z.literal('step-started'), step }),
  z.object({
    type: z.literal('step-ended'),
    step,
    status: z.enum(['done', 'unchanged']),
    ms: z.number(),
  }),
  z.object({ type: z.literal('step-resource'), step, name: z.string(), operation: z.string() }),
  z.object({
    type: z.literal('rollout'),
    updated: z.number(),
    available: z.number(),
    wanted: z.number(),
  }),
  z.object({ type: z.literal('result'), outcome: z.literal('done'), message: z.string() }),
]);

type Line = z.infer<typeof line>;

/**
 * Reads what a rotation printed with `--log-json`.
 * @throws when a line is none of such a run, or the last one is not its result
 */
export function readRecord(text: string): Recorded {
  const lines = text
    .trim()
    .split('\n')
    .map((each) => line.parse(JSON.parse(each)));
  const result = lines.at(-1);
  if (result?.type !== 'result') throw new Error('the recorded rotation has no result');
  return {
    news: lines.flatMap((each) => newsOf(each) ?? []),
    ending: { outcome: result.outcome, message: result.message, steps: [] },
  };
}

function newsOf(told: Line): News | undefined {
  switch (told.type) {
    case 'reading':
      return { kind: 'reading' };
    case 'planned':
      return { ...told, kind: 'planned', planned: plannedOf(told) };
    case 'notice':
      return { kind: 'notice', text: told.message };
    case 'step-started':
      return { kind: 'step', event: { ...told, kind: 'started' } };
    case 'step-ended':
      return { kind: 'step', event: { ...told, kind: 'ended' } };
    case 'step-resource':
      return { kind: 'step', event: { ...told, kind: 'resource' } };
    case 'rollout':
      return { ...told, kind: 'rollout' };
    case 'result':
      return undefined;
  }
}

/** A plan that says what the line says; the renderers show no more of it. */
function plannedOf({ rotation, kind, from, to }: Extract<Line, { type: 'planned' }>): PlannedRotation {
  const plan: RotationPlan = {
    formatVersion: 1,
    id: rotation,
    kind,
    startedAt: '',
    from,
    to,
    mint: [],
    renew: from,
    rotateAdmin: true,
    restartToken: '',
    slotSecretArn: '',
    slotSecretVersionId: '',
    adminSecretArn: '',
    adminUsername: '',
  };
  const nobody = { host: '', port: '', username: '', password: '', dbname: '' };
  const before = { sqlconf: nobody, kubernetesSecret: {} };
  return { plan, material: { slotDocument: '', before, logins: { A: nobody, B: nobody } } };
}
