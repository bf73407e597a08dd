import { existsSync } from 'node:fs';
import { expect } from 'chai';
import {
  pagerDutyUrlVariable,
  routingKeyVariable,
  slackVariable,
  teamsVariable,
  webhookVariable,
} from '../../../src/notify/receivers';
import { exitCodes } from '../../../src/base/failure';
import { cloudEventOf, typePrefix } from '../../../src/notify/cloudEvent';
import { reportingComponent } from '../../../src/notify/kubernetesEvent';
import { eventReasons } from '../../../src/rotation/ends';
import { metrics, metricsText } from '../../../src/notify/metrics';
import { pushJob } from '../../../src/notify/pushgateway';
import { commonLabels } from '../../../src/notify/samples';
import { definitionOf } from '../../../src/settings/options';
import { endedRun, stepsWith } from '../notify/runs';
import { repositoryFile, repositoryText } from './readme';

const text = repositoryText('docs', 'reports.md');

/** The rows of the table that begins with this heading, as cells. */
function rowsOf(heading: string): string[][] {
  const lines = text.split('\n');
  const rows = lines.slice(lines.findIndex((line) => line.startsWith(`| ${heading} |`)) + 2);
  return rows.slice(0, rows.findIndex((line) => !line.startsWith('|')) >>> 0).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
}

/** Paths of all values of an object; arrays give `[]`. */
function pathsOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((each) => pathsOf(each, `${path}[]`));
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, each]) => pathsOf(each, path === '' ? key : `${path}.${key}`));
}

describe('docs/reports.md', () => {
  it('has each field of a CloudEvent, and no other', () => {
    const run = endedRun({ outcome: 'held', steps: stepsWith({ 10: 'failed' }) });
    const real = new Set(pathsOf(cloudEventOf(run)));
    expect(rowsOf('field').map(([name]) => name)).to.have.members([...real]);
    expect(text).to.include(`\`${typePrefix}\``);
  });

  it('has each metric with its type and labels, as they are written', () => {
    const written = metricsText(endedRun(), '', 'all');
    const rows = rowsOf('metric').map(([name, type, label]) => [
      name,
      type,
      label === '–' ? undefined : label,
    ]);
    const wanted = Object.entries(metrics).map(([name, metric]) => [
      name,
      metric.type,
      'label' in metric ? metric.label : undefined,
    ]);
    expect(rows).to.deep.equal(wanted);
    for (const [name, type, label = commonLabels.at(-1)] of wanted) {
      expect(written).to.match(new RegExp(`^# TYPE ${name} ${type}$`, 'm'));
      expect(written).to.match(new RegExp(`^${name}\\{[^}]*${label}="[^"]+"\\} `, 'm'));
    }
    for (const label of commonLabels) expect(text).to.include(`\`${label}\``);
    const named = text.match(/credential_rotation_[a-z_]+/g) ?? [];
    expect([...Object.keys(metrics)]).to.include.members(named);
    expect(text).to.include(`/metrics/job/${pushJob}/${commonLabels.map((label) => `${label}/…`).join('/')}`);
  });

  it('has each reason of an Event, and each type of the webhook, by outcome', () => {
    const rows = rowsOf('end');
    expect(rows.map(([, , reason]) => reason?.split(' ')[0])).to.deep.equal(Object.values(eventReasons));
    expect(rows.map(([, , , type]) => type)).to.deep.equal(['rotated', 'rolled-back', 'held', '–']);
    expect(
      rows
        .map(([, codes]) => codes?.split(' ')[0])
        .slice(0, 3)
        .map(Number),
    ).to.deep.equal([exitCodes.done, exitCodes['rolled-back'], exitCodes.held]);
    expect(text).to.include(`\`reportingComponent\` is \`${reportingComponent}\``);
  });

  it('names variables that there are, and links to files that there are', () => {
    const { metricsFile, pushgatewayUrl } = {
      metricsFile: definitionOf('metricsFile').variable,
      pushgatewayUrl: definitionOf('pushgatewayUrl').variable,
    };
    const named = new Set(text.match(/CREDENTIAL_ROTATION_[A-Z_]+/g));
    expect([...named]).to.have.members([
      metricsFile,
      pushgatewayUrl,
      webhookVariable,
      slackVariable,
      teamsVariable,
      routingKeyVariable,
      pagerDutyUrlVariable,
    ]);
    for (const [, target = ''] of text.matchAll(/\]\((?!https:)([^)]+)\)/g))
      expect(existsSync(repositoryFile('docs', target)), target).to.equal(true);
  });
});
