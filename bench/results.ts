import { cpus, totalmem } from 'node:os';
import type { Floor } from './floor';
import { deterministicCounts, goals, judged } from './goals';
import type { Measured } from './measure';
import { countsOf, phasesOf } from './phases';
import { spreadOf } from './statistics';
import { table } from './table';

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
  /** Rotations whose engine wrote no state in between: only here, to know what writing it costs. */
  withoutCheckpoints: Measured[];
  floor: Floor[];
}

const seconds = (ms: number): string => (ms / 1000).toFixed(2).padStart(6);

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
    ...phaseLines('A dry run by phase', results.preview),
    '',
    ...phaseLines('Status by phase', results.status),
    '',
    ...phaseLines('A run that is not due, by phase', results.noOp),
    '',
    ...phaseLines('A rollback by phase', results.rollback),
    '',
    ...pluginLines(results.rotation),
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
    `Lab: ${database}, 2 pods, state in a folder with a passphrase, aws and random plugins: ${standIn ? 'stand-ins' : 'official'}`,
  ];
}

const cells = (values: readonly number[]): string[] => {
  const { min, median, max } = spreadOf(values);
  return [min, median, max].map(seconds);
};

function wallTimes({ help, status, preview, rotation, noOp, rollback }: Results): string[] {
  const row = (name: string, runs: readonly Measured[]): string[] => [
    name,
    ...cells(runs.map(({ wallMs }) => wallMs)),
    seconds(spreadOf(runs.map(({ cpuMs }) => cpuMs)).median),
  ];
  return table([
    ['Wall time in s', 'min', 'median', 'max', 'processor'],
    ['--help', ...cells(help), ''],
    row('status', status),
    row('dry run', preview),
    row('rotation', rotation),
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

function pluginLines(runs: readonly Measured[]): string[] {
  const names = [...new Set(runs.flatMap(({ processes }) => processes.map(({ name }) => name)))];
  const rows = names.map((name) => {
    const found = runs.flatMap((run) =>
      run.processes.filter((each) => each.name === name).map((each) => ({ run, each })),
    );
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

function memoryLines({ status, preview, rotation }: Results): string[] {
  const row = (name: string, runs: readonly Measured[]): string[] => {
    const pss = runs.map(({ peak }) => peak.pss).filter((each) => each !== undefined);
    const proportional = pss.length === 0 ? 'unknown' : Math.max(...pss).toFixed(0);
    return [name, Math.max(...runs.map(({ peak }) => peak.rss)).toFixed(0), proportional];
  };
  return table([
    ['Peak memory of all processes in MiB', 'RSS sum', 'shared once'],
    row('rotation', rotation),
    row('dry run', preview),
    row('status', status),
  ]);
}

function goalLines(results: Results): string[] {
  const { help, status, preview, rotation, withoutCheckpoints } = results;
  const median = (values: readonly number[]): number => spreadOf(values).median / 1000;
  const wall = (runs: readonly Measured[]): number => median(runs.map(({ wallMs }) => wallMs));
  const counts = rotation.map(deterministicCounts);
  const most = (key: keyof ReturnType<typeof deterministicCounts>): number =>
    Math.max(...counts.map((each) => each[key]));
  const memory = Math.max(...rotation.map(({ peak }) => peak.pss ?? peak.rss));
  const checkpoints = spreadOf(rotation.map((run) => run.checkpoints.length)).median;
  const saved = wall(rotation) - wall(withoutCheckpoints);
  return [
    `Writing the state ${checkpoints.toFixed(0)} times costs ${saved.toFixed(2)} s of a rotation (difference to one without, which only the benchmark makes).`,
    '',
    'Goals on two cores:',
    judged(goals.rotation, median(overheads(results))),
    judged(goals.preview, wall(preview)),
    judged(goals.status, wall(status)),
    judged(goals.help, median(help)),
    judged(goals.engineCalls, most('engineCalls')),
    judged(goals.slotWrites, most('slotWrites')),
    judged(goals.writes, most('slotWrites') + most('adminWrites')),
    judged(goals.connections, most('connections')),
    judged(goals.memory, memory),
    ...slowest(results),
  ];
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
