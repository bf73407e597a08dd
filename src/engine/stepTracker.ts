import type { EngineEvent, StepEventStateMetadata } from '@pulumi/pulumi/automation';
import { failureFromText } from '../base/failure';
import type { Failure } from '../base/failure';
import type { StepEnd } from '../rotation/stepTimes';
import type { StepNumber } from '../rotation/steps';
import { isRenewalAct, renewalStep, stepNumbers, stepOfResource } from '../rotation/steps';
import { scrubber } from '../secrecy/scrubber';
import { moment } from '../base/effect';
import { BegunResources } from './begunResources';
import type { Proving } from './proofs';
import { proofsIn } from './proofs';
import type { Proofs } from '../rotation/proofs';
import type { StepStatus } from '../rotation/ends';
import type { StepResult, StepEvent } from '../rotation/news';

/** Turns the engine's resource events into the eleven steps. */
export class StepTracker {
  private readonly times = new Map<
    StepNumber,
    { started: number; ended?: number; begun: boolean; changed: boolean; failed: boolean }
  >();
  private current: StepNumber | undefined;
  /** Resources that are being written: begun, and neither recorded nor failed. */
  private readonly atWork = new Set<string>();
  private readonly made: Proving[] = [];
  /** Step 10 has come to its end, in this run or an earlier one. */
  private isRenewed = false;
  private readonly begunResources = new BegunResources();
  /** The step in which the engine ended without a word, after {@link endFailed}. */
  cutOff: StepNumber | undefined;
  /** The failure that a provider reported, or the engine's own error as one line. */
  failure: { step: StepNumber | undefined; failure: Failure | undefined; text: string } | undefined;

  /** @param renewsSlot the slot whose user is changed in step 10, in lower case */
  constructor(
    private readonly renewsSlot: string | undefined,
    private readonly listener: (event: StepEvent) => void,
  ) {}

  /** Ends when the engine has begun with the resource of that name. */
  readonly begun = (name: string): Promise<void> => this.begunResources.of(name);

  /** The step of a resource name, or undefined for the stack and providers. */
  stepOf(name: string): StepNumber | undefined {
    return stepOfResource(name, this.renewsSlot);
  }

  /** Takes one engine event. */
  take(event: EngineEvent): void {
    const { resourcePreEvent, resOutputsEvent, resOpFailedEvent, diagnosticEvent } = event;
    if (resourcePreEvent) this.begin(nameOf(resourcePreEvent.metadata.urn), resourcePreEvent.metadata.op);
    if (resOutputsEvent) {
      const { urn, op, new: made } = resOutputsEvent.metadata;
      this.recorded(nameOf(urn), op);
      this.prove(urn, made);
    }
    if (resOpFailedEvent) this.fail(nameOf(resOpFailedEvent.metadata.urn));
    if (diagnosticEvent?.severity === 'error') this.diagnose(diagnosticEvent.urn, diagnosticEvent.message);
  }

  /** Ends the step under way; call once when the engine is done, or {@link endFailed}. */
  end(): void {
    this.endCurrent();
  }

  /**
   * Like {@link end}, after an update that failed: what the engine has begun and not recorded was cut off. Nobody knows
   * whether it took effect, so its step is not done.
   */
  endFailed(): void {
    this.cutOff = furthestOf([...this.atWork].map((name) => this.stepOf(name)));
    const time = this.cutOff === undefined ? undefined : this.times.get(this.cutOff);
    if (time) time.failed = true;
    // Stopped between its proof and its end: what it renews is not renewed.
    const renewal = this.isRenewed ? undefined : this.times.get(renewalStep);
    if (renewal) renewal.failed = true;
    this.endCurrent();
  }

  /** The furthest step that something was begun of, or that failed; undefined when none was. */
  get furthest(): StepNumber | undefined {
    return furthestOf(
      [...this.times].map(([step, { begun, changed, failed }]) =>
        begun || changed || failed ? step : undefined,
      ),
    );
  }

  /** Every step's result, those not reached included. */
  results(): StepResult[] {
    return stepNumbers.map((number) => {
      const time = this.times.get(number);
      // Steps 1 and 2 are the reading and the planning: who has a plan has done them.
      if (number <= 2) return { number, status: 'done', ms: 0 };
      if (!time) return { number, status: 'not-reached' };
      return {
        number,
        status: statusOf(time),
        ms: Math.round((time.ended ?? performance.now()) - time.started),
      };
    });
  }

  /** When the steps ended that did something and did not fail, in order. */
  ends(): StepEnd[] {
    const done = [...this.times].filter(([, { changed, failed }]) => changed && !failed);
    return done.map(([step, { ended }]) => ({
      step,
      at: new Date(performance.timeOrigin + (ended ?? performance.now())).toISOString(),
    }));
  }

