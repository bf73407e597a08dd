import { cpus, totalmem } from 'node:os';
import { canaryLines } from './canary';
import type { EngineAlone } from './engine';
import type { Floor } from './floor';
import { deterministicCounts, goals, judged } from './goals';
import type { Measured } from './measure';
import { countsOf, phasesOf } from './phases';
import { reasonsOf } from './reasons';
import { cells, seconds, spreadOf } from './statistics';
import { table } from './table';
import type { WayBack } from './wayBack';
import { wayBackLines } from './wayBack';

/** All runs of one benchmark. */
export interface Results {
  database: string;
  /** Whether the aws plugin is the lab's stand-in. */
  standIn: boolean;
  help: number[];
  status: Measured[];
  preview: Measured[];
  rotation: Measured[];
  noOp: Measured[];
  rollback: Measured[];
  /** Rotations with a canary, and one pod alone. */
  canary: { with: Measured[]; pod: number[] };
  /** Rotations whose engine wrote no state in between: only here, to know what writing it costs. */
  withoutCheckpoints: Measured[];
  /** Rotations to pods that answer 500, and are rolled back. */
  wayBack: WayBack[];
  floor: Floor[];
  engine: EngineAlone[];
  /** The same runs again, with an eye on their processes. */
  watched: Record<'rotation' | 'preview' | 'status', Measured[]>;
}

/** The benchmark's text, as lines. */
export function resultLines(results: Results): string[] {
  return [
    ...shape(results),
    '',
    ...wallTimes(results),
    '',
    ...floorLines(results),
    '',
    ...phaseLines('A rotation by phase', results.rotation),
    '',
    ...canaryLines({ ...results.canary, without: results.rotation }),
    '',
    ...phaseLines('A dry run by phase', results.preview),
    '',
    ...phaseLines('Status by phase', results.status),
    '',
    ...phaseLines('A run that is not due, by phase', results.noOp),
    '',
    ...phaseLines('A rollback by phase', results.rollback),
    '',
    ...wayBackLines(results.wayBack),
    '',
    ...engineLines(results.engine),
    '',
    ...pluginLines(results.watched.rotation),
    '',
    ...countLines(results),
    '',
    ...memoryLines(results),
    '',
    ...goalLines(results),
  ];
}

/** The machine that it was measured on. */
export function shape({ database, standIn }: Pick<Results, 'database' | 'standIn'>): string[] {
  const [first] = cpus();
  const memory = (totalmem() / 1024 ** 3).toFixed(0);
  return [
    `Machine: ${cpus().length} × ${first?.model.trim() ?? 'unknown'}, ${memory} GiB; Node.js ${process.version}`,
    `Lab: ${database}, 2 pods, state in a folder with a passphrase, aws plugin: ${standIn ? 'stand-in' : 'official'}`,
  ];
}

function wallTimes({ help, status, preview, rotation, noOp, rollback, watched }: Results): string[] {
  const row = (name: string, runs: readonly Measured[], again: readonly Measured[] = []): string[] => [
    name,
    ...cells(runs.map(({ wallMs }) => wallMs)),
    again.length === 0 ? '' : seconds(spreadOf(again.map((run) => run.watched?.cpuMs ?? NaN)).median),
  ];
  return table([
    ['Wall time in s', 'min', 'median', 'max', 'processor'],
    ['--help', ...cells(help), ''],
    row('status', status, watched.status),
    row('dry run', preview, watched.preview),
    row('rotation', rotation, watched.rotation),
    row('not due (--if-older-than)', noOp),
    row('rollback', rollback),
  ]);
}

/** Wall time of each rotation over the floor that was measured beside it, in ms. */
export function overheads({ rotation, floor }: Pick<Results, 'rotation' | 'floor'>): number[] {
  return rotation.map(({ wallMs }, index) => {
    const { restart, calls, waits } = floor[index] ?? { restart: 0, calls: 0, waits: 0 };
    return wallMs - restart - calls - waits;
  });
}

