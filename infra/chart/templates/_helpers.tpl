{{- /* Made by `npm run chart` (docs/helm.md). */}}

{{- /* OpenEMR's namespace: the release's, unless the values name another. */}}
{{- define "credential-rotation.namespace" -}}
{{ .Values.namespace | default .Release.Namespace }}
{{- end }}

{{- define "credential-rotation.schedule" -}}
{{- $who := printf "%s/%s" (include "credential-rotation.namespace" .) .Values.name -}}
{{ include "credential-rotation.ownMinute" (dict "schedule" .Values.kubernetes.schedule "who" $who) }}
{{- end }}

{{- define "credential-rotation.healthPort" -}}
{{ include "credential-rotation.portOf" .Values.kubernetes.healthUrl }}
{{- end }}

{{- /* The age at which the schedule rotates, and some days more. */}}
{{- define "credential-rotation.rotationDays" -}}
{{- $age := .Values.kubernetes.ifOlderThan -}}
{{- $perDay := get (dict "d" 1 "h" 24 "m" 1440) (regexFind "[dhm]$" $age) -}}
{{- $count := regexFind "^[0-9]+" $age | trimPrefix "0" | trimPrefix "0" | trimPrefix "0" | trimPrefix "0" | int64 -}}
{{ add (div (add $count (sub $perDay 1)) $perDay) 10 }}
{{- end }}

{{- /* An H is a minute of its own, by namespace and name. */}}
{{- define "credential-rotation.ownMinute" -}}
{{- $number := int64 (printf "0x%s" (trunc 8 (sha256sum .who))) -}}
{{ regexReplaceAll "^H " .schedule (printf "%d " (mod $number 60)) }}
{{- end }}

{{- /* The port that the URL names or means. */}}
{{- define "credential-rotation.portOf" -}}
{{- $url := urlParse . -}}
{{- $port := regexFind ":[0-9]+$" $url.host | trimPrefix ":" -}}
{{ $port | default (ternary "80" "443" (eq $url.scheme "http")) }}
{{- end }}

{{- /* The name of a pod or Secret, cut where it would be too long. */}}
{{- define "credential-rotation.podName" -}}
{{- if le (len .) 63 }}{{ . }}{{ else -}}
{{ regexReplaceAll "[-.]+$" (trunc 54 .) "" }}-{{ trunc 8 (sha256sum .) }}
{{- end }}
{{- end }}
