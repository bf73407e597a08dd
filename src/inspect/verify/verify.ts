import { fileProblems } from '../../steps/05-sqlconf/preflight';
import { healthFindings, lookAtPage } from '../../steps/08-health/preflight';
import { kubernetesFindings } from '../../steps/07-restart/preflight';
import { findOtherUsers } from '../../steps/10-renewal/otherUsers';
import { workloadRights } from '../../steps/10-renewal/secretReaders';
import type { PartFindings, PreflightAround, PreflightPart } from '../../steps/preflight';
import { lookAt } from '../../steps/preflight';
import { secretProblems } from '../../steps/04-users/preflightSecrets';
import type { StatusFacts } from '../status/facts';
import { planOf } from '../status/next';
import { canaryChecks } from './canaryCheck';
import type { Check } from './check';
import { Checks, inOrder } from './check';
import { keyChecks } from './keyChecks';
import { partOf } from '../../base/part';
import { otherUserChecks, worldChecks } from './worldChecks';
import { versionUnder } from '../../rotation/labels';
import type { PlanResult } from '../../rotation/planRotation';
import type { PlannedRotation } from '../../rotation/rotationPlan';
import type { Settings } from '../../settings/settings';
import type { Kubernetes, Right } from '../../kubernetes/kubernetes';
import { neededRights } from '../../kubernetes/kubernetes';
import { leaseRights } from '../../kubernetes/lease';
import type { SecretsManager } from '../../aws/secretsManager';
import { engineChecks } from './engineChecks';
import type { Reading } from '../status/readAll';
import { aroundOfFacts, openReading } from '../status/readAll';
import { eventRight } from '../../kubernetes/rights';

/** Checks everything that a rotation needs; no write takes effect. Never throws. */
export async function verify(settings: Settings): Promise<Check[]> {
  const { program, ...location } = settings;
  const opening = openReading(settings);
  const state = opening.then(({ facts }) => facts.state);
  const [reading, look, ...found] = await Promise.all([
    opening,
    lookAtPage(program),
    engineChecks(location, state),
    opening.then(({ kubernetes }) => rightChecks(kubernetes)),
  ]);
  try {
    const { facts, secrets, kubernetes } = reading;
    const plan = planOf(facts, program.canary);
    const around = aroundOfFacts(program, facts, plan, look);
    const planned = plan?.kind === 'planned' ? plan.planned : undefined;
    const looking = { settings, reading, around, planned };
    const rest = await Promise.all([
      databaseChecks(looking),
      idleChecks(looking),
      writeChecks(settings, facts, secrets),
      fileChecks(looking),
      restartChecks(looking),
      canaryChecks(kubernetes, { settings: program, around, planned }),
    ]);
    const settingsCheck = new Checks('Settings').ok('all required ones are set, and well formed');
    return inOrder([
      settingsCheck,
      ...found.flat(),
      ...worldChecks(facts),
      ...planChecks(plan),
      ...rest.flat(),
      ...healthChecks(looking),
    ]);
  } finally {
    await reading.close();
  }
}

/** What the checks of a preflight look at. */
interface Looking {
  settings: Settings;
  reading: Reading;
  around: PreflightAround;
  /** Undefined where no plan can be made. */
  planned: PlannedRotation | undefined;
}

/** One part of the preflight that a dry run makes, too; undefined where there is no plan, or no admin. */
function lookAtPlan(
  part: PreflightPart,
  { settings: { program }, reading: { admin, ...clients }, planned, around }: Looking,
): Promise<PartFindings> | undefined {
  if (planned === undefined || admin === undefined) return undefined;
  return lookAt(part, planned, program.context, { ...clients, ...admin }, around);
}

/** Whether both patches would be taken, and the restart could end. Without a plan, as far as the cluster itself says. */
async function restartChecks(looking: Looking): Promise<Check[]> {
  const checks = new Checks('Kubernetes');
  const { reading, around } = looking;
  let unseen: string | undefined;
  const found = await checks.problems('nothing prevents a restart', async () => {
    const findings = await (lookAtPlan('kubernetes', looking) ??
      kubernetesFindings(reading.kubernetes, {
        tokens: { secret: 'verify', restart: 'verify' },
        acceptDowntime: around.acceptDowntime,
        mayMend: around.isDown || around.podsAreLockedOut,
        limitSeconds: around.limitSeconds,
      }));
    unseen = findings.unseen;
    return findings.problems;
  });
  return unseen === undefined
    ? found
    : [...found, checks.notChecked('the API server would accept both patches', `${unseen}.`)];
}

/** Whether both secrets can be written, and what their keys have to do with it. */
async function writeChecks(
  { program: { context }, secretsProvider }: Settings,
  { slotSecret, adminSecret, state, logins }: StatusFacts,
  secrets: SecretsManager,
): Promise<Check[]> {
  const { slotSecretId, adminSecretId } = context;
  const healed = pendingThatWorks(adminSecret, logins);
  const probed = [
    { id: slotSecretId, read: slotSecret },
    { id: adminSecretId, read: adminSecret, healed },
  ].map(async ({ id, read, healed }) => {
    const [put, key] = await Promise.all([
      partOf(secretProblems(secrets, [id], { healed })),
      partOf(secrets.describe(id).then(({ kmsKeyId }) => kmsKeyId)),
    ]);
    return { id, read, put, key };
  });
  const sealed = await Promise.all(probed);
  const written = await new Checks('Secrets').problems('both secrets can be written', async () =>
    sealed.flatMap(({ put }) => {
      if (put.kind === 'unreadable') throw put.failure;
      return put.value;
    }),
  );
  return [...written, ...keyChecks(sealed, state, secretsProvider)];
}