function floorLines(results: Results): string[] {
  const { floor, rotation } = results;
  const total = floor.map(({ restart, calls, waits }) => restart + calls + waits);
  const over = overheads(results);
  const ratio = spreadOf(rotation.map(({ wallMs }, index) => wallMs / (total[index] ?? wallMs))).median;
  return [
    ...table([
      ['A rotation and its floor, in s', 'min', 'median', 'max'],
      ['rotation', ...cells(rotation.map(({ wallMs }) => wallMs))],
      ['floor', ...cells(total)],
      ['  the same rollout, by an annotation', ...cells(floor.map(({ restart }) => restart))],
      ['  the same writes, made directly', ...cells(floor.map(({ calls }) => calls))],
      ['  waits that the settings ask for', ...cells(floor.map(({ waits }) => waits))],
      ['overhead', ...cells(over)],
    ]),
    `A rotation takes ${ratio.toFixed(2)} times its floor.`,
  ];
}

function phaseLines(title: string, runs: readonly Measured[]): string[] {
  const all = runs.map(phasesOf);
  const names = (all[0] ?? []).map(({ name }) => name);
  const wall = spreadOf(runs.map(({ wallMs }) => wallMs)).median;
  const rows = names.map((name) => {
    const values = all.map((phases) => phases.find((phase) => phase.name === name)?.ms ?? 0);
    const share = `${((spreadOf(values).median / wall) * 100).toFixed(0)} %`;
    return [name, ...cells(values), share];
  });
  return table([[`${title}, in s`, 'min', 'median', 'max', 'share'], ...rows]);
}

/** What the engine takes by itself: no part of a preview can be quicker. */
function engineLines(engine: readonly EngineAlone[]): string[] {
  return table([
    ['The engine alone, in s', 'min', 'median', 'max'],
    ['its version', ...cells(engine.map(({ version }) => version))],
    ['the state, without its secrets', ...cells(engine.map(({ state }) => state))],
    ['the state, with its secrets', ...cells(engine.map(({ stateInClear }) => stateInClear))],
    ['a preview of an empty program', ...cells(engine.map(({ preview }) => preview))],
    ['  that starts the three plugins', ...cells(engine.map(({ previewWithPlugins }) => previewWithPlugins))],
  ]);
}

function pluginLines(runs: readonly Measured[]): string[] {
  // Its one argument is the engine's port.
  const nameOf = (name: string): string => name.replace(/ 127\.0\.0\.1:\d+$/, '');
  const all = runs.flatMap((run) => (run.watched?.processes ?? []).map((each) => ({ run, each })));
  const names = [...new Set(all.map(({ each }) => nameOf(each.name)))];
  const rows = names.map((name) => {
    const found = all.filter(({ each }) => nameOf(each.name) === name);
    const median = (value: (one: (typeof found)[number]) => number): number =>
      spreadOf(found.map(value)).median;
    return [
      name.replace(/^node (?=.)/, ''),
      seconds(median(({ run, each }) => each.started - run.started)),
      seconds(median(({ each }) => each.ended - each.started)),
      seconds(median(({ each }) => each.cpuMs)),
      median(({ each }) => each.peakRss).toFixed(0),
    ];
  });
  return table([['Processes of a rotation', 'start', 'life', 'processor', 'MiB'], ...rows]);
}

function countLines({ status, preview, rotation, noOp, rollback }: Results): string[] {
  const columns = [rotation, preview, status, noOp, rollback].map((runs) => runs.map(countsOf));
  const names = Object.keys(columns[0]?.[0] ?? {}) as (keyof ReturnType<typeof countsOf>)[];
  return table([
    ['Calls by kind, median', 'rotation', 'dry run', 'status', 'not due', 'rollback'],
    ...names.map((name) => [
      name,
      ...columns.map((runs) => spreadOf(runs.map((counts) => counts[name])).median.toFixed(0)),
    ]),
  ]);
}

