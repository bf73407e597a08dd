import { expect } from 'chai';
import { parse } from 'yaml';
import { monitoringFiles } from '../../../build/monitoring/files';
import { dashboard } from '../../../build/monitoring/dashboard';
import type { Rule } from '../../../infra/monitoring/rules';
import { alertRules, loginFailures, ruleGroups, usualRules } from '../../../infra/monitoring/rules';
import { podMonitor, prometheusRule } from '../../../infra/monitoring/objects';
import { renderManifests } from '../../../infra/render/manifests';
import { withInput } from '../../../infra/render/commandLine';
import { exampleSettings } from '../../../infra/kubernetes/example';
import type { Monitoring } from '../../../infra/kubernetes/settings';
import { failureCodes } from '../../../src/base/failureCodes';
import { metrics, metricsOfLook, metricsText } from '../../../src/notify/metrics';
import { endedRun, refusedRun, stepsWith } from '../notify/runs';
import { repositoryText } from '../docs/readme';
import type { InputSeries, RuleTest } from './promtool';
import { needsPromtool, promtool } from './promtool';

const identity = 'stack="prod",namespace="openemr",deployment="web"';
const of = { stack: 'prod', namespace: 'openemr', deployment: 'web' };

/** All series of a text of metrics, each with the same value from beginning to end. */
const constant = (text: string): InputSeries[] =>
  text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#') && !line.endsWith(' NaN'))
    .map((line) => {
      const at = line.lastIndexOf(' ');
      return { series: line.slice(0, at), values: `${line.slice(at + 1)}x3000` };
    });

const held = endedRun({ outcome: 'held', steps: stepsWith({ 10: 'failed' }) });
const refused = refusedRun('permission', 'No.');
const withCode = (code: string): string =>
  metricsText({ ...refused, ending: { ...refused.ending, code: code as never } }, '', 'all');

const day = 24;
/** The series of one metric of ours with one value from the epoch on. */
const one = (name: string, value: string, more = ''): InputSeries => ({
  series: `credential_rotation_${name}{${identity}${more}}`,
  values: `${value}x3000`,
});

/** Series, and a moment in hours. */
type Moment = [InputSeries[], number];

interface Case {
  alert: string;
  /** Makes it go off. */
  fires: Moment;
  /** Each of these does not. */
  silent: Moment[];
}

const now = [one('last_run_timestamp_seconds', '0')];
const code = (value: number): InputSeries[] => [one('last_exit_code', String(value))];
const cases: Case[] = [
  {
    alert: 'Held',
    fires: [constant(metricsText(held, '', 'all')), 1],
    silent: [
      [constant(metricsText(endedRun(), metricsText(held, '', 'all'), 'all')), 1],
      [constant(metricsText(endedRun({ outcome: 'rolled-back' }), '', 'all')), 1],
    ],
  },
  {
    alert: 'RolledBack',
    fires: [constant(metricsText(endedRun({ outcome: 'rolled-back' }), '', 'all')), 1],
    silent: [
      [constant(metricsText(held, '', 'all')), 1],
      [constant(metricsText(endedRun(), '', 'all')), 1],
    ],
  },
  {
    alert: 'LoginRefused',
    fires: [constant(withCode('database-login-refused')), 1],
    silent: [
      [constant(withCode('state-locked')), 1],
      [constant(metricsText(endedRun(), '', 'all')), 1],
    ],
  },
  {
    alert: 'Failed',
    fires: [code(4), 1],
    silent: [
      [code(0), 1],
      [code(8), 1],
      [code(11), 1],
      [code(12), 1],
      [code(13), 1],
    ],
  },
  {
    alert: 'RotationTooOld',
    fires: [[one('last_success_timestamp_seconds', '0')], 41 * day],
    silent: [[[one('last_success_timestamp_seconds', '0')], 39 * day]],
  },
  {
    alert: 'PasswordTooOld',
    fires: [[one('password_timestamp_seconds', '0', ',account="A"')], 91 * day],
    silent: [[[one('password_timestamp_seconds', '0', ',account="A"')], 89 * day]],
  },
  { alert: 'NotRun', fires: [now, 2 * day + 1], silent: [[now, 2 * day - 1]] },
  {
    alert: 'MetricsMissing',
    fires: [[], day + 1],
    silent: [
      [[], 1],
      [now, day + 1],
    ],
  },
];

const [alerts] = ruleGroups();

/** How many alerts of this name go off; the clock of promtool begins at the epoch. */
const firing = (alert: string, [series, hours]: Moment, value: number): RuleTest => ({
  interval: '1h',
  input_series: series,
  promql_expr_test: [
    {
      expr: `count(ALERTS{alertname="CredentialRotation${alert}",alertstate="firing"}) or vector(0)`,
      eval_time: `${hours}h`,
      exp_samples: [{ labels: '{}', value }],
    },
  ],
});

function tested(tests: RuleTest[]): { code: number | null; said: string } {
  return promtool(['test', 'rules', 'test.yaml'], {
    'rules.yaml': { groups: [alerts] },
    'test.yaml': { rule_files: ['rules.yaml'], evaluation_interval: '1h', tests },
  });
}

