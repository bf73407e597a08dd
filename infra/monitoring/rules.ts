import type { FailureCode } from '../../src/base/failure';
import type { Verdict } from '../../src/rotation/ends';

/** One rule, as Prometheus and the Prometheus Operator take it: it records a series, or alerts. */
export type Rule =
  | { record: string; expr: string; labels?: Record<string, string> }
  | {
      alert: string;
      expr: string;
      for?: string;
      labels: { severity: 'critical' | 'warning' };
      annotations: { summary: string; description: string; runbook_url: string };
    };

/** Rules that are evaluated together. */
export interface RuleGroup {
  name: string;
  interval?: string;
  rules: Rule[];
}

/** What the rules are asked for. */
export interface RuleSettings {
  /** Alert when the last success is older, in days. */
  rotationDays: number;
  /** Alert when a password is older, in days: each slot is renewed by every second rotation. */
  passwordDays: number;
  /** Alert when no run has ended for so many days, also none that found nothing due. */
  notRunDays: number;
  /** The OpenEMR that they are of; without it, of all that are scraped. */
  of?: { stack: string; namespace: string; deployment: string };
}

/** For a schedule that starts daily and rotates every 30 days. */
export const usualRules: RuleSettings = { rotationDays: 40, passwordDays: 90, notRunDays: 2 };

/** Somebody was not let in: the command, or OpenEMR, whose page says that it cannot use the database. */
export const loginFailures: readonly FailureCode[] = [
  'database-login-refused',
  'database-tries-used-up',
  'admin-login-refused',
  'admin-new-password-refused',
  'new-login-refused',
  'account-shadowed',
  'health-page-bad',
];

const handbook =
  'https://github.com/openemr/openemr-credential-rotation/blob/main/docs/monitoring.md#what-each-alert-asks-for';
const who = '{{ $labels.namespace }}/{{ $labels.deployment }} (stack {{ $labels.stack }})';
const day = 86_400;

/** The series of one metric, narrowed to the OpenEMR of the rules. */
function series({ of }: RuleSettings, name: string, more: Record<string, string> = {}): string {
  const pairs = Object.entries({ ...of, ...more }).map(([label, value]) => {
    const pattern = value.includes('|');
    return `${label}${pattern ? '=~' : '='}"${value}"`;
  });
  return pairs.length === 0
    ? `credential_rotation_${name}`
    : `credential_rotation_${name}{${pairs.join(',')}}`;
}

function alert(
  name: string,
  severity: 'critical' | 'warning',
  expr: string,
  said: { summary: string; description: string },
  since?: string,
): Rule {
  return {
    alert: `CredentialRotation${name}`,
    expr,
    ...(since === undefined ? {} : { for: since }),
    labels: { severity },
    annotations: { ...said, runbook_url: handbook },
  };
}

/** All alerts on the metrics of docs/reports.md. */
export function alertRules(settings: RuleSettings): Rule[] {
  const { rotationDays, passwordDays, notRunDays } = settings;
  const verdict = (value: Verdict): string => `${series(settings, 'last_verdict', { verdict: value })} == 1`;
  return [
    alert('Held', 'critical', verdict('held'), {
      summary: `The rotation of ${who} is held.`,
      description:
        'It stopped after the switch, and OpenEMR keeps running. Remove the cause and run again: the run finishes it.',
    }),
    alert('RolledBack', 'warning', verdict('rolled-back'), {
      summary: `The rotation of ${who} was rolled back.`,
      description:
        'The new slot did not prove healthy, and the old password is live again. Remove the cause and run again.',
    }),
    alert(
      'LoginRefused',
      'critical',
      `${series(settings, 'last_failure', { reason: loginFailures.join('|') })} == 1`,
      {
        summary: `A login was refused in the last run for ${who}: {{ $labels.reason }}.`,
        description: 'The database refused the command or OpenEMR. Do what the last line of the run says.',
      },
    ),
    alert('Failed', 'warning', failedExpression(settings), {
      summary: `The last run for ${who} ended with exit code {{ $value }}.`,
      description: 'Nothing was switched. The last line of the run says what to do.',
    }),
    alert(
      'RotationTooOld',
      'warning',
      `time() - ${series(settings, 'last_success_timestamp_seconds')} > ${rotationDays} * ${day}`,
      {
        summary: `No rotation of ${who} has succeeded for more than ${rotationDays} days.`,
        description: 'Runs are refused, or the schedule is suspended or asks for a greater age.',
      },
    ),
    alert(
      'PasswordTooOld',
      'warning',
      `time() - ${series(settings, 'password_timestamp_seconds')} > ${passwordDays} * ${day}`,
      {
        summary: `The password {{ $labels.account }} of ${who} is older than ${passwordDays} days.`,
        description:
          'Each rotation renews the admin and the slot that is left, so a slot is renewed by every second one.',
      },
    ),
    alert(
      'NotRun',
      'warning',
      `time() - ${series(settings, 'last_run_timestamp_seconds')} > ${notRunDays} * ${day}`,
      {
        summary: `No run for ${who} has ended for more than ${notRunDays} days.`,
        description: 'The schedule does not start, its pods are killed, or the metrics do not arrive.',
      },
    ),
    alert(
      'MetricsMissing',
      'warning',
      `absent(${series(settings, 'last_run_timestamp_seconds')})`,
      {
        summary: 'No metrics of the credential rotation arrive.',
        description: 'It never ran, it was not told where to put its metrics, or nobody scrapes them.',
      },
      '1d',
    ),
  ];
}

