import { writeSync } from 'node:fs';
import { runtime, secret } from '@pulumi/pulumi';
import { planRollback } from '../../../src/rotation/planRotation';
import type { PlannedRotation, RequestKind } from '../../../src/rotation/rotationPlan';
import { rotationProgram } from '../../../src/steps/program';
import type { ProgramSettings } from '../../../src/target/programSettings';
import { now, plannedIn } from '../rotation/planned';
import type { World } from '../rotation/simulatedWorld';
import { journalOf, loginOf, slotText, worldOn } from '../rotation/simulatedWorld';

/** One resource as the program registered it. */
export interface Registered {
  urn: string;
  /** Names of the resources that it waits for. */
  after: string[];
  /** Inputs; a secret one stands as a mark of Pulumi with its value. */
  inputs: Record<string, unknown>;
  secretOutputs: string[];
  ignoreChanges: string[];
  retained: boolean;
}

/** What a program did, in its order. */
export interface Ran {
  registered: Registered[];
  /** Guards, plugins started and resources, in their order. */
  order: string[];
  outputs: Record<string, unknown>;
}

const settings: ProgramSettings = {
  context: {
    region: 'us-east-1',
    adminSecretId: 'arn:admin',
    slotSecretId: 'arn:slots',
    sitesRoot: '/sites',
    site: 'default',
    kubernetes: { namespace: 'openemr', deployment: 'openemr', secret: 'openemr-db' },
    trust: {},
  },
  ...{
    healthAnswersInARow: 3,
    healthLimitSeconds: 60,
    idleGraceSeconds: 30,
    idleLimitSeconds: 300,
    oldLoginSeconds: 60,
  },
};

/** Starting points, by the name of the case. */
const worlds: Record<string, () => [World, RequestKind]> = {
  rotate: () => [worldOn('A'), 'rotate'],
  'rotate with an empty standby': () => {
    const text = slotText('A', { A: loginOf('openemr_a') });
    return [{ ...worldOn('A'), secret: { versionId: 'v0', text } }, 'rotate'];
  },
  reconcile: () => [{ ...worldOn('B'), secret: worldOn('A').secret }, 'rotate'],
  bootstrap: () => {
    const world = worldOn('A');
    const file = world.admin;
    return [
      {
        ...world,
        file,
        kubernetes: { ...world.kubernetes, 'mysql-user': 'admin', 'mysql-password': file.password },
      },
      'rotate',
    ];
  },
  sync: () => [worldOn('A'), 'sync'],
  'switch-back': () => [worldOn('B'), 'rollback'],
  'rotate with a canary': () => [worldOn('A'), 'rotate'],
};

/** Everything that an operator may set. */
const allSettings: ProgramSettings = {
  ...settings,
  healthUrl: 'https://openemr.example/meta/health/readyz',
  healthCaFile: '/ca.pem',
  rolloutTimeoutSeconds: 900,
  keepOldPassword: true,
};

function plannedFor(name: string): PlannedRotation {
  const rotated = plannedIn(worldOn('A'), 'rotate', { id: 'run-0' });
  if (name === 'rollback') return planRollback(rotated, 'run-1', now);
  const [world, kind] = worlds[name]?.() ?? [worldOn('A'), 'rotate'];
  const journal = kind === 'rollback' ? { journal: journalOf(rotated, true) } : {};
  const mode = name.includes('canary') || kind !== 'rotate' ? { canary: 'auto' as const } : {};
  const { plan, material } = plannedIn(world, kind, { ...journal, ...mode });
  if (name !== 'again') return { plan, material };
  // The database refused both passwords before; what was current then was stored by this very plan.
  const again = { A: 1, B: 1 };
  return {
    plan: { ...plan, mint: ['B'], again, againFrom: 'v0-2', deadSecret: true },
    material: withoutPassword(material),
  };
}

