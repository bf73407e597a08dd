import { LogMetricFilter } from '@pulumi/aws/cloudwatch/logMetricFilter';
import { MetricAlarm } from '@pulumi/aws/cloudwatch/metricAlarm';
import { runAlarms } from '../aws/alarms';
import type { CheckedAws } from '../inputs/inputs';
import { childOf, type Scope } from './scope';

/** Counts the runs by how they ended, from the lines that they print, and alarms on the counts. */
export function makeAlarms(scope: Scope, { alarms, tags }: CheckedAws): void {
  if (alarms === undefined) return;
  const { name: prefix, namespace, region } = scope.inputs;
  for (const { name, pattern, description, ...evaluation } of runAlarms(scope.inputs, alarms)) {
    const metric = { name, namespace: `CredentialRotation/${namespace}/${prefix}` };
    const filter = new LogMetricFilter(
      `${scope.name}-${name}`,
      {
        logGroupName: alarms.logGroup,
        pattern,
        metricTransformation: { ...metric, value: '1', unit: 'Count' },
        region,
      },
      childOf(scope),
    );
    new MetricAlarm(
      `${scope.name}-${name}`,
      {
        alarmDescription: description,
        metricName: metric.name,
        namespace: metric.namespace,
        statistic: 'Sum',
        threshold: 1,
        ...evaluation,
        alarmActions: alarms.topics,
        okActions: alarms.topics,
        region,
        tags,
      },
      childOf(scope, { dependsOn: [filter] }),
    );
  }
}
