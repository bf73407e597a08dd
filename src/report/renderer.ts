import { tracingOfRun } from '../base/trace';
import { exitCodes } from '../base/failure';
import { verdictOfRun } from '../rotation/ends';
import type { PlannedRotation } from '../rotation/rotationPlan';
import { stepNumbers, stepTitles } from '../rotation/steps';
import { scrubber } from '../secrecy/scrubber';
import type { StepEvent, PreviewedChange } from '../rotation/news';
import type { StepResult } from '../rotation/news';
import type { News, Ending } from '../rotation/news';

/** A finished preview. */
export interface Preview {
  planned: PlannedRotation;
  resumed: boolean;
  changes: PreviewedChange[];
  problems: string[];
  differences: string[];
  /** Why a scheduled run would do nothing yet. */
  notDue?: string | undefined;
}

/** Shows a run to a person or to a program. All its text is scrubbed. */
export interface Renderer {
  news(news: News): void;
  preview(preview: Preview): void;
  ending(ending: Ending): void;
  /** One line of a command's result. */
  line(text: string): void;
  /** A command's whole result for a program; `schema` grows only when a field changes its meaning. */
  object(type: string, fields: object): void;
}

/** The schema version of all JSON that the command prints. */
export const jsonSchema = 1;

/** A stream that text goes to. */
export interface Output {
  write(text: string): unknown;
  on(event: 'error', listener: () => void): unknown;
}

/** Writes lines to a stream as they are; a closed pipe ends the output, not the run. */
function lineWriter(stream: Output): (line: string) => void {
  let open = true;
  stream.on('error', () => (open = false));
  return (line) => {
    if (open) stream.write(`${line}\n`);
  };
}

/** The same writer for text, which may hold a secret. */
function scrubbed(write: (line: string) => void): (line: string) => void {
  return (line) => write(scrubber.scrub(line));
}

/** What a plan does, in one line. */
export function describePlan({ plan }: PlannedRotation): string {
  switch (plan.kind) {
    case 'rotate':
      return `rotate: OpenEMR moves from slot ${plan.from} to slot ${plan.to}; slot ${plan.renew} and the admin get new passwords`;
    case 'reconcile':
      return `reconcile: sqlconf.php is on slot ${plan.to} already; the secret follows, slot ${plan.renew} and the admin get new passwords`;
    case 'bootstrap':
      return 'bootstrap: sqlconf.php is on neither slot; both slots get users, and OpenEMR moves to slot A';
    case 'rollback':
      return `rollback of ${plan.undoes}: OpenEMR goes back to ${plan.to === 'other' ? 'the account before' : `slot ${plan.to}`}`;
    case 'switch-back':
      return `switch back: OpenEMR moves from slot ${plan.from} to slot ${plan.to}; no password is renewed`;
    case 'sync':
      return "sync: both slots' database users are set to the slot secret; nothing is switched";
  }
}

/** How far a rollout is, in the words of kubectl. */
export function rolloutText(counts: { updated: number; available: number; wanted: number }): string {
  return `${counts.updated} updated, ${counts.available} available of ${counts.wanted}`;
}

