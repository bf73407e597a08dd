import { stringify } from 'yaml';
import { helpers } from './helpers';
import { valuesSchema } from './schema';
import { templates } from './templates';
import { valuesFile } from './values';

/** What the chart takes from package.json. */
export interface Package {
  version: string;
  description: string;
  license: string;
}

const notes = `{{- /* Made by \`npm run chart\` (docs/helm.md). */}}
The schedule {{ include "credential-rotation.schedule" . | quote }} ({{ .Values.kubernetes.timeZone }}) rotates the passwords of
{{ include "credential-rotation.namespace" . }}/{{ .Values.kubernetes.deployment }} when they are older than {{ .Values.kubernetes.ifOlderThan }}. Now, if they are older:

  kubectl -n {{ include "credential-rotation.namespace" . }} create job --from=cronjob/{{ .Values.name }} {{ .Values.name }}-now
`;

/** Chart.yaml of a chart. */
export function chartFile(name: string, { version, description, license }: Package): string {
  const chart = {
    apiVersion: 'v2',
    name,
    description,
    type: 'application',
    version,
    appVersion: version,
    // The oldest that the chart's objects are checked against.
    kubeVersion: '>=1.29.0-0',
    home: 'https://github.com/openemr/openemr-credential-rotation',
    annotations: { licenses: license },
  };
  return `# Made by \`npm run chart\` (docs/helm.md).\n${stringify(chart, { lineWidth: 0 })}`;
}

/** The files of the Helm chart as path → text. The same program gives the same bytes. */
export function renderChart(about: Package): Map<string, string> {
  return new Map([
    ['Chart.yaml', chartFile('credential-rotation', about)],
    ['values.yaml', valuesFile()],
    ['values.schema.json', `${JSON.stringify(valuesSchema(), undefined, 2)}\n`],
    ['templates/_helpers.tpl', helpers],
    ['templates/NOTES.txt', notes],
    ...[...templates()].map(([name, text]): [string, string] => [`templates/${name}`, text]),
  ]);
}
