import type { PlannedRotation } from '../plan/rotationPlan';
import { switches } from '../plan/rotationPlan';
import { checkWritable } from '../world/file/sqlconfFile';
import type { WorldContext } from '../world/context';
import type { Session } from '../world/database';
import type { Kubernetes } from '../world/kubernetes';
import { neededRights } from '../world/kubernetes';
import { ownGrants } from '../world/accounts';
import { openSqlconf } from '../world/sqlconf';

/** Privileges that the admin needs in the database, with the step that uses each. */
const adminPrivileges = [
  ['CREATE USER', 'to change the passwords of other users'],
  ['PROCESS', 'to see whether the old account is idle'],
] as const;

/**
 * Looks for everything that would stop the rotation half-way: rights in Kubernetes, in the database and on the
 * file. Writes nothing.
 * @returns every problem, each one sentence with what to do
 */
export async function preflight(
  planned: PlannedRotation,
  context: WorldContext,
  kubernetes: Kubernetes,
  admin: Session,
): Promise<string[]> {
  const problems = await Promise.all([
    databaseProblems(admin),
    switches(planned.plan) ? kubernetesProblems(kubernetes) : [],
    switches(planned.plan) ? fileProblems(planned, context) : [],
  ]);
  return problems.flat();
}

async function kubernetesProblems(kubernetes: Kubernetes): Promise<string[]> {
  const { target } = kubernetes;
  const missing = await kubernetes.missingRights(neededRights(target));
  if (missing.length > 0) {
    return missing.map(
      ({ verb, resource, name }) =>
        `RBAC does not allow "${verb}" on ${resource} ${target.namespace}/${name}; add it to the Role of this service account.`,
    );
  }
  const { spec } = await kubernetes.deployment();
  const name = `Deployment ${target.namespace}/${target.deployment}`;
  if (spec?.paused === true)
    return [`${name} is paused, so that a restart would never end; run kubectl rollout resume.`];
  if (spec?.replicas === 0)
    return [`${name} has no replicas, so that nothing could prove the new login; scale it up first.`];
  return [];
}

async function databaseProblems(admin: Session): Promise<string[]> {
  const everywhere = (await ownGrants(admin)).filter((line) => / ON \*\.\* TO /.test(line));
  const privileges = everywhere.flatMap((line) =>
    (line.split(' ON *.*')[0] ?? '').replace('GRANT ', '').split(', '),
  );
  return adminPrivileges
    .filter(([privilege]) => !privileges.includes(privilege) && !privileges.includes('ALL PRIVILEGES'))
    .map(
      ([privilege, why]) => `The admin user lacks ${privilege} on *.* in the database (${why}); grant it.`,
    );
}

async function fileProblems({ plan, material }: PlannedRotation, context: WorldContext): Promise<string[]> {
  const file = await openSqlconf(context);
  const notWritable = await checkWritable(file.file);
  const target =
    plan.to === 'other'
      ? material.before.sqlconf
      : { ...material.logins[plan.to], password: 'not-yet-known' };
  const notRenderable = file.check(target);
  return [
    ...(notWritable === undefined ? [] : [notWritable]),
    ...notRenderable.map((reason) => `${file.path}: ${reason}`),
  ];
}