function withoutPassword(material: PlannedRotation['material']): PlannedRotation['material'] {
  const { username, host, port, dbname } = material.logins.B;
  return { ...material, logins: { ...material.logins, B: { username, host, port, dbname } } };
}

/** Runs the program of a case under mocks, as an update or as a preview. */
async function runProgram(
  ran: Ran,
  name: string,
  preview: boolean,
  keepsLock: (guards: number) => boolean = () => true,
): Promise<Ran> {
  const newResource = ({
    type,
    name: resource,
    inputs,
  }: runtime.MockResourceArgs): runtime.MockResourceResult => {
    ran.order.push(resource);
    const given = inputs as Record<string, unknown>;
    // An update learns what a plugin makes; a preview does not know it.
    const made = preview
      ? {}
      : type.endsWith('RandomPassword')
        ? { result: secret(`minted by ${resource}`) }
        : { versionId: `version of ${resource}` };
    return { id: preview ? '' : `${resource}-id`, state: { ...given, ...made } };
  };
  const call = ({ token }: runtime.MockCallArgs): runtime.MockCallResult => {
    ran.order.push(token);
    return {};
  };
  await runtime.setMocks({ newResource, call }, 'openemr-credential-rotation', 'prod', preview);
  watch(ran);
  let guards = 0;
  const guard = async (): Promise<void> => {
    ran.order.push('guard');
    if (!keepsLock((guards += 1))) throw new Error('the lock is lost');
  };
  await runtime.runInPulumiStack(async () => {
    const given = name === 'all settings' ? allSettings : settings;
    const outputs = rotationProgram(plannedFor(name), given, {
      guard,
      run: name === 'all settings' ? 'second run' : undefined,
    });
    for (const [key, output] of Object.entries(outputs)) output.apply((value) => (ran.outputs[key] = value));
    return outputs;
  });
  await runtime.disconnect();
  return ran;
}

/** The request of a registration, as far as it is looked at here. */
interface Request {
  getType(): string;
  getName(): string;
  getObject(): { toJavaScript(): Record<string, unknown> };
  getDependenciesList(): string[];
  getAdditionalsecretoutputsList(): string[];
  getIgnorechangesList(): string[];
  getRetainondelete(): boolean;
}

type Register = (request: Request, callback: (error: unknown, response: unknown) => void) => Promise<void>;

/** Mocks are told of inputs only; the requests themselves say the rest. */
function watch({ registered }: Ran): void {
  const monitor = runtime.getMonitor() as unknown as { registerResource: Register };
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, callback) => {
    if (request.getType() !== 'pulumi:pulumi:Stack')
      registered.push({
        urn: `urn:pulumi:prod::openemr-credential-rotation::${request.getType()}::${request.getName()}`,
        after: request.getDependenciesList().map((urn) => urn.split('::').at(-1) ?? ''),
        inputs: request.getObject().toJavaScript(),
        secretOutputs: request.getAdditionalsecretoutputsList(),
        ignoreChanges: request.getIgnorechangesList(),
        retained: request.getRetainondelete(),
      });
    return register(request, callback);
  };
}

const empty = (): Ran => ({ registered: [], order: [], outputs: {} });

/** Mocks are for a whole process: this one runs all cases, one after the other, or one whose lock is lost. */
async function main(): Promise<void> {
  const [lostAt] = process.argv.slice(2);
  if (lostAt !== undefined) {
    const ran = empty();
    // The program ends by what the guard threw, whenever that is.
    process.once('exit', () => writeSync(1, JSON.stringify({ rotate: ran })));
    await runProgram(ran, 'rotate', false, (guards) => guards < Number(lostAt));
    return;
  }
  const all: Record<string, Ran> = {};
  for (const name of [...Object.keys(worlds), 'rollback', 'again', 'all settings'])
    for (const preview of [false, true])
      all[`${name}${preview ? ', preview' : ''}`] = await runProgram(empty(), name, preview);
  process.stdout.write(JSON.stringify(all));
}

if (require.main === module) void main();
