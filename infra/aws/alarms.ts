import { exitCodes } from '../../src/failure';
import { containerName } from '../kubernetes/pod';

/** How the container's lines stand in the log group. */
export type LogFormat = 'container-insights' | 'plain';

/** A count of the runs that ended in one way, and the alarm on it. */
export interface RunAlarm {
  /** Ends the names of the metric filter, the metric and the alarm. */
  name: 'succeeded' | 'held' | 'rolled-back';
  /** CloudWatch's filter pattern: the line `{"type":"result",…}` that each run ends with (`--log-json`). */
  pattern: string;
  description: string;
  /** Of one period, in seconds. */
  period: number;
  evaluationPeriods: number;
  datapointsToAlarm: number;
  comparisonOperator: 'LessThanThreshold' | 'GreaterThanOrEqualToThreshold';
  treatMissingData: 'breaching' | 'notBreaching';
}

const hour = 3600;
const day = 86_400;

/** The three alarms of one OpenEMR's rotation. */
export function runAlarms(
  namespace: string,
  options: { format: LogFormat; noSuccessForDays: number },
): RunAlarm[] {
  const pattern = (exitCode: number): string => patternOf(namespace, options.format, exitCode);
  const seen = {
    period: hour,
    evaluationPeriods: 24,
    datapointsToAlarm: 1,
    comparisonOperator: 'GreaterThanOrEqualToThreshold' as const,
    treatMissingData: 'notBreaching' as const,
  };
  return [
    {
      name: 'succeeded',
      pattern: pattern(exitCodes.done),
      description: `No credential rotation of OpenEMR in ${namespace} ended well for ${options.noSuccessForDays} days: the schedule does not run, or every run fails. See docs/operations.md.`,
      period: day,
      evaluationPeriods: options.noSuccessForDays,
      datapointsToAlarm: options.noSuccessForDays,
      comparisonOperator: 'LessThanThreshold',
      treatMissingData: 'breaching',
    },
    {
      name: 'held',
      pattern: pattern(exitCodes.held),
      description: `A credential rotation of OpenEMR in ${namespace} is held after the switch: OpenEMR works. Remove the cause; the next start finishes it. See docs/operations.md, exit 12.`,
      ...seen,
    },
    {
      name: 'rolled-back',
      pattern: pattern(exitCodes['rolled-back']),
      description: `A credential rotation of OpenEMR in ${namespace} was rolled back: OpenEMR runs on its old password. See docs/operations.md, exit 13.`,
      ...seen,
    },
  ];
}

/**
 * Container Insights' Fluent Bit puts the line's fields under `log_processed`, beside `kubernetes`, in a log group that
 * all pods share.
 */
function patternOf(namespace: string, format: LogFormat, exitCode: number): string {
  const field = format === 'plain' ? '$' : '$.log_processed';
  const result = `${field}.type = "result" && ${field}.exitCode = ${exitCode}`;
  if (format === 'plain') return `{ ${result} }`;
  const pod = `$.kubernetes.namespace_name = "${namespace}" && $.kubernetes.container_name = "${containerName}"`;
  return `{ ${pod} && ${result} }`;
}