  /** What the proofs of a rotation have measured in this update; undefined when none was made. */
  proofsOf(id: string): Proofs | undefined {
    return proofsIn(this.made, id);
  }

  /** The engine leaves out secrets in its events, and proofs have none. */
  private prove(urn: string, made: StepEventStateMetadata | undefined): void {
    if (made?.outputs?.['measured'] === undefined) return;
    this.made.push({ type: made.type, urn, outputs: made.outputs, modified: new Date().toISOString() });
  }

  private begin(name: string, operation: string): void {
    const step = this.stepOf(name);
    if (step === undefined || operation === 'delete' || operation === 'discard') return;
    moment(`engine: ${nameWithoutId(name)} begins`);
    this.begunResources.tell(name);
    this.start(step);
    const time = this.times.get(step);
    if (isRenewalAct(name) && operation === 'same') this.isRenewed = true;
    if (!time || operation === 'same') return;
    // The idle proof is made in each run, and changes nothing.
    if (step === renewalStep && name.startsWith('idle-')) time.begun = true;
    else time.changed = true;
    this.atWork.add(name);
  }

  private start(step: StepNumber): void {
    if (step === this.current) return;
    this.endCurrent();
    this.current = step;
    if (!this.times.has(step))
      this.times.set(step, { started: performance.now(), begun: false, changed: false, failed: false });
    this.listener({ kind: 'started', step });
  }

  private recorded(name: string, operation: string): void {
    const step = this.stepOf(name);
    if (step === undefined || operation === 'same' || operation === 'delete' || operation === 'discard')
      return;
    this.atWork.delete(name);
    if (isRenewalAct(name)) this.isRenewed = true;
    this.listener({ kind: 'resource', step, name, operation });
    moment(`engine: ${nameWithoutId(name)} recorded`);
  }

  private fail(name: string): void {
    this.atWork.delete(name);
    const step = this.stepOf(name);
    const time = step === undefined ? undefined : this.times.get(step);
    if (time) time.failed = true;
    const { step: known, failure, text = '' } = this.failure ?? {};
    // The stack itself fails after what failed in it.
    this.failure = { step: step ?? known, failure, text };
  }

  private diagnose(urn: string | undefined, message: string): void {
    const step = urn === undefined ? undefined : this.stepOf(nameOf(urn));
    // Before anything is cut off, or made one line: a part of a secret is not recognised.
    const clean = scrubber.scrub(message);
    const failure = failureFromText(message, (sentence) => scrubber.scrub(sentence));
    if (this.failure?.failure && !failure) return;
    this.failure = {
      step: step ?? this.failure?.step,
      failure: failure ?? this.failure?.failure,
      text: this.failure?.text || oneLine(clean),
    };
    // A comparison that fails comes before anything of its step begins.
    if (step !== undefined && !this.times.has(step)) this.start(step);
    const time = step === undefined ? undefined : this.times.get(step);
    if (time) time.failed = true;
  }

  private endCurrent(): void {
    const step = this.current;
    const time = step === undefined ? undefined : this.times.get(step);
    if (step === undefined || !time || time.ended !== undefined) return;
    time.ended = performance.now();
    this.current = undefined;
    this.listener({ kind: 'ended', step, status: statusOf(time), ms: Math.round(time.ended - time.started) });
  }
}

/** The last of these steps; undefined when there is none. */
export function furthestOf(steps: readonly (StepNumber | undefined)[]): StepNumber | undefined {
  const known = steps.filter((step) => step !== undefined);
  return known.length === 0 ? undefined : (Math.max(...known) as StepNumber);
}

function statusOf(time: { changed: boolean; failed: boolean }): StepStatus {
  if (time.failed) return 'failed';
  return time.changed ? 'done' : 'unchanged';
}

/** The name of a resource without its rotation's id, so that it is the same in every run. */
export function nameWithoutId(urn: string): string {
  return nameOf(urn).replace(/-\d{8}-\d{6}-[0-9a-f]+$/, '');
}

/** The resource's name: the last part of its URN. */
export function nameOf(urn: string): string {
  const at = urn.lastIndexOf('::');
  return at < 0 ? urn : urn.slice(at + 2);
}

/** The engine's text as one line, without the heading of its list of errors, and resources by their names alone. */
function oneLine(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/\burn:pulumi:\S+::/g, '')
    .replace(/\d+ errors? occurred:\s*\*?\s*/g, '')
    .trim()
    .slice(0, 600);
}
