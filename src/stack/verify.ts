import { databaseFindings } from '../observe/preflight/database';
import { fileProblems } from '../observe/preflight/file';
import { kubernetesFindings } from '../observe/preflight/kubernetes';
import { findOtherUsers } from '../observe/preflight/otherUsers';
import { workloadRights } from '../observe/preflight/secretReaders';
import { patchTokens } from '../observe/preflight/patches';
import { eventRight } from '../notify/kubernetesEvent';
import type { PreflightClients } from '../observe/preflight/preflight';
import { secretProblems } from '../observe/preflight/secrets';
import type { StatusFacts } from '../observe/status/facts';
import { planOf } from '../observe/status/judge';
import type { Check } from '../observe/verify/check';
import { Checks, inOrder } from '../observe/verify/check';
import { keyChecks } from '../observe/verify/keyChecks';
import { partOf } from '../observe/part';
import { otherUserChecks, worldChecks } from '../observe/verify/worldChecks';
import { versionUnder } from '../plan/labels';
import type { Settings } from '../settings/settings';
import { findAdminCredentials } from '../world/adminCredentials';
import { openSession } from '../world/database';
import { activateRoles } from '../world/roles';
import { lookAtHealth } from '../world/health/look';
import type { Right } from '../world/kubernetes';
import { Kubernetes, neededRights } from '../world/kubernetes';
import { leaseRights } from '../world/lease';
import { SecretsManager } from '../world/secretsManager';
import { engineChecks } from './engineChecks';
import { readStatus } from './status';

/** Checks everything that a rotation needs; no write takes effect. Never throws. */
export async function verify(settings: Settings, keepSecret: (value: string) => void): Promise<Check[]> {
  const { program, ...location } = settings;
  const kubernetes = new Kubernetes(program.context.kubernetes);
  const secrets = new SecretsManager(program.context.region);
  const reading = readStatus(settings, keepSecret);
  const state = reading.then((facts) => facts.state);
  const [facts, ...found] = await Promise.all([
    reading,
    engineChecks(location, state),
    rightChecks(kubernetes),
    healthChecks(settings),
  ]);
  const rest = await Promise.all([
    databaseChecks(settings, facts, { secrets, kubernetes }),
    writeChecks(settings, facts, secrets),
    fileChecks(settings, facts),
    restartChecks(settings, facts, kubernetes),
  ]);
  const settingsCheck = new Checks('Settings').ok('all that are required are there, and well formed');
  return inOrder([
    settingsCheck,
    ...found.flat(),
    ...worldChecks(facts),
    ...planChecks(facts),
    ...rest.flat(),
  ]);
}

/** Whether both patches would be taken, and the restart could end. */
async function restartChecks(
  { program: { acceptDowntime, rolloutTimeoutSeconds } }: Settings,
  facts: StatusFacts,
  kubernetes: Kubernetes,
): Promise<Check[]> {
  const checks = new Checks('Kubernetes');
  const planned = planOf(facts);
  const made = { secret: 'verify', restart: 'verify' };
  let unseen: string | undefined;
  const found = await checks.problems('nothing stands in the way of a restart', async () => {
    const findings = await kubernetesFindings(kubernetes, {
      tokens: planned?.kind === 'planned' ? patchTokens(planned.planned.plan) : made,
      acceptDowntime: acceptDowntime === true,
      mayMend: facts.logins.kubernetesSecret === 'denied',
      limitSeconds: rolloutTimeoutSeconds,
    });
    unseen = findings.unseen;
    return findings.problems;
  });
  return unseen === undefined
    ? found
    : [...found, checks.notChecked('the API server would take both patches', `${unseen}.`)];
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
      partOf(secretProblems(secrets, [id], healed)),
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

function planChecks(facts: StatusFacts): Check[] {
  const checks = new Checks('Secrets');
  const title = 'secrets, file and Secret fit together';
  const planned = planOf(facts);
  if (planned === undefined) return [checks.notChecked(title, 'It takes all of them to be readable.')];
  if (planned.kind === 'planned') return [checks.ok(title)];
  return planned.problems.map((problem) => checks.missing(title, problem));
}

async function fileChecks({ program: { context } }: Settings, facts: StatusFacts): Promise<Check[]> {
  const checks = new Checks('sqlconf.php');
  const planned = planOf(facts);
  const title = 'can be replaced';
  if (planned?.kind !== 'planned')
    return [checks.notChecked(title, 'What would be written is not known, for what is missing above.')];
  return checks.problems(title, () => fileProblems(planned.planned, context));
}

/** How long the database's clients are watched for others, in ms. */
const lookMs = 2000;

/** What only the admin's session can tell. */
async function databaseChecks(
  { program: { context, idleLimitSeconds } }: Settings,
  facts: StatusFacts,
  { secrets, kubernetes }: Pick<PreflightClients, 'secrets' | 'kubernetes'>,
): Promise<Check[]> {
  const checks = new Checks('Database');
  const title = 'the admin has the privileges, both accounts fit, and the server takes writes';
  const planned = planOf(facts);
  if (planned?.kind !== 'planned' || facts.logins.admin?.kind !== 'works')
    return [checks.notChecked(title, 'It takes a plan and the admin; mend what is missing.')];
  const others: Check[] = [];
  const found = await checks.problems(title, async () => {
    const credentials = await findAdminCredentials(secrets, context.adminSecretId, context.trust);
    const session = await openSession(credentials.login, context.trust);
    try {
      await activateRoles(session);
      const clients = { secrets, kubernetes, session, credentials };
      const searching = findOtherUsers(planned.planned, clients, { idleLimitSeconds, lookMs });
      const { problems } = await databaseFindings(planned.planned, context, clients);
      others.push(...otherUserChecks(await searching));
      return problems;
    } finally {
      await session.close();
    }
  });
  return [...found, ...others];
}

/** Rights that only add comfort (infra/kubernetes/role-optional.yaml). */
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
      checks.notChecked(title(right), 'The API server gives no answer.'),
    );
  }
}

async function healthChecks({ program }: Settings): Promise<Check[]> {
  const checks = new Checks('Health');
  const title = 'the health page is good';
  const { healthUrl: url, healthCaFile, healthAnswersInARow: answersInARow } = program;
  if (url === undefined)
    return [
      checks.notChecked(title, 'OPENEMR_HEALTHCHECK_URL is not set: a rotation leaves the HTTP proof out.'),
    ];
  const page = { url, ...(healthCaFile === undefined ? {} : { caFile: healthCaFile }) };
  const { problem, notices } = await lookAtHealth(page, answersInARow);
  if (problem) return [checks.failed(title, problem)];
  const noted = notices.map((text) => `; ${text}`).join('');
  return [checks.ok(title, `${answersInARow} good answers in a row${noted}`)];
}
