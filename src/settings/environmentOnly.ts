/** Variables that are no settings: they have neither a flag nor a key in the stack file. */
export const environmentOnly: Record<string, string> = {
  PULUMI_CONFIG_PASSPHRASE:
    "passphrase of the state's secrets; this or the next is required unless the secrets provider is a KMS key",
  PULUMI_CONFIG_PASSPHRASE_FILE: 'file with that passphrase',
  PULUMI_HOME: 'where the engine keeps its plugins (default: ~/.pulumi)',
  CREDENTIAL_ROTATION_ENGINE_ROOT: 'folder that holds bin/pulumi, if it is not on PATH',
  CREDENTIAL_ROTATION_REQUEST:
    'only for pulumi preview: what to preview, rotate or sync; without it a preview shows how the users differ',
  CREDENTIAL_ROTATION_WEBHOOK_URL:
    'receives a CloudEvent at the end of each rotation, see docs/reports.md; the URL is a secret',
  CREDENTIAL_ROTATION_SLACK_WEBHOOK_URL: "a Slack channel's incoming webhook, a secret",
  CREDENTIAL_ROTATION_TEAMS_WEBHOOK_URL: "a Microsoft Teams channel's workflow webhook, a secret",
  CREDENTIAL_ROTATION_PAGERDUTY_ROUTING_KEY: "a PagerDuty service's Events API v2 integration key, a secret",
  CREDENTIAL_ROTATION_PAGERDUTY_URL: "address of PagerDuty's Events API v2 (default: that of its US region)",
  KUBECONFIG: "as for kubectl; leave it unset in a pod, so that the pod's service account is used",
  AWS_DEFAULT_REGION: 'only for init: the region, if neither a secret nor an output names one',
  JOB_COMPLETION_INDEX: 'for fleet run: the deployment of this pod; the Job controller sets it',
  XDG_STATE_HOME: 'parent folder of the default of home (default: ~/.local/state)',
  XDG_CACHE_HOME: 'parent folder of the cache of compiled code (default: ~/.cache)',
  NODE_COMPILE_CACHE: 'the cache of compiled code itself',
  PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: 'true: the engine never downloads a plugin by itself',
  UV_THREADPOOL_SIZE:
    'threads for files and host names (default: 24); a network share that hangs blocks some of them',
  TRACEPARENT: 'the trace that the run belongs to (W3C Trace Context), see docs/traces.md',
  NO_COLOR: 'if not empty: no colours',
  TERM: 'if dumb: lines instead of a live display',
};
