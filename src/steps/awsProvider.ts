/**
 * How Pulumi's aws plugin is configured; the plugin's provider in the state keeps its name.
 *
 * - It tries a request 25 times and waits up to 300 s in between (hashicorp/terraform-provider-aws, internal/conns:
 *   `maxBackoff`, `v1CompatibleBackoff`): a write whose connection is always cut ended after 55 minutes.
 *   `AWS_MAX_ATTEMPTS` does not count there. Six tries end within 2 s of pauses, within 31 s when throttled.
 * - It asks STS twice who it is, before anything else. Nothing of the answer is used: so a run needs no way to STS, and
 *   credentials that do not work are named by Secrets Manager itself.
 *
 * `skipMetadataApiCheck` must stay unset: it would take the credentials of a node's instance profile away.
 */
export const awsProviderConfig: Record<string, string> = {
  'aws:maxRetries': '6',
  'aws:skipCredentialsValidation': 'true',
  'aws:skipRequestingAccountId': 'true',
};
