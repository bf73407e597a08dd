{{- /* Made by `npm run chart` (docs/helm.md). */}}

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
{{- if gt (len (include "credential-rotation.file" .)) 1000000 }}{{ fail "the fleet is too large for a ConfigMap; split it" }}{{ end -}}
{{- $seen := dict -}}
{{- range include "credential-rotation.deployments" . | fromJsonArray -}}
{{- $secret := printf "%v %v" .awsRegion .adminSecretId -}}
{{- if and (hasKey $seen $secret) (ne (int64 $.Values.concurrency) 1) -}}
{{- fail (printf "%s, %s share an admin secret, so that only one may rotate at a time: set concurrency to 1" (get $seen $secret) .name) -}}
{{- end -}}
{{- $_ := set $seen $secret .name -}}
{{- end -}}
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
