import { usualRolloutSeconds } from './deadlines';
import type { RotationSettings } from './settings';

/** The settings of the OpenEMR that the documentation is about. */
export const exampleSettings: RotationSettings = {
  name: 'credential-rotation',
  namespace: 'openemr',
  deployment: 'openemr',
  kubernetesSecret: 'openemr-db-credentials',
  site: 'default',
  stack: 'prod',
  image: '111122223333.dkr.ecr.us-east-1.amazonaws.com/credential-rotation:1.0.0',
  awsRegion: 'us-east-1',
  slotSecretId: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:openemr/slots-AbCdEf',
  adminSecretId: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:openemr/admin-GhIjKl',
  backendUrl: 's3://openemr-credential-rotation-state?region=us-east-1',
  secretsProvider: 'awskms://alias/openemr-credential-rotation?region=us-east-1',
  sitesClaim: 'credential-rotation-sites',
  user: { uid: 65532, gid: 65532 },
  healthUrl: 'https://openemr.openemr.svc.cluster.local/meta/health/readyz',
  acceptDowntime: false,
  schedule: '9 3 * * *',
  timeZone: 'Etc/UTC',
  suspended: false,
  ifOlderThan: '30d',
  limits: { rolloutSeconds: usualRolloutSeconds, healthSeconds: 60, idleSeconds: 300 },
  resources: { cpu: '250m', memory: '512Mi', memoryLimit: '1Gi' },
  optionalRights: { lease: true, events: true, pods: false, workloads: true, canary: false },
  network: {
    databasePort: 3306,
    databaseCidrs: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'],
    apiServerPort: 443,
    healthPort: 443,
    more: [],
  },
  environment: {},
  secretEnvironment: {},
};