const monitoring: Monitoring = {
  pushgateway: {
    url: 'http://pushgateway.monitoring.svc.cluster.local:9091',
    namespace: 'monitoring',
    port: 9091,
    labels: { 'app.kubernetes.io/name': 'prometheus-pushgateway' },
  },
  labels: { release: 'kube-prometheus-stack' },
  passwordDays: 60,
  notRunDays: 3,
};

describe('infra/monitoring', function () {
  this.timeout(240_000);
  needsPromtool();

  it('is made by npm run monitoring', () => {
    for (const [file, text] of Object.entries(monitoringFiles()))
      expect(repositoryText(file), file).to.equal(text);
  });

  it('has rules that promtool takes, for one OpenEMR too', () => {
    for (const settings of [usualRules, { ...usualRules, of }]) {
      const { code: status, said } = promtool(['check', 'rules', 'rules.yaml'], {
        'rules.yaml': { groups: ruleGroups(settings) },
      });
      expect(status, said).to.equal(0);
      expect(said).to.include('15 rules found');
    }
  });

  it('has a case for each alert', () => {
    expect(cases.map(({ alert }) => `CredentialRotation${alert}`)).to.deep.equal(
      alertRules(usualRules).map((rule) => ('alert' in rule ? rule.alert : '')),
    );
  });

  it('lets each alert go off when it must, and not else', () => {
    const { code: status, said } = tested(
      cases.flatMap(({ alert, fires, silent }) => [
        firing(alert, fires, 1),
        ...silent.map((each) => firing(alert, each, 0)),
      ]),
    );
    expect(status, said).to.equal(0);
  });

  for (const { alert, fires, silent } of cases.slice(0, 1))
    it('would be seen to be wrong', () => {
      expect(tested([firing(alert, fires, 0)]).said).to.include('exp:');
      for (const each of silent) expect(tested([firing(alert, each, 1)]).code).to.equal(1);
    });

  it('says of which OpenEMR an alert is, and what to do', () => {
    const rule = alertRules(usualRules)[0];
    const annotations = rule !== undefined && 'alert' in rule ? rule.annotations : undefined;
    const { code: status, said } = tested([
      {
        interval: '1h',
        input_series: constant(metricsText(held, '', 'all')),
        alert_rule_test: [
          {
            eval_time: '1h',
            alertname: 'CredentialRotationHeld',
            exp_alerts: [
              {
                exp_labels: { ...of, severity: 'critical', verdict: 'held' },
                exp_annotations: {
                  ...annotations,
                  summary: 'The rotation of openemr/web (stack prod) is held.',
                },
              },
            ],
          },
        ],
      },
    ]);
    expect(status, said).to.equal(0);
  });

  it('lets no alert go off after a rotation without a fault', () => {
    const started = Math.floor(endedRun().endedAt.getTime() / 1000);
    const healthy = constant(metricsText(endedRun(), '', 'all')).map(({ series, values }) => ({
      series,
      values: values.replace(/^\d{10}(\.\d+)?/, (time) => String(Number(time) - started)),
    }));
    const { code: status, said } = tested(cases.map(({ alert }) => firing(alert, [healthy, 5], 0)));
    expect(status, said).to.equal(0);
  });

  it('reckons the service level', () => {
    const run = (verdict: string, values: string): InputSeries => ({
      series: `credential_rotation_runs_total{${identity},verdict="${verdict}"}`,
      values,
    });
    const requests = (status: string, values: string): InputSeries => ({
      series: `nginx_ingress_controller_requests{namespace="ingress",exported_namespace="openemr",status="${status}"}`,
      values,
    });
    const is = (expr: string, hour: number, value: number): object => ({
      expr: `${expr} or vector(-1)`,
      eval_time: `${hour}m`,
      exp_samples: [{ labels: '{}', value }],
    });
    const budget = 'round(sum(credential_rotation:error_budget:left30d), 0.001)';
    const objective = (values: string): RuleTest => ({
      interval: '1m',
      input_series: [
        // The Job runs from minute 10 to 20: failures outside of it do not count.
        {
          series: 'kube_job_status_active{namespace="openemr",job_name="credential-rotation-29"}',
          values: '0x9 1x10 0x40',
        },
        requests('200', '0+60000x60'),
        requests('502', values),
      ],
      promql_expr_test: [is(budget, 9, -1), is(budget, 40, 1), is(budget, 60, 1)] as never,
    });
    const rotations: RuleTest = {
      interval: '1m',
      input_series: [
        run('rotated', '0x9 1x9 2x9 3x40'),
        run('held', '0x29 1x40'),
        run('rolled-back', '0x60'),
        run('failed', '0+1x60'),
      ],
      promql_expr_test: [is('round(sum(credential_rotation:clean:ratio90d), 0.01)', 60, 0.75)] as never,
    };
    const used = objective('0x11 60x60');
    // 60 of 660,060 requests: 11 looks fell into the Job's time.
    used.promql_expr_test = [is(budget, 60, 0.091)] as never;
    const { code: status, said } = promtool(['test', 'rules', 'test.yaml'], {
      'rules.yaml': { groups: ruleGroups() },
      'test.yaml': {
        rule_files: ['rules.yaml'],
        evaluation_interval: '1m',
        tests: [objective('0x30 5000x60'), rotations, used],
      },
    });
    expect(status, said).to.equal(0);
  });

  it('keeps to metrics, labels and codes that there are', () => {
    const text = Object.values(monitoringFiles()).join('\n');
    for (const name of text.match(/credential_rotation_[a-z_]+/g) ?? [])
      expect(Object.keys(metrics)).to.include(name);
    for (const reason of loginFailures) expect(Object.keys(failureCodes)).to.include(reason);
    expect(metricsOfLook(of, new Date())).to.include('credential_rotation_last_run_timestamp_seconds{');
  });

  it('has a dashboard whose every query promtool takes', () => {
    const panels = dashboard().panels ?? [];
    const expressions = panels.flatMap((panel) =>
      ('targets' in panel ? (panel.targets ?? []) : []).map((target) => (target as { expr?: string }).expr),
    );
    expect(expressions).to.have.length(panels.length).and.not.include(undefined);
    const found = expressions.map((expr): Rule => ({
      record: 'a:query',
      expr: (expr ?? '').replaceAll('$namespace', '.*').replace(/\$\w+/g, '.*'),
    }));
    const { code: status, said } = promtool(['check', 'rules', '--lint=none', 'rules.yaml'], {
      'rules.yaml': { groups: [{ name: 'panels', rules: found }] },
    });
    expect(status, said).to.equal(0);
  });
});

