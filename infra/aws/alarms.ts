import type { Outcome } from '../../src/base/failure';
import type { RotationSettings } from '../kubernetes/settings';
import { containerNameOf } from '../kubernetes/pod';

/** How the container's lines stand in the log group. */
export type LogFormat = 'container-insights' | 'plain';

/** One rotation among those of a cluster. */
type Instance = Pick<RotationSettings, 'namespace' | 'name'>;

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

const ended = (outcome: Outcome): string => `@.outcome = "${outcome}"`;

const hour = 3600;
const day = 86_400;

/** The three alarms of one OpenEMR's rotation. */
export function runAlarms(
  instance: Instance,
  options: { format: LogFormat; noSuccessForDays: number },
): RunAlarm[] {
  const { namespace, name } = instance;
  const pattern = (ends: string): string => patternOf(instance, options.format, ends);
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
      // A run that had nothing to do yet has no kind. One that only finished a rollback rotated nothing.
      pattern: pattern(`${ended('done')} && (@.kind NOT EXISTS || @.kind != "rollback")`),
      description: `No credential rotation of OpenEMR in ${namespace} (${name}) ended well for ${options.noSuccessForDays} days: the schedule does not run, or every run fails. See docs/operations.md.`,
      period: day,
      evaluationPeriods: options.noSuccessForDays,
      datapointsToAlarm: options.noSuccessForDays,
      comparisonOperator: 'LessThanThreshold',
      treatMissingData: 'breaching',
    },
    {
      name: 'held',
      // A run that a signal stopped behind the begin of the switch leaves as much to do.
      pattern: pattern(`(${ended('held')} || @.verdict = "held")`),
      description: `A credential rotation of OpenEMR in ${namespace} (${name}) is held after the switch: OpenEMR works. Remove the cause; the next start finishes it. See docs/operations.md, exits 12 and 8.`,
      ...seen,
    },
    {
      name: 'rolled-back',
      pattern: pattern(`(${ended('rolled-back')} || (${ended('done')} && @.kind = "rollback"))`),
      description: `A credential rotation of OpenEMR in ${namespace} (${name}) was rolled back: OpenEMR runs on its old password. See docs/operations.md, exit 13.`,
      ...seen,
    },
  ];
}

/**
 * The result lines that match. Container Insights' Fluent Bit puts the line's fields under `log_processed`, beside
 * `kubernetes`, in a log group that all pods share; there the container's name tells one rotation of a namespace from
 * another.
 * @param ends a condition on the fields of the line, each written as `@.name`
 */
function patternOf({ namespace, name }: Instance, format: LogFormat, ends: string): string {
  const field = format === 'plain' ? '$.' : '$.log_processed.';
  const result = `@.type = "result" && ${ends}`.replaceAll('@.', field);
  if (format === 'plain') return `{ ${result} }`;
  const pod = `$.kubernetes.namespace_name = "${namespace}" && $.kubernetes.container_name = "${containerNameOf({ name })}"`;
  return `{ ${pod} && ${result} }`;
}