/** The admin secret's pending version, where the admin logs in with that one: a rotation makes it current. */
function pendingThatWorks(
  adminSecret: StatusFacts['adminSecret'],
  { admin }: StatusFacts['logins'],
): string | undefined {
  if (admin?.kind !== 'works' || admin.stage !== 'AWSPENDING' || adminSecret.kind !== 'read')
    return undefined;
  return versionUnder(adminSecret.value.stages, 'AWSPENDING');
}

function planChecks(planned: PlanResult | undefined): Check[] {
  const checks = new Checks('Secrets');
  const title = 'secrets, file and Secret agree';
  if (planned === undefined) return [checks.notChecked(title, 'All of them must be readable.')];
  if (planned.kind === 'planned') return [checks.ok(title)];
  return planned.problems.map((problem) => checks.missing(title, problem));
}

async function fileChecks(looking: Looking): Promise<Check[]> {
  const checks = new Checks('sqlconf.php');
  const title = 'can be replaced';
  const { planned, settings } = looking;
  if (planned === undefined)
    return [checks.notChecked(title, 'What would be written is unknown, because of what is missing above.')];
  return checks.problems(title, () => fileProblems(planned, settings.program.context));
}

/** How long the database's clients are watched for others, in ms. */
const lookMs = 2000;

/** What only the admin's session can tell. */
async function databaseChecks(looking: Looking): Promise<Check[]> {
  const checks = new Checks('Database');
  const title = 'the admin has the privileges, both accounts match, and the server accepts writes';
  const {
    planned,
    reading: { admin, kubernetes },
    around,
  } = looking;
  const found = lookAtPlan('database', looking);
  if (found === undefined || planned === undefined || admin === undefined)
    return [checks.notChecked(title, 'Needs a valid plan and a working admin login; fix what is missing.')];
  const [problems, others] = await Promise.all([
    checks.problems(title, async () => (await found).problems),
    findOtherUsers(planned, { kubernetes, session: admin.session }, { ...around.search, lookMs }),
  ]);
  return [...problems, ...otherUserChecks(others)];
}

/** What step 10 needs of the server; told where something is missing. */
async function idleChecks(looking: Looking): Promise<Check[]> {
  const found = lookAtPlan('idle', looking);
  const title = 'the server supports what step 10 needs';
  if (found === undefined) return [];
  return new Checks('Database').problems(title, async () => (await found).problems);
}

/** Optional permissions (infra/kubernetes/role-optional.yaml). */
function optionalRights(kubernetes: Kubernetes): Right[] {
  return [
    ...leaseRights(kubernetes.target),
    eventRight,
    { verb: 'list', group: '', resource: 'pods', name: '' },
    ...workloadRights,
    { verb: 'list', group: '', resource: 'resourcequotas', name: '' },
  ];
}

async function rightChecks(kubernetes: Kubernetes): Promise<Check[]> {
  const checks = new Checks('Kubernetes');
  const { target } = kubernetes;
  const [needed, optional] = [neededRights(target), optionalRights(kubernetes)];
  const title = ({ verb, resource, name }: Right): string =>
    `may ${verb} ${resource}${name === '' ? '' : ` ${name}`}`;
  try {
    const missing = await kubernetes.missingRights([...needed, ...optional]);
    return [...needed, ...optional].map((right) => {
      if (!missing.includes(right)) return checks.ok(title(right));
      if (optional.includes(right))
        return checks.optional(
          title(right),
          'Not granted, and not needed; see infra/kubernetes/role-optional.yaml.',
        );
      return checks.missing(
        title(right),
        `Add it to the Role of this service account in ${target.namespace}.`,
        'permission',
      );
    });
  } catch {
    // The API server that gives no answer is told of with the Secret.
    return [...needed, ...optional].map((right) =>
      checks.notChecked(title(right), 'The API server does not answer.'),
    );
  }
}

function healthChecks({ settings: { program }, around: { look, isDown } }: Looking): Check[] {
  const checks = new Checks('Health');
  const title = 'the health page is good';
  if (look === undefined)
    return [checks.notChecked(title, 'OPENEMR_HEALTHCHECK_URL is not set: a rotation skips the HTTP proof.')];
  const { problem, notices } = look;
  if (problem) {
    const stops = healthFindings(look, isDown).problems.length > 0;
    return [stops ? checks.failed(title, problem) : checks.optional(title, problem.message)];
  }
  const noted = notices.map((text) => `; ${text}`).join('');
  return [checks.ok(title, `${program.healthAnswersInARow} good answers in a row${noted}`)];
}