/** Runs that another alert names, that were stopped by somebody, or met another run, are no failure of their own. */
function failedExpression(settings: RuleSettings): string {
  const code = series(settings, 'last_exit_code');
  return `${code} > 0 and ${code} != 8 and ${code} != 11 and ${code} != 12 and ${code} != 13`;
}

/** All groups of rules: the alerts, and what docs/slo.md reckons with. */
export function ruleGroups(settings: RuleSettings = usualRules): RuleGroup[] {
  return [
    { name: 'credential-rotation', rules: alertRules(settings) },
    { name: 'credential-rotation-slo', interval: '1m', rules: objectiveRules(settings) },
  ];
}

/** Labels of one OpenEMR. */
const each = 'stack, namespace, deployment';

/**
 * The service level: rotations by what the command itself says of them, and OpenEMR's requests by what its ingress counted
 * while a Job of the rotation was running.
 */
function objectiveRules(settings: RuleSettings): Rule[] {
  const runs = (verdicts: string): string =>
    `sum by (${each}) (increase(${series(settings, 'runs_total', { verdict: verdicts })}[90d]))`;
  const namespace = settings.of === undefined ? '' : `,namespace="${settings.of.namespace}"`;
  const job = `kube_job_status_active{job_name=~"credential-rotation.*"${namespace}}`;
  const requests = (status: string): string =>
    `sum by (namespace) (label_replace(rate(nginx_ingress_controller_requests{${status}}[2m]), "namespace", "$1", "exported_namespace", "(.+)"))`;
  const during = (rate: string): string => `${rate} and on (namespace) (max by (namespace) (${job}) > 0)`;
  const overTime = (name: string): string => `sum by (namespace) (sum_over_time(${name}[30d]))`;
  const [all, failed] = ['credential_rotation:requests:rate2m', 'credential_rotation:requests_failed:rate2m'];
  return [
    { record: 'credential_rotation:rotations:increase90d', expr: runs('rotated|rolled-back|held') },
    { record: 'credential_rotation:rotations_not_clean:increase90d', expr: runs('rolled-back|held') },
    {
      record: 'credential_rotation:clean:ratio90d',
      expr: '1 - credential_rotation:rotations_not_clean:increase90d / (credential_rotation:rotations:increase90d > 0)',
    },
    { record: all, expr: during(requests('status=~".+"')) },
    { record: failed, expr: during(`(${requests('status=~"5.."')} or ${requests('status=~".+"')} * 0)`) },
    {
      record: 'credential_rotation:requests_failed:ratio30d',
      expr: `${overTime(failed)} / (${overTime(all)} > 0)`,
    },
    {
      // 0.01 % may fail: 1 is an untouched budget, 0 a used one.
      record: 'credential_rotation:error_budget:left30d',
      expr: '1 - credential_rotation:requests_failed:ratio30d / 0.0001',
    },
  ];
}
