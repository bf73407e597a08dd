/** Entries of `defaults` that a fleet file for pods needs. */
export const usualDefaults = `  awsRegion: us-east-1
  deployment: openemr
  kubernetesSecret: openemr-db-credentials
  backendUrl: s3://state?region=us-east-1
  secretsProvider: awskms://alias/rotation?region=us-east-1
`;

/** Three OpenEMRs, two of them in one namespace. */
export const threeDeployments = `deployments:
  - { name: a, namespace: a, sitesRoot: /mnt/openemr-sites/a, slotSecretId: a/slots, adminSecretId: a/admin }
  - { name: b, namespace: b, sitesRoot: /mnt/openemr-sites/b, slotSecretId: b/slots, adminSecretId: b/admin }
  - { name: b2, namespace: b, sitesRoot: /mnt/openemr-sites/b2, slotSecretId: b2/slots, adminSecretId: b2/admin, deployment: second, kubernetesSecret: second }
`;
