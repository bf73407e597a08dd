import type { RotationInputs } from '../../../infra/inputs/inputs';

/** ARNs and ids of things that are there already. */
export const there = {
  slotSecret: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:openemr/slots-AbCdEf',
  adminSecret: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:openemr/admin-GhIjKl',
  furtherSecret: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:clinic-b/slots-MnOpQr',
  key: 'arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555',
  adminKey: 'arn:aws:kms:us-east-1:111122223333:key/12111111-2222-3333-4444-555555555555',
  stateKey: 'arn:aws:kms:us-east-1:111122223333:key/21111111-2222-3333-4444-555555555555',
  passwordsKey: 'arn:aws:kms:us-east-1:111122223333:key/31111111-2222-3333-4444-555555555555',
  role: 'arn:aws:iam::111122223333:role/teams/openemr/rotation',
  oidcProvider: 'arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/ABCDEF',
  topic: 'arn:aws:sns:us-east-1:111122223333:on-call',
  reader: 'arn:aws:iam::111122223333:role/platform',
};

/** The cluster's half, as small as it may be. */
export const kubernetes = {
  deployment: 'openemr',
  secret: 'openemr-db-credentials',
  image: 'registry.example/credential-rotation:1.2.3',
} satisfies RotationInputs['kubernetes'];

/** What is in AWS, for the cluster's half alone. */
export const existing = {
  slotSecret: there.slotSecret,
  adminSecret: there.adminSecret,
  backendUrl: 's3://state?region=us-east-1',
  secretsProvider: 'awskms://alias/rotation?region=us-east-1',
} satisfies RotationInputs['existing'];

/** The cluster's half alone. */
export const clusterOnly = {
  namespace: 'openemr',
  region: 'us-east-1',
  existing,
  sites: { claim: 'openemr-sites' },
  kubernetes: { ...kubernetes, user: { uid: 1000, gid: 101 } },
} satisfies RotationInputs;

/** The half of AWS, with everything adopted. */
export const adopted = {
  namespace: 'openemr',
  region: 'us-east-1',
  aws: {
    slotSecret: { adopt: there.slotSecret },
    adminSecret: { adopt: there.adminSecret },
    secretsKey: { adopt: there.key },
    stateBucket: { adopt: 'their-state', folder: 'openemr' },
    stateKey: { adopt: there.stateKey },
    secretsProviderKey: { adopt: there.passwordsKey },
    role: { adopt: there.role, cluster: 'production' },
  },
} satisfies RotationInputs;
