import { parseAge } from '../../src/rotation/age';
import type { Monitoring, RotationSettings } from '../kubernetes/settings';
import { metadataOf } from '../kubernetes/settings';
import type { RuleSettings } from './rules';
import { ruleGroups, usualRules } from './rules';

const apiVersion = 'monitoring.coreos.com/v1' as const;
const dayMs = 86_400_000;

/** Name, namespace and labels, with those by which Prometheus selects its objects. */
function metadata(settings: RotationSettings<unknown>, { labels }: Monitoring) {
  const own = metadataOf(settings, settings.name);
  return { ...own, labels: { ...own.labels, ...labels } };
}

/**
 * Lets Prometheus scrape the Pushgateway, which keeps what the pods of the rotation have pushed before they ended. Several
 * rotations may share one: of each, only its own series are taken.
 */
export function podMonitor(settings: RotationSettings<unknown>, monitoring: Monitoring) {
  const { pushgateway } = monitoring;
  const { stack, namespace, deployment } = settings;
  return {
    apiVersion,
    kind: 'PodMonitor' as const,
    metadata: metadata(settings, monitoring),
    spec: {
      namespaceSelector: { matchNames: [pushgateway.namespace] },
      selector: { matchLabels: { ...pushgateway.labels } },
      podMetricsEndpoints: [
        {
          portNumber: pushgateway.port,
          path: '/metrics',
          // `namespace` is OpenEMR's, and not that of the Pushgateway.
          honorLabels: true,
          metricRelabelings: [
            {
              action: 'keep' as const,
              sourceLabels: ['__name__', 'stack', 'namespace', 'deployment'],
              regex: `credential_rotation_.+;${[stack, namespace, deployment].map(literally).join(';')}`,
            },
          ],
        },
      ],
    },
  };
}

const literally = (text: string): string => text.replaceAll('.', '\\.');

/** The alerts and recording rules of this OpenEMR; see docs/monitoring.md. */
export function prometheusRule(settings: RotationSettings<unknown>, monitoring: Monitoring) {
  return {
    apiVersion,
    kind: 'PrometheusRule' as const,
    metadata: metadata(settings, monitoring),
    spec: { groups: ruleGroups(ruleSettings(settings, monitoring)) },
  };
}

/** The schedule rotates at this age; some starts may be missed before it is too old. */
export const lateDays = 10;

function ruleSettings(
  { stack, namespace, deployment, ifOlderThan }: RotationSettings<unknown>,
  { passwordDays, notRunDays }: Monitoring,
): RuleSettings {
  const rotationDays = Math.ceil(parseAge(ifOlderThan) / dayMs) + lateDays;
  return { ...usualRules, rotationDays, passwordDays, notRunDays, of: { stack, namespace, deployment } };
}
