import { Failure } from '../../base/failure';
import type { PlannedRotation } from '../../rotation/rotationPlan';
import type { WorldContext } from '../../target/context';
import { checkWritable } from '../../openemr/file/sqlconfFile';
import { openSqlconf } from '../../openemr/openSqlconf';
import { sqlconfWarnings } from '../../openemr/sqlconfWarnings';

/** What is odd about the file and stops nothing; each is one sentence with what to do. */
export async function fileNotices({ material }: PlannedRotation, context: WorldContext): Promise<string[]> {
  const file = await openSqlconf(context);
  return sqlconfWarnings(file, [file.login.username, material.logins.A.username, material.logins.B.username]);
}

/** What would stop the write of `sqlconf.php`; each problem is one sentence with what to do. */
export async function fileProblems(
  { plan, material }: PlannedRotation,
  context: WorldContext,
): Promise<Failure[]> {
  const file = await openSqlconf(context);
  const notWritable = await checkWritable(file.file);
  const target =
    plan.to === 'other'
      ? material.before.sqlconf
      : { ...material.logins[plan.to], password: 'not-yet-known' };
  const notRenderable = file.check(target);
  return [
    ...(notWritable === undefined ? [] : [notWritable]),
    ...notRenderable.map((reason) => new Failure('sqlconf-unsuited', `${file.path}: ${reason}`)),
  ];
}
