import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import * as common from '@grafana/grafana-foundation-sdk/common';
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import * as grafana from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import { usualRules } from '../../infra/monitoring/rules';

const source = { type: 'prometheus', uid: '${datasource}' };
const chosen = 'stack=~"$stack",namespace=~"$namespace",deployment=~"$deployment"';
const name = '{{namespace}}/{{deployment}}';
const day = 86_400;

const of = (metric: string, more = ''): string => `credential_rotation_${metric}{${chosen}${more}}`;

const query = (expr: string, legend: string): DataqueryBuilder =>
  new DataqueryBuilder().datasource(source).expr(expr).legendFormat(legend).refId('A');

type Steps = [color: string, from: number | null][];

const thresholds = (steps: Steps): grafana.ThresholdsConfigBuilder =>
  new grafana.ThresholdsConfigBuilder()
    .mode(grafana.ThresholdsMode.Absolute)
    .steps(steps.map(([color, value]) => ({ color, value })));

interface Shown {
  title: string;
  description: string;
  expr: string;
  legend: string;
  unit: string;
}

function numbers({ title, description, expr, legend, unit }: Shown, steps: Steps): stat.PanelBuilder {
  return new stat.PanelBuilder()
    .title(title)
    .description(description)
    .datasource(source)
    .withTarget(query(expr, legend).instant())
    .unit(unit)
    .thresholds(thresholds(steps))
    .colorMode(common.BigValueColorMode.Background)
    .graphMode(common.BigValueGraphMode.None)
    .span(8)
    .height(6);
}

function lines({ title, description, expr, legend, unit }: Shown): timeseries.PanelBuilder {
  return new timeseries.PanelBuilder()
    .title(title)
    .description(description)
    .datasource(source)
    .withTarget(query(expr, legend).range())
    .unit(unit)
    .span(12)
    .height(8);
}

/** All panels, in their order. */
function panels(): Builder<Panel>[] {
  const { rotationDays, passwordDays, notRunDays } = usualRules;
  const age = (metric: string): string => `time() - ${of(metric)}`;
  const green: Steps[number] = ['green', null];
  return [
    numbers(
      {
        title: 'Last run',
        description: 'What the last run with a plan came to. Held: run again, it finishes.',
        expr: `${of('last_verdict')} == 1`,
        legend: `${name}: {{verdict}}`,
        unit: 'none',
      },
      [['blue', null]],
    ).textMode(common.BigValueTextMode.Name),
    numbers(
      {
        title: 'Held or rolled back',
        description: 'OpenEMRs whose last rotation is not finished, or was taken back.',
        expr: `sum(${of('last_verdict', ',verdict=~"held|rolled-back"')}) or vector(0)`,
        legend: 'OpenEMRs',
        unit: 'none',
      },
      [green, ['red', 1]],
    ),
    numbers(
      {
        title: 'Why the last run failed',
        description: 'The failure code, as in docs/failure-codes.md.',
        expr: of('last_failure', ',reason!="none"'),
        legend: `${name}: {{reason}}`,
        unit: 'none',
      },
      [['orange', null]],
    )
      .textMode(common.BigValueTextMode.Name)
      .noValue('no failure'),
    numbers(
      {
        title: 'Since the last rotation',
        description: 'Age of the last rotation that renewed passwords.',
        expr: age('last_success_timestamp_seconds'),
        legend: name,
        unit: 's',
      },
      [green, ['orange', (rotationDays - 10) * day], ['red', rotationDays * day]],
    ),
    numbers(
      {
        title: 'Age of the passwords',
        description: 'A slot is renewed by every second rotation, the admin by each.',
        expr: age('password_timestamp_seconds'),
        legend: `${name} {{account}}`,
        unit: 's',
      },
      [green, ['orange', (passwordDays - 15) * day], ['red', passwordDays * day]],
    ),
    numbers(
      {
        title: 'Since the last run',
        description: 'Runs that found nothing due count, too.',
        expr: age('last_run_timestamp_seconds'),
        legend: name,
        unit: 's',
      },
      [green, ['red', notRunDays * day]],
    ),
    lines({
      title: 'Runs by what they came to',
      description: 'In each week.',
      expr: `sum by (verdict) (increase(${of('runs_total')}[7d]))`,
      legend: '{{verdict}}',
      unit: 'none',
    }),
    lines({
      title: 'Failures by exit code',
      description: 'In each week; docs/exit-codes.md says what each means.',
      expr: `sum by (code) (increase(${of('failures_total')}[7d]))`,
      legend: 'exit {{code}}',
      unit: 'none',
    }),
    lines({
      title: 'Duration of the last run',
      description: 'From the command line to the exit code.',
      expr: of('duration_seconds'),
      legend: name,
      unit: 's',
    }),
    lines({
      title: 'Slot that OpenEMR logs in with',
      description: '1 for A, 0 for B; a gap where the last run could not tell.',
      expr: of('active_slot', ',slot="A"'),
      legend: name,
      unit: 'none',
    }),
    lines({
      title: 'Requests during rotations',
      description: "By OpenEMR's ingress, while a Job of the rotation runs; see docs/slo.md.",
      expr: 'sum by (namespace) (credential_rotation:requests:rate2m{namespace=~"$namespace"})',
      legend: '{{namespace}}',
      unit: 'reqps',
    }),
    lines({
      title: 'Error budget that is left',
      description: '1 is untouched, 0 is used up; 0.01 % of the requests during rotations may fail.',
      expr: 'credential_rotation:error_budget:left30d{namespace=~"$namespace"}',
      legend: '{{namespace}}',
      unit: 'percentunit',
    }),
  ];
}

function chooser(label: string, before: string): grafana.QueryVariableBuilder {
  const narrowed = before === '' ? '' : `{${before}}`;
  return new grafana.QueryVariableBuilder(label)
    .label(label)
    .datasource(source)
    .query({
      query: `label_values(credential_rotation_last_run_timestamp_seconds${narrowed}, ${label})`,
      refId: label,
    })
    .refresh(grafana.VariableRefresh.OnTimeRangeChanged)
    .sort(grafana.VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.*');
}

/** The dashboard, by the builders that Grafana makes from its own schema. */
export function dashboard(): grafana.Dashboard {
  const builder = new grafana.DashboardBuilder('OpenEMR credential rotation')
    .uid('openemr-credential-rotation')
    .description('Ages, ends and failures of the rotations. Made by `npm run monitoring`.')
    .tags(['openemr', 'credential-rotation'])
    .readonly()
    .refresh('5m')
    .time({ from: 'now-90d', to: 'now' })
    .timezone('browser')
    .tooltip(grafana.DashboardCursorSync.Crosshair)
    .withVariable(new grafana.DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'))
    .withVariable(chooser('stack', ''))
    .withVariable(chooser('namespace', 'stack=~"$stack"'))
    .withVariable(chooser('deployment', 'stack=~"$stack",namespace=~"$namespace"'));
  return panels()
    .reduce((board, panel) => board.withPanel(panel), builder)
    .build();
}
