import type { Input, Output } from '@pulumi/pulumi';
import { Output as PulumiOutput } from '@pulumi/pulumi';
import { z } from 'zod';
import { checks } from './checks';
import { group, late, list, onOff, text, whole } from './fields';

const adminLogin = group(
  {
    username: text(checks.line, "the database's admin user"),
    password: z
      .custom<Input<string>>((value): value is Output<string> => PulumiOutput.isInstance(value), {
        error: () =>
          'it as a secret: pulumi config set --secret adminPassword, or pulumi.secret(…) in a program',
      })
      .describe('its password; a Pulumi secret, never plain text'),
    host: late(checks.line, 'aws.adminSecret.login.host', "the database's writer endpoint"),
    port: whole(1, 65_535, "the database's port").default(3306),
    dbname: text(checks.line, "OpenEMR's schema").default('openemr'),
  },
  'creates the admin secret with this login',
);

const ownKey = (path: string) =>
  late(checks.keyArn, path, 'ARN of its KMS key, where that is not aws.secretsKey').optional();

const adoptedKey = (path: string, what: string) =>
  group(
    {
      adopt: late(
        checks.keyArn,
        `${path}.adopt`,
        `ARN of the existing key; without it one is created`,
      ).optional(),
    },
    what,
  ).prefault({});

const role = group(
  {
    adopt: late(checks.roleArn, 'aws.role.adopt', 'ARN of the existing role; it gets the policy').optional(),
    name: text(checks.roleName, 'name of the role to create; without it Pulumi generates one').optional(),
    trust: z
      .enum(['pod-identity', 'irsa'], { error: () => 'pod-identity or irsa' })
      .default('pod-identity')
      .describe('how the pod gets the role'),
    cluster: late(checks.cluster, 'aws.role.cluster', 'EKS cluster; needed for pod-identity').optional(),
    oidcProvider: late(
      checks.oidcProvider,
      'aws.role.oidcProvider',
      "ARN of the cluster's OIDC provider; needed to make a role for irsa",
    ).optional(),
  },
  "the rotation's IAM role",
);

const alarms = group(
  {
    logGroup: late(checks.logGroup, 'aws.alarms.logGroup', "log group that receives the containers' lines"),
    format: z
      .enum(['container-insights', 'plain'], { error: () => 'container-insights or plain' })
      .default('container-insights')
      .describe(
        'container-insights: fields under log_processed; plain: the line alone, in a log group of its own',
      ),
    topics: list(checks.topicArn, 'ARNs of the SNS topics to notify').default([]),
    noSuccessForDays: whole(1, 7, 'alarm if no run has succeeded for this many days').default(2),
  },
  'alarms on the runs; without this group none is created',
);

const securityHub = group(
  {
    evidence: text(
      checks.httpsOrS3,
      "where the rotations' evidence is kept; it stands in each finding's note",
    ),
    ruleOrder: whole(1, 1000, 'order of the rule among those of Security Hub').default(100),
  },
  'suppresses the findings SecretsManager.1 and .4 of these secrets; for the administrator account of Security Hub. Without this group no finding is touched',
);

/** What is made or adopted in AWS. */
export const awsInputs = group(
  {
    slotSecret: group(
      {
        adopt: late(checks.secretArn, 'aws.slotSecret.adopt', 'ARN of the existing secret').optional(),
        name: text(checks.secretName, 'name of the secret to create').default('openemr/slots'),
        key: ownKey('aws.slotSecret.key'),
      },
      'the slot secret',
    ).prefault({}),
    adminSecret: group(
      {
        adopt: late(checks.secretArn, 'aws.adminSecret.adopt', 'ARN of the existing secret').optional(),
        name: text(checks.secretName, 'name of the secret to create').default('openemr/admin'),
        key: ownKey('aws.adminSecret.key'),
        login: adminLogin.optional(),
      },
      'the admin secret',
    ),
    secretsKey: group(
      {
        adopt: late(
          checks.keyArn,
          'aws.secretsKey.adopt',
          'ARN of the existing key; without it one is created',
        ).optional(),
        awsManaged: onOff(
          'true: the secrets are encrypted with aws/secretsmanager, without a key of your own',
        ).default(false),
      },
      'the KMS key of each secret that has no key of its own here',
    ).prefault({}),
    furtherSecrets: list(
      checks.secretArn,
      'ARNs of further secrets that the role rotates, under the same keys: those of the other OpenEMRs of a fleet',
    )
      .max(80, { error: () => 'at most 80: an inline policy holds no more; make a role for each part' })
      .default([]),
    secretReaders: list(
      checks.principalArn,
      'ARNs of roles or users, besides the rotation, that may read and write the created secrets; without it IAM alone decides',
    ).optional(),
    stateBucket: group(
      {
        adopt: late(checks.bucket, 'aws.stateBucket.adopt', 'name of the existing bucket').optional(),
        name: text(checks.bucket, 'name of the bucket to create; without it Pulumi generates one').optional(),
        folder: text(checks.folder, 'folder of the states in the bucket').default(''),
        keepVersionsDays: whole(30, 3650, 'how long replaced versions of a state are kept, in days').default(
          365,
        ),
      },
      'the bucket of the Pulumi states',
    ).prefault({}),
    stateKey: group(
      {
        adopt: late(
          checks.keyArn,
          'aws.stateKey.adopt',
          'ARN of the existing key; without it one is created',
        ).optional(),
        awsManaged: onOff('true, for an adopted bucket: it is encrypted with a key that AWS manages').default(
          false,
        ),
      },
      'the KMS key of the bucket',
    ).prefault({}),
    secretsProviderKey: adoptedKey(
      'aws.secretsProviderKey',
      'the KMS key that encrypts the passwords in the states',
    ),
    role,
    alarms: alarms.optional(),
    securityHub: securityHub.optional(),
    protect: onOff('whether Pulumi refuses to delete secrets, keys and bucket').default(true),
    tags: z
      .record(z.string(), z.string(), { error: () => 'names with texts' })
      .default({})
      .describe('tags of everything that is created'),
  },
  'what is created or adopted in AWS',
);
