import { randomUUID } from 'node:crypto';
import path from 'node:path';
import type { Lab, Site, StartingPoint } from '../../lab';
import { STARTING_POINTS } from '../../lab';
import { makeBucket, useBucket } from '../lab/support/backends';
import { run } from '../lab/support/command';
import { grantOptionalRights } from '../lab/support/optionalRights';
import { putSecret } from '../lab/support/secrets';

/** From where a sweep starts, and what is asked of the command there. */
export interface Scenario {
  start: StartingPoint;
  /** Words of the command line of the run that meets the fault. */
  args: string[];
  /** What is done to the world before that. */
  prepare: (lab: Lab, site: Site) => Promise<void>;
  /** How a run without fault ends. */
  sound: number[];
  /** How the run after the fault, which has no words, ends; `by-status`: see {@link endOfNext}. */
  clean: number | 'by-status';
  /** Which of its fault points are its own: the others are met in another scenario. */
  points: (point: string, index: number, all: readonly string[]) => boolean;
  /** Seconds that the Deployment has for a rollout; short where one is to fail. */
  progressDeadlineSeconds?: number;
  /** A canary can be made there. */
  canary?: boolean;
  /** What is done to the world before the run after the fault. */
  mend?: (site: Site) => Promise<void>;
}

const plain: Omit<Scenario, 'start'> = {
  args: [],
  prepare: async () => undefined,
  sound: [0],
  clean: 0,
  points: (point) => !point.startsWith('state: '),
};

/** Scenarios beside the starting points of the lab. */
const others = {
  /** All that has to be mended before the switch: the admin's AWSCURRENT, the standby's password, TLS and grants. */
  drifted: { ...plain, start: 'a-active', prepare: drift },
  /** With the comfort rights: a Lease beside the lock, Events, and a metrics file. */
  lease: {
    ...plain,
    start: 'a-active',
    prepare: async (lab, site) => {
      await grantOptionalRights(lab, site);
      site.environment['CREDENTIAL_ROTATION_METRICS_FILE'] = path.join(site.folder, 'metrics.prom');
    },
    points: (point) => /^(lease|tell): /.test(point),
  },
  /** The new slot does not prove healthy. */
  rollback: {
    ...plain,
    start: 'a-active',
    prepare: async (_lab, site) => site.podFault('health-500', { rollouts: 1 }),
    sound: [13],
    clean: 'by-status',
    // What fails before the new pods are found ill is rolled back as in any scenario, onto the pods that are ill here.
    points: isAfterHealth,
    progressDeadlineSeconds: 6,
  },
  /** `rollback` after a rotation. */
  'switch-back': {
    ...plain,
    start: 'a-active',
    args: ['rollback', '--yes'],
    prepare: async (_lab, site) => soundRun(site),
  },
  /** `--sync-db-users` where the standby's user is not as the secret says. */
  sync: { ...plain, start: 'a-active', args: ['--sync-db-users'], prepare: drift },
  /** The state in S3: each write of the engine's own is a request that can fail. */
  's3-state': {
    ...plain,
    start: 'a-active',
    prepare: async (lab, site) => {
      const bucket = `state-${randomUUID()}`;
      await makeBucket(lab, bucket);
      await useBucket(lab, site, bucket);
    },
    points: (point) => point.startsWith('state: '),
  },
} satisfies Record<string, Scenario>;

const withCanary = {
  ...plain,
  start: 'a-active',
  args: ['--canary', 'auto'],
  canary: true,
  points: isOfCanary,
} satisfies Scenario;

/** Those with a canary: the sweep has a part of its own for them, as the canary is off in all others. */
const canaries = {
  /** The new login is good. */
  proved: withCanary,
  /** It is not: a second pod is made, to compare. */
  refused: {
    ...withCanary,
    prepare: async (_lab, site) => site.pages({ refuses: [site.users.B] }),
    sound: [4],
    // All else of it is met where the login is good.
    points: (point) => /control pod$|^kubernetes: (CREATE|DELETE) pod \(2\)$/.test(point),
    mend: (site) => site.pages({}),
  },
} satisfies Record<string, Scenario>;

/** The name of a scenario. */
export type ScenarioName = StartingPoint | keyof typeof others | keyof typeof canaries;

/** All scenarios but those with a canary, in the order of a sweep. */
export const scenarioNames: readonly ScenarioName[] = [
  ...STARTING_POINTS,
  ...(Object.keys(others) as (keyof typeof others)[]),
];

/** The scenarios with a canary. */
export const canaryScenarioNames: readonly ScenarioName[] = Object.keys(
  canaries,
) as (keyof typeof canaries)[];

/** The scenario of that name. */
export function scenarioOf(name: ScenarioName): Scenario {
  const found: Scenario | undefined = ({ ...others, ...canaries } as Record<string, Scenario>)[name];
  return found ?? { ...plain, start: name as StartingPoint };
}

/** Whether the command makes a user that a slot does not name yet: by the name that it gives in every such OpenEMR. */
export function makesUsers(name: ScenarioName): boolean {
  return ['bootstrap', 'empty-standby', 'empty-secret'].includes(scenarioOf(name).start);
}

/** Makes an OpenEMR as the scenario wants it. */
export async function siteOf(lab: Lab, name: ScenarioName): Promise<Site> {
  const { start, prepare, progressDeadlineSeconds, canary = false } = scenarioOf(name);
  const deadline = progressDeadlineSeconds === undefined ? {} : { progressDeadlineSeconds };
  const site = await lab.createSite({ start, canary, ...deadline });
  try {
    await prepare(lab, site);
    return site;
  } catch (error) {
    await site.remove();
    throw error;
  }
}

/** Its effects, and the same writes on the wire. */
function isOfCanary(point: string): boolean {
  return /canary (pod|Secret|file|folder)$|control pod$|^kubernetes: (CREATE|DELETE) (pod|secret)/.test(
    point,
  );
}

function isAfterHealth(point: string, index: number, all: readonly string[]): boolean {
  if (/^(kubernetes|aws): /.test(point)) return / \(\d+\)$/.test(point) && point.startsWith('kubernetes: ');
  return plain.points(point, index, all) && index > all.indexOf('engine: health begins');
}

async function soundRun(site: Site): Promise<void> {
  const { code, stderr } = await run(site);
  if (code !== 0) throw new Error(`the rotation before ended with ${String(code)}: ${stderr}`);
}

async function drift(lab: Lab, site: Site): Promise<void> {
  const { B, admin } = site.users;
  await lab.database.root("ALTER USER ?@'%' IDENTIFIED BY 'Nobody-remembers-this-1'", [B]);
  await lab.database.root("ALTER USER ?@'%' REQUIRE NONE", [B]);
  await lab.database.root(`REVOKE DELETE ON \`${site.schema}\`.* FROM ?@'%'`, [B]).catch(() => undefined);
  const wrong = { ...(await site.adminDocument()), username: admin, password: 'Was-never-set-anywhere-1' };
  await putSecret(site, site.adminSecretId, JSON.stringify(wrong));
}
