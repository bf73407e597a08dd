import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Lab, Site } from '../../../lab';
import type { Operator } from './operator';

/** A zip archive of nothing. */
const emptyArchive = Buffer.from(`504b0506${'00'.repeat(18)}`, 'hex');

/**
 * Switches Secrets Manager's own rotation of the admin secret on, by a function that does nothing. It begins at the end
 * of its interval: now only AWSPENDING is set, on a version with the same value.
 */
export async function switchNativeRotationOn(lab: Lab, site: Site, operator: Operator): Promise<void> {
  const config = JSON.stringify({ lambda: { use_docker: false } });
  await fetch(`${lab.aws.endpoint}/moto-api/config`, { method: 'POST', body: config });
  const aws = (...words: string[]): Promise<string> => operator.run(['aws', ...words]);
  const text = ['--output', 'text', '--query'];
  const trust = ['--role-name', site.name, '--assume-role-policy-document', '{}'];
  const role = (await aws('iam', 'create-role', ...trust, ...text, 'Role.Arn')).trim();
  const file = path.join(site.folder, 'function.zip');
  writeFileSync(file, emptyArchive);
  const code = ['--runtime', 'python3.12', '--handler', 'rotation.handler', '--zip-file', `fileb://${file}`];
  const named = ['--function-name', site.name, '--role', role];
  const made = await aws('lambda', 'create-function', ...named, ...code, ...text, 'FunctionArn');
  const when = ['--no-rotate-immediately', '--rotation-rules', 'AutomaticallyAfterDays=30'];
  const by = ['--secret-id', site.adminSecretId, '--rotation-lambda-arn', made.trim()];
  await aws('secretsmanager', 'rotate-secret', ...by, ...when);
}
