import type { Measured } from './measure';

/** A part of a run and how long it took, in ms. */
export interface Phase {
  name: string;
  ms: number;
}

/** A moment that ends one phase and begins the next; undefined when a run did not come to it. */
type Mark = [endsPhase: string, time: number | undefined];

/** The parts of a run, one after the other; together they are its wall time. */
export function phasesOf(run: Measured): Phase[] {
  const marks = run.lines.length > 0 ? marksOfRun(run) : marksOfReading(run);
  return between(run.started, marks);
}

/** Of a command that only reads, such as status: it writes one result, and the engine works beside it. */
function marksOfReading(run: Measured): Mark[] {
  const { started, wallMs, seen } = run;
  const engine = engineCall(run, /^stack export$/);
  return [
    ['start of Node.js', seen.find(({ kind }) => kind === 'process')?.time],
    ['start of the command', engine?.started],
    ['read secrets, cluster and database', seen.findLast(({ kind }) => kind === 'disconnect')?.time],
    ['wait for the engine, which reads the state', engine?.ended],
    ['end of the command', started + wallMs],
  ];
}

function marksOfRun(run: Measured): Mark[] {
  const { started, wallMs, lines } = run;
  const engine = engineCall(run, /^(up|preview)$/);
  const line = (type: string, step?: number): number | undefined =>
    lines.find((each) => each.type === type && (step === undefined || each.step === step))?.time;
  const steps = [3, 4, 5, 6, 7, 8, 9, 10].map((step): Mark => [`step ${step}`, line('step-ended', step)]);
  return [
    ['start of the command', line('reading')],
    ['admin login and lock', lastLock(run)],
    ['observe, and read the state', line('planned')],
    ['preflight', engine?.started],
    ['start of the engine and its first plugin', momentOf(run, 'engine: plan begins')],
    ['step 2: the plan into the state', line('step-started', 3)],
    ...steps,
    [
      lines.some(({ type }) => type === 'step-ended') ? 'step 11' : 'steps 2 to 11, previewed',
      momentOf(run, 'engine: admin-password recorded'),
    ],
    ['end of the engine', engine?.ended],
    [engine ? 'end of the command' : 'observe, read the state, and end', started + wallMs],
  ];
}

/** When a call of the engine started and ended. */
function engineCall(
  { seen }: Measured,
  name: RegExp,
): { started: number; ended: number | undefined } | undefined {
  const starts = seen.find((each) => each.kind === 'engine-starts' && name.test(each.call));
  const ends = seen.find((each) => each.kind === 'engine-ends' && name.test(each.call));
  return starts && { started: starts.time, ended: ends?.time };
}

/** The engine's calls of a run, in order: `up`, `stack export`. */
export function engineCalls({ seen }: Measured): string[] {
  return seen.flatMap((each) => (each.kind === 'engine-starts' ? [each.call] : []));
}

function between(started: number, marks: readonly Mark[]): Phase[] {
  const phases: Phase[] = [];
  let at = started;
  for (const [name, time] of marks) {
    if (time === undefined) continue;
    phases.push({ name, ms: Math.max(0, time - at) });
    at = Math.max(at, time);
  }
  return phases;
}

/** The run's own locks: step 11 takes that of the admin secret much later. */
function lastLock({ seen, lines }: Measured): number | undefined {
  const planned = lines.find(({ type }) => type === 'planned')?.time ?? Infinity;
  return seen.findLast(
    (each) => each.kind === 'statement' && each.sql === 'SELECT GET_LOCK' && each.time < planned,
  )?.time;
}

function momentOf({ seen }: Measured, name: string): number | undefined {
  return seen.find((each) => each.kind === 'moment' && each.name === name)?.time;
}

/** What a run asked of others, by kind. */
export interface Counts {
  'engine calls': number;
  'SQL statements': number;
  'database connections': number;
  'database connections at once': number;
  'lock checks': number;
  'Secrets Manager reads': number;
  'Secrets Manager writes': number;
  'Secrets Manager questions of rights': number;
  'Kubernetes requests': number;
  'Kubernetes writes': number;
  checkpoints: number;
}

/** Counts what a run did. */
export function countsOf(run: Measured): Counts {
  const { seen, aws, kubernetes } = run;
  const statements = seen.filter((each) => each.kind === 'statement');
  // The preflight asks whether it may write by writes that are refused.
  const [refused, done] = [aws.filter(isProbe), aws.filter((request) => !isProbe(request))];
  return {
    'engine calls': engineCalls(run).length,
    'SQL statements': statements.length,
    'database connections': seen.filter(({ kind }) => kind === 'connect').length,
    'database connections at once': mostAtOnce(run),
    'lock checks': statements.filter(({ sql }) => sql === 'SELECT IS_USED_LOCK').length,
    'Secrets Manager reads': done.filter(({ write }) => !write).length,
    'Secrets Manager writes': done.filter(({ write }) => write).length,
    'Secrets Manager questions of rights': refused.length,
    'Kubernetes requests': kubernetes.length,
    'Kubernetes writes': kubernetes.filter(({ write }) => write).length,
    checkpoints: run.checkpoints.length,
  };
}

function isProbe({ write, stages }: Measured['aws'][number]): boolean {
  return write && stages.includes('CREDENTIAL_ROTATION_PROBE');
}

/** Connections to the database that were open at the same time, of all processes of the run. */
export function mostAtOnce({ seen }: Measured): number {
  let [open, most] = [0, 0];
  for (const { kind } of [...seen].sort((one, other) => one.time - other.time)) {
    if (kind === 'connect') open += 1;
    if (kind === 'disconnect') open -= 1;
    most = Math.max(most, open);
  }
  return most;
}
