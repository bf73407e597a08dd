import { stringify } from 'yaml';
import { ruleGroups } from '../../infra/monitoring/rules';
import { dashboard } from './dashboard';

const header = '# Made by `npm run monitoring` (docs/monitoring.md).\n';

/** What is checked in for those who do not use the Prometheus Operator, by its place in the repository. */
export function monitoringFiles(): Record<string, string> {
  return {
    'infra/monitoring/rules.yaml':
      header + stringify({ groups: ruleGroups() }, { lineWidth: 0, aliasDuplicateObjects: false }),
    'infra/monitoring/dashboard.json': `${JSON.stringify(dashboard(), null, 2)}\n`,
  };
}
