/** Variables that are no settings: they have neither a flag nor a key in the stack file. */
export const environmentOnly: Record<string, string> = {
  PULUMI_CONFIG_PASSPHRASE:
    "passphrase of the state's secrets; this or the next is required unless the secrets provider is a KMS key",
  PULUMI_CONFIG_PASSPHRASE_FILE: 'file with that passphrase',
  PULUMI_HOME: 'where the engine keeps its plugins (default: ~/.pulumi)',
  CREDENTIAL_ROTATION_ENGINE_ROOT: 'folder that holds bin/pulumi, where it is not on PATH',
  CREDENTIAL_ROTATION_REQUEST:
    'for pulumi preview alone: rotate or sync, what to preview; without it a preview shows how the users differ',
  CREDENTIAL_ROTATION_WEBHOOK_URL:
    'is told of the end of each rotation as a CloudEvent, see docs/reports.md; the URL is a secret',
  KUBECONFIG: "as for kubectl; leave it unset in a pod, so that the pod's service account is used",
  AWS_DEFAULT_REGION: 'for init alone: the region, where neither a secret nor an output names one',
  JOB_COMPLETION_INDEX: 'for fleet run: the deployment of this pod; the Job controller sets it',
  XDG_STATE_HOME: 'folder above the default of the setting home (default: ~/.local/state)',
  XDG_CACHE_HOME: 'folder above the cache of compiled code (default: ~/.cache)',
  NODE_COMPILE_CACHE: 'that cache itself',
  PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: 'true: the engine never downloads a plugin by itself',
  UV_THREADPOOL_SIZE:
    'threads for files and names (default: 24), since a share that hangs holds some of them',
  NO_COLOR: 'not empty: no colours',
  TERM: 'dumb: lines in place of a block that moves',
};