/** A notice for a person. */
export function noticeText(text: string): string {
  return `Note: ${text}.`;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** Plain lines: progress on stderr, results on stdout. */
export class TextRenderer implements Renderer {
  protected readonly progress: (line: string) => void;
  private readonly result: (line: string) => void;
  private readonly json: (line: string) => void;

  /** @param results where results go */
  constructor(results: Output = process.stdout, progress: Output = process.stderr) {
    this.progress = scrubbed(lineWriter(progress));
    this.json = lineWriter(results);
    this.result = scrubbed(this.json);
  }

  news(news: News): void {
    if (news.kind === 'reading')
      this.progress('Reading secrets, database, sqlconf.php, Kubernetes and state …');
    if (news.kind === 'stopping') this.progress(news.text);
    if (news.kind === 'notice') this.progress(noticeText(news.text));
    if (news.kind === 'planned') this.planned(news);
    if (news.kind === 'step') this.step(news.event);
    if (news.kind === 'rollout') this.progress(`      rollout: ${rolloutText(news)}`);
    if (news.kind === 'rolling-back')
      this.progress(
        `Step ${news.step ?? '?'} failed: ${news.failure.message}\nRolling back to the state before.`,
      );
  }

  preview({ planned, resumed, changes, problems, differences }: Preview): void {
    this.result(`Would ${resumed ? 'finish ' : ''}${describePlan(planned)}`);
    for (const [number, title] of Object.entries(stepTitles)) {
      const names = changes.filter(({ step, operation }) => step === Number(number) && operation !== 'same');
      const what = names
        .filter(({ name }) => name !== 'plan')
        .map(
          ({ name, operation }) => `${symbols[operation] ?? '~'} ${name.replace(`-${planned.plan.id}`, '')}`,
        )
        .join(', ');
      this.result(`${number.padStart(2)}/11 ${title}${what === '' ? '' : `: ${what}`}`);
    }
    differences.forEach((line) => this.result(`      ${line}`));
    this.result(
      problems.length === 0
        ? 'Preflight: all permissions and files are in order. Nothing was changed.'
        : 'Preflight found problems; nothing was changed:',
    );
    problems.forEach((problem) => this.result(`  ✗ ${problem}`));
  }

  ending({ outcome, message, planned }: Ending): void {
    const line = `${outcome === 'done' ? '✓' : '✗'} ${message}`;
    if (outcome === 'done') this.result(line);
    else
      this.progress(`${line} [exit ${exitCodes[outcome]}${planned ? `, rotation ${planned.plan.id}` : ''}]`);
  }

  line(text: string): void {
    this.result(text);
  }

  object(type: string, fields: object): void {
    this.json(scrubber.toJson({ schema: jsonSchema, type, ...fields }));
  }

  private planned({ planned, resumed, notices }: Extract<News, { kind: 'planned' }>): void {
    const { plan } = planned;
    this.progress(`${resumed ? 'Finishing' : 'Plan'} ${plan.id}: ${describePlan(planned)}`);
    notices.forEach((notice) => this.progress(noticeText(notice)));
    this.progress(` 1/11 ${stepTitles[1]} … ${plan.from === 'other' ? 'neither slot' : plan.from}`);
    this.progress(` 2/11 ${stepTitles[2]} … ${plan.to}`);
  }

  private step(event: StepEvent): void {
    if (event.step <= 2 || event.kind === 'resource') return;
    const label = `${String(event.step).padStart(2)}/11 ${stepTitles[event.step]}`;
    if (event.kind === 'started') this.progress(`${label} …`);
    else
      this.progress(
        `${label} ${event.status === 'unchanged' ? 'already done' : event.status} (${seconds(event.ms)})`,
      );
  }
}

const symbols: Record<string, string> = {
  create: '+',
  update: '~',
  replace: '±',
  'create-replacement': '+',
};

const noStepReached: StepResult[] = stepNumbers.map((number) => ({ number, status: 'not-reached' }));

/** Everything for a person on stderr; on stdout the end alone, as one JSON object. */
export class JsonEndRenderer extends TextRenderer {
  private shown: Omit<Preview, 'planned' | 'resumed'> | undefined;

  /** @param type what the object calls itself */
  constructor(private readonly type: string) {
    super(process.stderr);
  }

  override preview(preview: Preview): void {
    const { changes, problems, differences } = preview;
    this.shown = { changes, problems, differences };
    super.preview(preview);
  }

  override ending({ outcome, code, message, planned, resumed, steps }: Ending): void {
    const { id = null, kind = null, from = null, to = null } = planned?.plan ?? {};
    new TextRenderer().object(this.type, {
      outcome,
      exitCode: exitCodes[outcome],
      code: code ?? null,
      message,
      rotation: id,
      kind,
      from,
      to,
      resumed: resumed ?? null,
      preview: this.shown ?? null,
      steps: steps.length > 0 ? steps : noStepReached,
    });
  }
}

/** Which span of a trace a line belongs to; nothing where the run is not traced. */
function traceFields(): { traceId?: string; spanId?: string } {
  const tracing = tracingOfRun();
  if (tracing === undefined) return {};
  const { traceId, spanId } = tracing.ids();
  return { traceId, spanId };
}

/** One JSON object a line on stdout; the last one is the result. `schema` grows only when a field changes its meaning. */
export class JsonRenderer implements Renderer {
  private readonly print = lineWriter(process.stdout);
  private rotation: string | undefined;

  news(news: News): void {
    if (news.kind === 'planned') {
      const { id, kind, from, to } = news.planned.plan;
      this.rotation = id;
      this.write('info', 'planned', { kind, from, to, resumed: news.resumed, notices: news.notices });
    } else if (news.kind === 'reading') {
      this.write('info', 'reading', {});
    } else if (news.kind === 'stopping' || news.kind === 'notice') {
      this.write(news.kind === 'notice' ? 'info' : 'warn', news.kind, { message: news.text });
    } else if (news.kind === 'rollout') {
      const { updated, available, wanted } = news;
      this.write('info', 'rollout', { step: 7, updated, available, wanted });
    } else if (news.kind === 'rolling-back') {
      this.write('warn', 'rolling-back', { step: news.step ?? null, message: news.failure.message });
    } else {
      const { kind, step, ...rest } = news.event;
      this.write('info', `step-${kind}`, { step, title: stepTitles[step], ...rest });
    }
  }

  preview({ planned, resumed, changes, problems, differences, notDue }: Preview): void {
    const { id, kind, from, to } = planned.plan;
    this.rotation = id;
    this.write(problems.length === 0 ? 'info' : 'error', 'preview', {
      kind,
      from,
      to,
      resumed,
      changes,
      problems,
      differences,
      notDue: notDue ?? null,
    });
  }

  ending(ending: Ending): void {
    const { outcome, code, message, planned, resumed, steps } = ending;
    const { kind, from, to } = planned?.plan ?? {};
    const level = outcome === 'done' ? 'info' : 'error';
    this.write(level, 'result', {
      outcome,
      // A run that a signal stopped may leave as much to do as one that is held.
      ...(verdictOfRun(ending) === 'held' ? { verdict: 'held' } : {}),
      exitCode: exitCodes[outcome],
      code,
      message,
      kind,
      from,
      to,
      resumed,
      steps: steps.length > 0 ? steps : noStepReached,
    });
  }

  line(text: string): void {
    this.write('info', 'line', { text });
  }

  object(type: string, fields: object): void {
    this.write('info', type, { ...fields });
  }

  private write(level: string, type: string, fields: Record<string, unknown>): void {
    this.print(
      scrubber.toJson({
        schema: jsonSchema,
        time: new Date().toISOString(),
        level,
        type,
        rotation: this.rotation,
        ...traceFields(),
        ...fields,
      }),
    );
  }
}
