import { kubernetesSecretData } from '../rotation/observation';
import type { PlannedRotation } from '../rotation/rotationPlan';

const fileFields = [
  ['$host', 'host'],
  ['$port', 'port'],
  ['$login', 'username'],
  ['$dbase', 'dbname'],
] as const;

/** What a plan changes in `sqlconf.php` and in the Kubernetes Secret, line by line; passwords are never shown. */
export function differencesOf({ plan, material }: PlannedRotation): string[] {
  if (plan.kind === 'sync' || plan.kind === 'rollback' || plan.to === 'other') return [];
  const [before, after] = [material.before.sqlconf, material.logins[plan.to]];
  const lines: string[] = [];
  for (const [name, field] of fileFields) {
    if (before[field] !== after[field])
      lines.push(`- sqlconf.php ${name} = '${before[field]}'`, `+ sqlconf.php ${name} = '${after[field]}'`);
  }
  const newPassword = before.username !== after.username;
  if (newPassword)
    lines.push(`- sqlconf.php $pass = '********'`, `+ sqlconf.php $pass = '********' (of slot ${plan.to})`);
  const data = kubernetesSecretData({ ...after, password: '' });
  for (const [key, value] of Object.entries(data)) {
    const old = material.before.kubernetesSecret[key];
    if (key === 'mysql-password') {
      if (material.before.kubernetesSecret['mysql-user'] !== after.username || old !== after.password)
        lines.push(`~ Secret ${key}: ******** → ********`);
    } else if (old !== value) lines.push(`~ Secret ${key}: ${old ?? '(none)'} → ${value}`);
  }
  return lines;
}
