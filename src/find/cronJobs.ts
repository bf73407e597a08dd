import type { V1CronJob } from '@kubernetes/client-node';
import type { OptionName } from '../settings/options';
import { definitionOf } from '../settings/options';
import { isValue } from '../settings/values';
import type { Seen } from './seen';

/** Settings of a schedule that a command elsewhere needs, too. The folders of its pod are nobody else's. */
const shared: readonly OptionName[] = [
  'awsRegion',
  'slotSecretId',
  'adminSecretId',
  'site',
  'kubernetesSecret',
  'healthUrl',
  'backendUrl',
  'secretsProvider',
];

/** Whether a CronJob rotates passwords: this command's by its labels, the Python tool's by its name. */
export function rotates({ metadata }: V1CronJob): boolean {
  const { name = '', labels = {} } = metadata ?? {};
  return labels['app.kubernetes.io/name'] === 'credential-rotation' || name === 'credential-rotation';
}

/** What the schedules that rotate this Deployment say of a setting, by their plain variables. */
export function fromCronJobs(name: OptionName, cronJobs: readonly V1CronJob[], deployment: string): Seen[] {
  if (!shared.includes(name)) return [];
  const { variable, type } = definitionOf(name);
  return cronJobs.filter(rotates).flatMap((cronJob) => {
    const variables = plainVariables(cronJob);
    const target = variables[definitionOf('deployment').variable];
    const value = variables[variable] ?? '';
    if (value === '' || !isValue(type, value) || (target !== undefined && target !== deployment)) return [];
    return [{ value, from: `CronJob ${cronJob.metadata?.namespace}/${cronJob.metadata?.name}` }];
  });
}

function plainVariables({ spec }: V1CronJob): Record<string, string> {
  const containers = spec?.jobTemplate.spec?.template.spec?.containers ?? [];
  return Object.fromEntries(
    containers.flatMap(({ env = [] }) =>
      env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value] as const])),
    ),
  );
}
