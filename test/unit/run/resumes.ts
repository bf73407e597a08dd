import { observe } from '../../../src/inspect/observe';
import type { Journal } from '../../../src/rotation/observation';
import { planRollback, planRotation } from '../../../src/rotation/planRotation';
import type { PlannedRotation } from '../../../src/rotation/rotationPlan';
import { parseSlotDocument } from '../../../src/rotation/secretDocument';
import { slots } from '../../../src/rotation/slot';
import type { ProgramSettings } from '../../../src/target/programSettings';
import { beginToWatch } from '../../../src/steps/10-renewal/idle';
import { readJournal } from '../../../src/engine/state';
import { openWorld as openOfRun } from '../../../src/run/openWorld';
import type { Faults } from '../handMade/faults';
import { isKill, Killed, pointsIn, withFaults } from '../handMade/faults';
import type { HandMadeWorld } from '../handMade/world';
import { openWorld } from '../handMade/world';
import type { State } from './engine';
import { exported, update } from './engine';

/** One kill, and what became of it. */
export interface Resumed {
  start: string;
  /** The fault point before which it was killed. */
  point: string;
  /** Empty when all is well. */
  problems: string[];
}

const starts = ['rotate', 'bootstrap', 'rollback'] as const;
type Start = (typeof starts)[number];

/** An OpenEMR at a starting point, and the plan for it. */
interface Scene {
  world: HandMadeWorld;
  state: State;
  settings: ProgramSettings;
  planned: PlannedRotation;
  resumed: boolean;
}

async function plan(
  world: HandMadeWorld,
  settings: ProgramSettings,
  id: string,
  journal?: Journal,
): Promise<Pick<Scene, 'planned' | 'resumed'>> {
  const opened = await openOfRun({ settings });
  const observation = await observe(world.context, opened, opened.credentials);
  await opened.session.close();
  const result = planRotation(observation, { kind: 'rotate', id, now: new Date(0) }, journal);
  if (result.kind === 'refused') throw new Error(`no plan: ${result.problems.join(' ')}`);
  return { planned: result.planned, resumed: result.resumed };
}

/** The fault points of a rotation up to its restart. */
const plannedPoints = [
  'engine: SecretVersion version-of-slots-flipped-run-1',
  'engine: SecretVersion version-of-slots-renewed-run-1',
  'file: write beside',
  'file: rename',
  'engine: SecretPatch',
  'engine: DeploymentPatch',
];

const kill = (): never => {
  throw new Killed();
};

/** Carries out the scene's plan up to a kill. @throws when it ends in any other way */
async function killed({ world, state, planned, settings }: Scene, faults: Faults): Promise<void> {
  const ended: unknown = await withFaults(world, faults, () => update(world, state, planned, settings)).catch(
    (error: unknown) => error,
  );
  if (!isKill(ended)) throw new Error(`it was not killed: ${String(ended)}`);
}

async function set(start: Start): Promise<Scene> {
  const world = await openWorld();
  const { context } = world;
  const seconds = { healthLimitSeconds: 1, idleGraceSeconds: 0, idleLimitSeconds: 0, oldLoginSeconds: 0 };
  const settings: ProgramSettings = { context, healthAnswersInARow: 1, ...seconds };
  if (start === 'bootstrap') {
    const login = world.login('legacy', 'Legacy-1');
    const { accounts } = world.database;
    // Its slots' users are still to be made.
    accounts.splice(0, accounts.length, ...accounts.filter(({ username }) => username === 'admin'));
    world.database.add('legacy', 'Legacy-1');
    await world.writeFile(login);
    world.kubernetes.secretData = {
      ...world.kubernetes.secretData,
      'mysql-user': 'legacy',
      'mysql-password': 'Legacy-1',
    };
  }
  for (const username of ['openemr_a', 'openemr_b', 'admin']) await beginToWatch(context, username);
  const scene: Scene = {
    world,
    state: { resources: new Map() },
    settings,
    ...(await plan(world, settings, 'run-1')),
  };
  if (start === 'rollback') {
    const pods = plannedPoints.indexOf('engine: DeploymentPatch');
    await killed(scene, { at: pods, after: kill });
    scene.planned = planRollback(scene.planned, 'run-1-back', new Date(1));
  }
  world.log.length = 0;
  return scene;
}