describe('the objects of the Prometheus Operator', () => {
  const settings = { ...exampleSettings, deployment: 'web', stack: 'a.b', monitoring };

  it('are as its types say', async () => {
    const [{ PodMonitor }, { PrometheusRule }] = await Promise.all([
      import('@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PodMonitor'),
      import('@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule'),
    ]);
    const [monitor, rule] = [podMonitor(settings, monitoring), prometheusRule(settings, monitoring)];
    new PodMonitor(monitor).validate();
    new PrometheusRule(rule).validate();
    expect(monitor.metadata.labels).to.include({ release: 'kube-prometheus-stack' });
    // The validation is none that takes anything.
    const broken = structuredClone(monitor) as { spec: { podMetricsEndpoints: unknown } };
    broken.spec.podMetricsEndpoints = [{ honorLabels: 'yes' }];
    expect(() => new PodMonitor(broken as never).validate()).to.throw('honorLabels must be boolean');
  });

  it('are of this OpenEMR alone, and of its schedule', () => {
    const text = JSON.stringify(prometheusRule(settings, monitoring));
    expect(text).to.include('> 40 * 86400').and.include('> 60 * 86400').and.include('> 3 * 86400');
    const expressions = ruleGroups({ ...usualRules, of }).flatMap(({ rules: all }) =>
      all.map(({ expr }) => expr),
    );
    for (const expr of expressions)
      for (const [found] of expr.matchAll(/credential_rotation_[a-z_]+\{?[^}]*/g))
        if (!found.includes(':')) expect(found).to.include('deployment="web"');
    const [endpoint] = podMonitor(settings, monitoring).spec.podMetricsEndpoints;
    const keep = new RegExp(`^(?:${endpoint?.metricRelabelings[0]?.regex ?? ''})$`);
    expect('credential_rotation_last_exit_code;a.b;openemr;web').to.match(keep);
    expect('credential_rotation_last_exit_code;axb;openemr;web').not.to.match(keep);
    expect('push_time_seconds;a.b;openemr;web').not.to.match(keep);
  });

  it('are made with the way to the Pushgateway, when they are asked for', () => {
    const example = parse(repositoryText('infra/example.yaml')) as unknown;
    const files = renderManifests(withInput(example, ['kubernetes', 'monitoring'], monitoring));
    expect(files.get('monitoring.yaml')).to.include('kind: PodMonitor').and.include('kind: PrometheusRule');
    for (const name of ['cron-job.yaml', 'job.yaml'])
      expect(files.get(name)).to.include(`name: CREDENTIAL_ROTATION_PUSHGATEWAY_URL\n`);
    const policy = parse(files.get('network-policy.yaml') ?? '') as { spec: { egress: unknown[] } };
    expect(policy.spec.egress.at(-1)).to.deep.equal({
      to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }],
      ports: [{ protocol: 'TCP', port: 9091 }],
    });
    const twice = withInput(example, ['kubernetes'], {
      ...(example as { kubernetes: object }).kubernetes,
      monitoring,
      environment: { CREDENTIAL_ROTATION_PUSHGATEWAY_URL: 'http://elsewhere' },
    });
    expect(() => renderManifests(twice)).to.throw(
      'kubernetes.environment.CREDENTIAL_ROTATION_PUSHGATEWAY_URL is set by another input; leave it out.',
    );
  });
});
