import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { exampleSettings } from '../../../infra/kubernetes/example';
import type { Monitoring } from '../../../infra/kubernetes/settings';
import { podMonitor, prometheusRule } from '../../../infra/monitoring/objects';
import { tools } from '../../../lab/package';
import { freePort } from '../../../lab/servers/ports';
import type { EndedRun } from '../../../src/notify/endedRun';
import { tellPushgateway, tellPushgatewayOfLook } from '../../../src/notify/pushgateway';
import { until } from '../../lab/support/until';
import { endedRun, refusedRun, stepsWith } from '../notify/runs';
import type { Prometheus, Server } from './prometheus';
import { needsPrometheus, startPrometheus, startPushgateway } from './prometheus';

const monitoring: Monitoring = {
  pushgateway: { url: '', namespace: 'monitoring', port: 9091, labels: {} },
  labels: {},
  passwordDays: 60,
  notRunDays: 3,
};
const settings = { ...exampleSettings, deployment: 'web', stack: 'prod', monitoring };

/** What the Prometheus Operator makes of a PodMonitor: the pod's own labels come with the target, `namespace` among them. */
function scrapeOf(target: string, name: string): object {
  const [endpoint] = podMonitor(settings, monitoring).spec.podMetricsEndpoints;
  return {
    job_name: name,
    honor_labels: endpoint?.honorLabels,
    metrics_path: endpoint?.path,
    static_configs: [{ targets: [target], labels: { namespace: 'monitoring', pod: 'pushgateway-0' } }],
    metric_relabel_configs: endpoint?.metricRelabelings.map(({ action, regex, sourceLabels }) => ({
      ...{ action, regex, source_labels: sourceLabels },
    })),
  };
}

const held = endedRun({ outcome: 'held', steps: stepsWith({ 10: 'failed' }) });

/** This run, as if it had ended a moment ago: the rules look at the clock. */
function now(run: EndedRun): EndedRun {
  const later = (date: Date | undefined): Date =>
    new Date(Date.now() - run.endedAt.getTime() + (date?.getTime() ?? 0));
  const doneAt = Object.fromEntries(Object.entries(run.doneAt).map(([step, date]) => [step, later(date)]));
  return { ...run, startedAt: later(run.startedAt), endedAt: later(run.endedAt), doneAt };
}

describe('a real Pushgateway, and the Prometheus that scrapes it', function () {
  this.timeout(120_000);
  needsPrometheus();
  let folder: string;
  let port: number;
  let gateway: Server | undefined;
  let prometheus: Prometheus | undefined;

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'pushgateway-'));
    port = await freePort();
    gateway = await startPushgateway(port, path.join(folder, 'metrics'));
    const groups = prometheusRule(settings, monitoring).spec.groups.map(({ name, rules }) => ({
      name,
      rules,
    }));
    prometheus = await startPrometheus(
      {
        global: { scrape_interval: '500ms', scrape_timeout: '500ms', evaluation_interval: '300ms' },
        scrape_configs: [
          scrapeOf(`127.0.0.1:${port}`, 'kept'),
          {
            ...scrapeOf(`127.0.0.1:${port}`, 'renamed'),
            ...{ honor_labels: false, metric_relabel_configs: [] },
          },
        ],
      },
      { groups },
    );
  });
  after(async () => {
    await Promise.all([gateway?.stop(), prometheus?.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  const push = (run: EndedRun): Promise<void> =>
    tellPushgateway(now(run), gateway?.url ?? '', AbortSignal.timeout(5000));
  const look = (): Promise<void> =>
    tellPushgatewayOfLook(
      { stack: 'prod', namespace: 'openemr', deployment: 'web' },
      new Date(),
      gateway?.url ?? '',
      AbortSignal.timeout(5000),
    );
  const text = async (): Promise<string> => (await fetch(`${gateway?.url}/metrics`)).text();
  const seen = async (expression: string): Promise<Record<string, string>[]> =>
    (await prometheus?.query(expression)) ?? [];
  const waitFor = (expression: string, count = 1): Promise<void> =>
    until(`${expression} gives ${count}`, async () => (await seen(expression)).length === count, {
      limitMs: 60_000,
    });
  const firing = (alert: string): string =>
    `ALERTS{alertname="CredentialRotation${alert}",alertstate="firing"}`;

  it('each run goes on from what is there; another OpenEMR has series of its own', async () => {
    await push(endedRun());
    await push(held);
    await push({ ...held, deployment: 'other' });
    await push(held);
    const found = await text();
    const runs = (verdict: string, deployment: string): string | undefined =>
      new RegExp(
        `^credential_rotation_runs_total\\{deployment="${deployment}",.*verdict="${verdict}"\\} (\\S+)$`,
        'm',
      ).exec(found)?.[1];
    expect(runs('held', 'web')).to.equal('2');
    expect(runs('rotated', 'web')).to.equal('1');
    expect(runs('held', 'other')).to.equal('1');
    const { status, stdout, stderr } = spawnSync(tools().promtool, ['check', 'metrics'], {
      input: found
        .split('\n')
        .filter((line) => /^(# \w+ )?credential_rotation_/.test(line))
        .map((line) => `${line}\n`)
        .join(''),
      encoding: 'utf8',
    });
    expect(status, stdout + stderr).to.equal(0);
  });

  it('the alert goes off, and ends with the run that has finished the rotation; only its own OpenEMR is taken', async () => {
    await waitFor(firing('Held'));
    const [alert] = await seen(firing('Held'));
    expect(alert).to.include({
      namespace: 'openemr',
      deployment: 'web',
      stack: 'prod',
      severity: 'critical',
    });
    expect(
      await seen('credential_rotation_last_verdict{job="credential_rotation",deployment="other"}'),
    ).to.deep.equal([]);
    await push(endedRun());
    await waitFor(firing('Held'), 0);
    expect(await seen('ALERTS')).to.deep.equal([]);
  });

  it('without honor_labels the label namespace is renamed, as docs/monitoring.md says', async () => {
    const found = await seen('credential_rotation_last_exit_code{deployment="web"}');
    const labels = found.map(({ namespace, exported_namespace: exported }) => [namespace, exported]);
    expect(labels).to.have.deep.members([
      ['openemr', undefined],
      ['monitoring', 'openemr'],
    ]);
  });

  it('a run that was refused, and one that finds nothing due, leave what is there', async () => {
    await push(refusedRun('permission', 'No.'));
    await waitFor(firing('Failed'));
    await look();
    expect(await text()).to.match(/^credential_rotation_last_verdict\{.*verdict="rotated"\} 1$/m);
  });

  it('the alert of a held rotation ends with a run that finds nothing due, if the one that finished it told nobody', async () => {
    await push(held);
    await waitFor(firing('Held'));
    await look();
    await waitFor(firing('Held'), 0);
    expect(await text()).to.match(/^credential_rotation_last_verdict\{.*verdict="held"\} 0$/m);
    expect(await text()).to.match(/^credential_rotation_password_timestamp_seconds\{/m);
  });

  it('what it has outlives its restart, with --persistence.file', async () => {
    const ours = async (): Promise<string[]> =>
      (await text()).split('\n').filter((line) => line.startsWith('credential_rotation_'));
    const before = await ours();
    expect(before).not.to.deep.equal([]);
    await gateway?.stop();
    gateway = await startPushgateway(port, path.join(folder, 'metrics'));
    expect(await ours()).to.deep.equal(before);
  });
});
