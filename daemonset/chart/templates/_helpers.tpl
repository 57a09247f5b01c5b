{{- define "fantail.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "fantail.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- $name := include "fantail.name" . }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{- define "fantail.selectorLabels" -}}
app.kubernetes.io/name: {{ include "fantail.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "fantail.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "fantail.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "fantail.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "fantail.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "fantail.image" -}}
{{- if .Values.image.digest }}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) }}
{{- end }}
{{- end }}

{{- define "fantail.configFile" -}}
/fluent-bit/etc/conf/{{ if and .Values.config.yaml (not .Values.existingConfigMap) }}fantail.yaml{{ else }}fluent-bit.conf{{ end }}
{{- end }}

{{/* The files of the ConfigMap. */}}
{{- define "fantail.files" -}}
{{- if .Values.config.yaml }}
fantail.yaml: |
  {{- tpl .Values.config.yaml . | nindent 2 }}
{{- else }}
fluent-bit.conf: |
  {{- tpl (printf "%s\n%s\n%s\n%s" .Values.config.service .Values.config.inputs .Values.config.filters .Values.config.outputs) . | nindent 2 }}
custom_parsers.conf: |
  {{- default "# none" (tpl .Values.config.customParsers .) | nindent 2 }}
{{- end }}
{{- range $name, $text := .Values.config.extraFiles }}
{{ $name }}: |
  {{- tpl $text $ | nindent 2 }}
{{- end }}
{{- end }}