/** Holds at every instant: OpenEMR and a pod that starts log in, and no password is known to the database alone. */
async function broken({ world, planned }: Scene): Promise<string[]> {
  const { database, kubernetes, slots: secret, admin } = world;
  const file = await world.fileLogin();
  const { 'mysql-user': user = '', 'mysql-password': password = '' } = kubernetes.secretData;
  const known = [
    ...secret.versions.values(),
    ...admin.versions.values(),
    JSON.stringify(planned.material),
  ].join();
  const lost = database.accounts.filter((account) => !known.includes(JSON.stringify(account.password)));
  return [
    ...(database.accepts(file.username, file.password) ? [] : [`the file's ${file.username} is locked out`]),
    ...(database.accepts(user, password) ? [] : [`the Secret's ${user} is locked out`]),
    ...lost.map(({ username }) => `the password of ${username} is lost`),
    ...database.unknown,
  ];
}

/** What is left when all is done, without what differs by chance. */
async function look({ world }: Scene): Promise<unknown> {
  const { database, kubernetes, slots: secret, admin } = world;
  const document = parseSlotDocument(secret.version(secret.labels.get('AWSCURRENT'))?.text ?? '');
  const entries = document.ok ? document.value.entries : undefined;
  const works = slots.map((slot) => {
    const entry = entries?.[slot];
    return entry?.kind === 'complete' && database.accepts(entry.login.username, entry.login.password);
  });
  const adminText = admin.version(admin.labels.get('AWSCURRENT'))?.text ?? '{}';
  const { password } = JSON.parse(adminText) as { password: string };
  const file = await world.fileLogin();
  return {
    file: file.username,
    pods: [kubernetes.secretData['mysql-user'], kubernetes.secretData['mysql-password'] === file.password],
    slots: [document.ok && document.value.active, ...works, secret.stages()],
    accounts: database.accounts.map(({ username, older, grants }) => [username, older, grants]),
    admin: [database.accepts('admin', password), admin.stages()],
  };
}

/** Kills before one fault point, plans again from state and world, and finishes. */
async function killedAt(start: Start, at: number, point: string, wanted: string): Promise<Resumed> {
  const scene = await set(start);
  const { world, state, settings, planned } = scene;
  const problems: string[] = [];
  await killed(scene, { at, before: kill });
  problems.push(...(await broken(scene)));
  const next = await plan(world, settings, 'run-2', readJournal(exported(state)));
  if (!next.resumed) problems.push('it is not taken up');
  await withFaults(world, undefined, () => update(world, state, next.planned, settings, 'second run'));
  problems.push(...(await broken(scene)));
  const found = JSON.stringify(await look(scene));
  if (found !== wanted) problems.push(`ends in ${found}, not ${wanted}`);
  if (state.finished !== planned.plan.id) problems.push('it is not finished');
  await world.close();
  return { start, point, problems };
}

async function main(): Promise<void> {
  // An update that failed leaves promises behind that nobody waits for.
  process.on('unhandledRejection', () => undefined);
  const all: Resumed[] = [];
  for (const start of starts) {
    const clean = await set(start);
    const { world, state, settings, planned } = clean;
    await withFaults(world, undefined, () => update(world, state, planned, settings));
    const points = pointsIn(world.log);
    const wanted = JSON.stringify(await look(clean));
    all.push({ start, point: '', problems: await broken(clean) });
    await world.close();
    // What is the same for all is tried once.
    const tried = (point: string): boolean => start !== 'bootstrap' || /slot [AB]$/.test(point);
    for (const [at, point] of [...points.entries()].filter(([, each]) => tried(each)))
      all.push(
        await killedAt(start, at, point, wanted).catch((error: unknown) => ({
          start,
          point,
          problems: [error instanceof Error ? (error.stack ?? '') : String(error)],
        })),
      );
  }
  process.stdout.write(JSON.stringify(all));
  process.exit(0);
}

if (require.main === module) void main();
