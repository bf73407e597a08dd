import type { Outcome } from '../../../src/base/failure';
import type { PlanKind } from '../../../src/rotation/rotationPlan';
import type { StepNumber } from '../../../src/rotation/steps';
import type { FailedAt } from '../../../src/rotation/policy';
import type { Situation } from './situation';

/** A failed update, where it failed, and the world that it left. */
export interface Case extends Partial<FailedAt>, Situation {
  name: string;
  failure?: Outcome;
  resumed?: boolean;
  /** The plan that failed, where it is no rotation. */
  kind?: PlanKind;
  /** The plan leaves OpenEMR on slot B: a reconcile. */
  staysOn?: 'B';
  /** How the run ends, in words that its message has. */
  ends: Outcome;
  says: RegExp;
  /** A rollback is started. */
  goesBack?: true;
}

type More = Partial<Omit<Case, 'name' | 'ends' | 'says'>>;

/** What an end says of OpenEMR. */
const texts = {
  gone: /It went wrong\. Nothing was switched: OpenEMR still runs on openemr_a\.$/,
  back: /It went wrong\. Rolled back: OpenEMR runs on openemr_a again, whose password was never changed\.$/,
  held: /It went wrong\. OpenEMR runs on openemr_b, which works\. Run again to finish this rotation\.$/,
};

/** OpenEMR is on the new slot. */
export const moved = { file: 'B', secret: 'B' } as const;

/** The engine names the step that failed. */
const step = (number: StepNumber, more: More = {}): More => ({ step: number, furthest: number, ...more });
/** The engine died without a word. */
const killed = (furthest: StepNumber | undefined, more: More = {}): More => ({ furthest, ...more });

const stays = (name: string, more: More, says = texts.gone, ends: Outcome = 'before-switch'): Case => ({
  ...{ name, ends, says, ...more },
});
const goesBack = (name: string, more: More): Case => ({
  ...{ name, ends: 'rolled-back', says: texts.back, goesBack: true, ...more },
});
const isHeld = (name: string, more: More, says = texts.held): Case => ({ name, ends: 'held', says, ...more });

/** Nothing of the world was moved. */
const before: Case[] = [
  stays('before the first step', killed(undefined)),
  stays('step 3', step(3)),
  stays('step 4', step(4), /^Step 4 failed\. It went wrong\. Nothing was switched/),
  ...(['permission', 'locked', 'configuration', 'drift'] as const).map((failure) =>
    stays(`step 4, ${failure}: the cause says what to do`, step(4, { failure }), texts.gone, failure),
  ),
  ...(['unexpected', 'timeout', 'held'] as const).map((failure) =>
    stays(`step 4, ${failure}: that nothing moved is what counts`, step(4, { failure })),
  ),
  stays('step 4, whatever can be seen: no other run was there', step(4, { blind: true })),
  stays('step 5, the file is as it was', step(5)),
  stays(
    'step 5, the file was edited by somebody',
    step(5, { file: 'somebody' }),
    /still runs on somebody\.$/,
  ),
  stays('step 5, somebody changed the Secret', step(5, { secret: 'B' })),
  stays('the engine killed in step 4', killed(4)),
  stays('the engine killed in step 5, before the file', killed(5)),
  stays('a resumed rotation, step 4, by the world', step(4, { resumed: true })),
];

/** OpenEMR was moved, and nothing is retired. */
const between: Case[] = [
  goesBack('step 5, and the file was written', step(5, { file: 'B' })),
  goesBack('step 6, another controller changes the Secret back', step(6, { file: 'B' })),
  goesBack('step 7, the pods are ill', step(7, { ...moved, failure: 'timeout' })),
  goesBack('step 8, the page is ill', step(8, moved)),
  goesBack('step 8, and the new login works no more', step(8, { ...moved, changed: ['openemr_b'] })),
  goesBack('the engine killed in step 6', killed(6, { file: 'B' })),
  goesBack('the engine killed in step 8', killed(8, moved)),
  isHeld(
    'step 8, the old login works no more',
    step(8, { ...moved, changed: ['openemr_a'] }),
    /Not rolled back: the database refuses openemr_a with the password from before\. OpenEMR runs on openemr_b, which works\. Run again to finish this rotation\. If OpenEMR is not well there, run credential-rotation rollback: it sets slot A anew/,
  ),
  isHeld('a second try of the same run, which ends in step 4: the first had come to step 7', {
    ...step(4, moved),
    reached: 7,
  }),
  isHeld(
    'step 8, AWSCURRENT has moved',
    step(8, { ...moved, flipped: true }),
    /Not rolled back: AWSCURRENT of .* has moved since this rotation began/,
  ),
  isHeld(
    'step 8, whether the old login works cannot be seen',
    step(8, { ...moved, blind: true }),
    /Not rolled back: whether the password from before still works could not be seen/,
  ),
  isHeld('step 8, the lock lost: another run may be at work', step(8, { ...moved, failure: 'locked' })),
  isHeld('step 6, the lock lost', step(6, { file: 'B', failure: 'locked' })),
  isHeld(
    'step 8, no account that works',
    step(8, { ...moved, changed: ['openemr_a', 'openemr_b'] }),
    /sqlconf\.php names openemr_b now, and the database refuses that login\. Run again/,
  ),
  isHeld(
    'step 7, the file is gone',
    step(7, { file: 'gone', secret: 'B', failure: 'locked' }),
    /sqlconf\.php cannot be read, so which account is live was not seen\. Run again/,
  ),
];

