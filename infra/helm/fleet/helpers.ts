import { largestText } from '../../../src/fleet/jobSettings';
import { sharedHelpers } from '../helpers';

/**
 * What `fleet manifest` computes from the fleet file, said in the language of Go's templates. A test compares the objects
 * with those of `fleet manifest`.
 */
export const fleetHelpers = `{{- /* Made by \`npm run chart\` (docs/helm.md). */}}

{{- /* The fleet file that the pods read: the values, without what only the chart has. */}}
{{- define "credential-rotation.file" -}}
{{ omit .Values "since" "report" "global" | toYaml }}
{{- end }}

{{- define "credential-rotation.fileHash" -}}
{{ include "credential-rotation.file" . | sha256sum | trunc 10 }}
{{- end }}

{{- define "credential-rotation.schedule" -}}
{{- $who := printf "%s/%s-rotation" .Values.job.namespace .Values.name -}}
{{ include "credential-rotation.ownMinute" (dict "schedule" .Values.job.schedule "who" $who) }}
{{- end }}

{{- /* The time of the run as a name has it, and as the command prints it. */}}
{{- define "credential-rotation.stamp" -}}
{{ regexReplaceAll "[-:]" .Values.since "" | replace "T" "-" | trunc 15 }}
{{- end }}
{{- define "credential-rotation.since" -}}
{{ printf "%s.000Z" (trimSuffix "Z" .Values.since) }}
{{- end }}

{{- /* Every deployment with the defaults, as JSON. */}}
{{- define "credential-rotation.deployments" -}}
{{- $all := list -}}
{{- range .Values.deployments -}}
{{- $all = append $all (merge (deepCopy .) (deepCopy ($.Values.defaults | default dict))) -}}
{{- end -}}
{{ toJson $all }}
{{- end }}

{{- define "credential-rotation.namespaces" -}}
{{- $all := list -}}
{{- range include "credential-rotation.deployments" . | fromJsonArray }}{{ $all = append $all .namespace }}{{ end -}}
{{ uniq $all | toJson }}
{{- end }}

{{- /* Those of one namespace. */}}
{{- define "credential-rotation.deploymentsIn" -}}
{{- $namespace := .namespace -}}
{{- $all := list -}}
{{- range include "credential-rotation.deployments" .root | fromJsonArray -}}
{{- if eq .namespace $namespace }}{{ $all = append $all . }}{{ end -}}
{{- end -}}
{{ toJson $all }}
{{- end }}

{{- /* The health pages, each namespace and port once. */}}
{{- define "credential-rotation.pages" -}}
{{- $all := list -}}
{{- range include "credential-rotation.deployments" . | fromJsonArray -}}
{{- if .healthUrl -}}
{{- $port := $.Values.job.healthPort | default (include "credential-rotation.portOf" .healthUrl) | int64 -}}
{{- $all = append $all (dict "namespace" .namespace "port" $port) -}}
{{- end -}}
{{- end -}}
{{ uniq $all | toJson }}
{{- end }}

{{- /* The longest of a limit of all deployments, in whole seconds. */}}
{{- define "credential-rotation.longest" -}}
{{- $most := 0.0 -}}
{{- $key := .key -}}
{{- $usual := .usual -}}
{{- range include "credential-rotation.deployments" .root | fromJsonArray -}}
{{- $most = maxf $most (float64 (ternary (get . $key) $usual (hasKey . $key))) -}}
{{- end -}}
{{ ceil $most | int64 }}
{{- end }}

{{- /* The Job controller knows nothing of what deployments share. */}}
{{- define "credential-rotation.check" -}}
{{- if gt (len (include "credential-rotation.file" .)) ${largestText} }}{{ fail "the fleet is too large for a ConfigMap; split it" }}{{ end -}}
{{- $seen := dict -}}
{{- range include "credential-rotation.deployments" . | fromJsonArray -}}
{{- $secret := printf "%v %v" .awsRegion .adminSecretId -}}
{{- if and (hasKey $seen $secret) (ne (int64 $.Values.concurrency) 1) -}}
{{- fail (printf "%s, %s share an admin secret, so that only one may rotate at a time: set concurrency to 1" (get $seen $secret) .name) -}}
{{- end -}}
{{- $_ := set $seen $secret .name -}}
{{- end -}}
{{- end }}

${sharedHelpers}`;