function memoryLines({ watched: { status, preview, rotation } }: Results): string[] {
  const row = (name: string, runs: readonly Measured[]): string[] => {
    const peaks = runs.map(({ watched }) => watched?.peak ?? { rss: NaN, pss: undefined, files: undefined });
    const pss = peaks.map((peak) => peak.pss).filter((each) => each !== undefined);
    const proportional = pss.length === 0 ? 'unknown' : Math.max(...pss).toFixed(0);
    const files = spreadOf(peaks.map((peak) => peak.files ?? NaN)).median.toFixed(0);
    return [name, Math.max(...peaks.map(({ rss }) => rss)).toFixed(0), proportional, files];
  };
  return table([
    ['Peak memory of all processes in MiB', 'RSS sum', 'shared once', 'of it program files'],
    row('rotation', rotation),
    row('dry run', preview),
    row('status', status),
  ]);
}

function goalLines(results: Results): string[] {
  const { help, status, preview, rotation, withoutCheckpoints, watched } = results;
  const median = (values: readonly number[]): number => spreadOf(values).median / 1000;
  const wall = (runs: readonly Measured[]): number => median(runs.map(({ wallMs }) => wallMs));
  const counts = rotation.map(deterministicCounts);
  const most = (key: keyof ReturnType<typeof deterministicCounts>): number =>
    Math.max(...counts.map((each) => each[key]));
  const peaks = watched.rotation.map((run) => run.watched?.peak);
  const memory = Math.max(...peaks.map((peak) => peak?.pss ?? peak?.rss ?? NaN));
  const checkpoints = spreadOf(rotation.map((run) => run.checkpoints.length)).median;
  const reasons = reasonsOf(results);
  const saved = wall(rotation) - wall(withoutCheckpoints);
  return [
    lockLine(rotation),
    `Writing the state ${checkpoints.toFixed(0)} times costs ${saved.toFixed(2)} s of a rotation (difference to one without, which only the benchmark makes).`,
    '',
    'Goals on two cores:',
    judged(goals.rotation, median(overheads(results)), reasons.rotation),
    judged(goals.preview, wall(preview), reasons.preview),
    judged(goals.status, wall(status), reasons.status),
    judged(goals.help, median(help)),
    judged(goals.engineCalls, most('engineCalls')),
    judged(goals.slotWrites, most('slotWrites')),
    judged(goals.writes, most('slotWrites') + most('adminWrites')),
    judged(goals.wayBack, Math.max(...results.wayBack.map(({ failed }) => failed))),
    judged(goals.connections, most('connections')),
    judged(goals.memory, memory, reasons.memory),
    ...slowest(results),
  ];
}

/** What it costs to ask before each write whether the lock is still held. */
function lockLine(runs: readonly Measured[]): string {
  const checks = runs.map(({ seen }) =>
    seen.filter((each) => each.kind === 'answer' && each.sql === 'SELECT IS_USED_LOCK'),
  );
  const count = spreadOf(checks.map(({ length }) => length)).median;
  const sums = checks.map((each) => each.reduce((sum, answer) => sum + ('ms' in answer ? answer.ms : 0), 0));
  return `Asking ${count.toFixed(0)} times whether the lock is still held takes ${(spreadOf(sums).median / 1000).toFixed(3)} s of a rotation.`;
}

/** Where the time of a rotation goes, when its goal is missed. */
function slowest(results: Results): string[] {
  const { rotation } = results;
  if (spreadOf(overheads(results)).median <= goals.rotation.limit * 1000) return [];
  const all = rotation.map(phasesOf);
  const sums = (all[0] ?? []).map(({ name }) => ({
    name,
    ms: spreadOf(all.map((phases) => phases.find((phase) => phase.name === name)?.ms ?? 0)).median,
  }));
  const top = sums.sort((one, other) => other.ms - one.ms).slice(0, 5);
  return [`The longest phases: ${top.map(({ name, ms }) => `${name} ${seconds(ms).trim()} s`).join(', ')}.`];
}