/** A rotation that was taken up after its switch is not undone for what fails before it. */
const resumed: Case[] = [
  isHeld('step 3 of a rotation that has switched', step(3, { resumed: true, ...moved })),
  isHeld('step 4 of a rotation that has switched', step(4, { resumed: true, ...moved })),
  isHeld('before its first step', killed(undefined, { resumed: true, ...moved })),
  goesBack('step 8, which an earlier run has not passed either', step(8, { resumed: true, ...moved })),
  ...([7, 8] as const).map((number) =>
    isHeld(
      `step ${number}, an earlier run has come to step 10: the way to a slot that is well is told`,
      step(number, { reached: 10, resumed: true, ...moved }),
      /OpenEMR runs on openemr_b, which works\. Run again to finish this rotation\. If OpenEMR is not well there, run credential-rotation rollback: it sets slot A anew/,
    ),
  ),
  isHeld(
    'step 3, an earlier run has come to step 9',
    step(3, { reached: 9, resumed: true }),
    /OpenEMR runs on openemr_a, which works\. Run again to finish/,
  ),
];

/** From step 9 on nothing is undone. */
const after: Case[] = [
  ...([9, 10, 11] as const).map((number) => isHeld(`step ${number}`, step(number, moved))),
  isHeld('step 9, the lock lost', step(9, { ...moved, failure: 'locked' })),
  isHeld('step 11, whatever was found there', step(11, { ...moved, failure: 'permission' })),
  isHeld('the engine killed in step 10', killed(10, moved)),
  isHeld(
    'the engine killed when all was done',
    killed(11, moved),
    /All steps were carried out; only their record failed\. OpenEMR runs on openemr_b, which works/,
  ),
];

const works = /It went wrong\. OpenEMR runs on openemr_a, which works\.$/;
const unfinished = /^The rollback did not finish\. .*It went wrong\. .* Run again to finish the rollback\.$/;

/** Plans that are no rotation. */
const others: Case[] = [
  stays(
    'a reconcile, whose file was edited by somebody meanwhile: the edit stays',
    step(5, { kind: 'reconcile', staysOn: 'B', file: 'A' }),
  ),
  stays(
    'a reconcile that began nothing',
    killed(undefined, { kind: 'reconcile', staysOn: 'B', failure: 'locked', file: 'B' }),
    /Nothing was switched: OpenEMR still runs on openemr_b\.$/,
    'locked',
  ),
  goesBack('a reconcile, behind the file', step(6, { kind: 'reconcile', staysOn: 'B', ...moved })),
  isHeld(
    'a reconcile, whose login from before works no more: no other slot is named',
    step(8, { kind: 'reconcile', staysOn: 'B', changed: ['openemr_a'], ...moved }),
    /Not rolled back: the database refuses openemr_a .*Run again to finish this rotation\.$/,
  ),
  isHeld(
    'a reconcile that was taken up',
    killed(undefined, { kind: 'reconcile', staysOn: 'B', resumed: true, ...moved }),
  ),
  stays('a repair ends as it failed', step(4, { kind: 'sync', failure: 'permission' }), works, 'permission'),
  stays('a repair that was killed', killed(4, { kind: 'sync', failure: 'unexpected' }), works, 'unexpected'),
  isHeld('a rollback is not rolled back', step(8, { kind: 'rollback', ...moved }), unfinished),
  isHeld(
    'a rollback that failed at its begin',
    killed(undefined, { kind: 'rollback', ...moved }),
    unfinished,
  ),
];

/** All cases, by how far the rotation had come. */
export const phases: Record<string, Case[]> = { before, between, resumed, after, others };
