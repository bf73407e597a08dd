import { stringify } from 'yaml';
import { jobSchema } from '../../../src/fleet/fileSchema';
import { usualRights } from '../../../src/fleet/jobSettings';
import { usualConcurrency } from '../../../src/fleet/schedule';
import type { Package } from '../chart';
import { chartFile } from '../chart';
import { fleetHelpers } from './helpers';
import { fleetValuesSchema } from './schema';
import { fleetTemplates } from './templates';

const notes = `{{- /* Made by \`npm run chart\` (docs/helm.md). */}}
{{- if .Values.job.schedule }}
The schedule {{ include "credential-rotation.schedule" . | quote }} ({{ .Values.job.timeZone | default "Etc/UTC" }}) rotates {{ len .Values.deployments }} OpenEMRs. Now:

  kubectl -n {{ .Values.job.namespace }} create job --from=cronjob/{{ .Values.name }}-rotation {{ .Values.name }}-rotation-now
{{- else }}
The Job {{ .Values.name }}-rotation-{{ include "credential-rotation.stamp" . }} rotates {{ len .Values.deployments }} OpenEMRs now:

  kubectl -n {{ .Values.job.namespace }} get job {{ .Values.name }}-rotation-{{ include "credential-rotation.stamp" . }}
{{- end }}
`;

/** values.yaml: what the fleet file may leave out, and what the chart needs to know. */
function valuesFile(): string {
  const fields = Object.keys(jobSchema.shape).filter((each) => each !== 'optionalRights');
  return `# Values of the chart, made by \`npm run chart\`: a fleet file (docs/fleet.md) serves as it is, so that the command and the
# chart read the same one. What has no default stands behind #.
name: fleet
concurrency: ${usualConcurrency}
onFailure: stop
# stagger: only for \`fleet run\`
# ifOlderThan:
# one run, beginning at this time, such as 2026-01-31T03:00:00Z; instead of job.schedule
# since:
# true: also the suspended Job that reports. A Job cannot be changed: set it to false in an upgrade of the chart
report: false
job:
  optionalRights: ${stringify(usualRights, { collectionStyle: 'flow' }).trimEnd()}
${fields.map((each) => `  # ${each}:`).join('\n')}
# settings of all deployments
# defaults:
# the OpenEMRs, each with its name and its settings [required]
# deployments:
`;
}

/** The files of the fleet's Helm chart as path → text. The same program gives the same bytes. */
export function renderFleetChart(about: Package): Map<string, string> {
  const description = 'Changes the database passwords of many OpenEMRs by one Indexed Job.';
  return new Map([
    ['Chart.yaml', chartFile('credential-rotation-fleet', { ...about, description })],
    ['values.yaml', valuesFile()],
    ['values.schema.json', `${JSON.stringify(fleetValuesSchema(), undefined, 2)}\n`],
    ['templates/_helpers.tpl', fleetHelpers],
    ['templates/NOTES.txt', notes],
    ...[...fleetTemplates()].map(([file, text]): [string, string] => [`templates/${file}`, text]),
  ]);
}
