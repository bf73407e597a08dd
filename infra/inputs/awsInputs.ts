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
  'makes the admin secret with this login',
);

const ownKey = (path: string) =>
  late(checks.keyArn, path, 'ARN of its KMS key, where that is not aws.secretsKey').optional();

const adoptedKey = (path: string, what: string) =>
  group(
    {
      adopt: late(
        checks.keyArn,
        `${path}.adopt`,
        `ARN of the key that is there; without it one is made`,
      ).optional(),
    },
    what,
  ).prefault({});

const role = group(
  {
    adopt: late(
      checks.roleArn,
      'aws.role.adopt',
      'ARN of the role that is there; it gets the policy',
    ).optional(),
    name: text(checks.roleName, 'name of the role that is made; without it Pulumi finds one').optional(),
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
    logGroup: late(checks.logGroup, 'aws.alarms.logGroup', "log group that takes the containers' lines"),
    format: z
      .enum(['container-insights', 'plain'], { error: () => 'container-insights or plain' })
      .default('container-insights')
      .describe(
        'container-insights: fields under log_processed; plain: the line alone, in a log group of its own',
      ),
    topics: list(checks.topicArn, 'ARNs of the SNS topics that are told').default([]),
    noSuccessForDays: whole(1, 7, 'alarm when for so many days no run ended well').default(2),
  },
  'alarms on the runs; without this group none is made',
);

/** What is made or adopted in AWS. */
export const awsInputs = group(
  {
    slotSecret: group(
      {
        adopt: late(checks.secretArn, 'aws.slotSecret.adopt', 'ARN of the secret that is there').optional(),
        name: text(checks.secretName, 'name of the secret that is made').default('openemr/slots'),
        key: ownKey('aws.slotSecret.key'),
      },
      'the slot secret',
    ).prefault({}),
    adminSecret: group(
      {
        adopt: late(checks.secretArn, 'aws.adminSecret.adopt', 'ARN of the secret that is there').optional(),
        name: text(checks.secretName, 'name of the secret that is made').default('openemr/admin'),
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
          'ARN of the key that is there; without it one is made',
        ).optional(),
        awsManaged: onOff(
          'true: the secrets are under aws/secretsmanager, there is no key of your own',
        ).default(false),
      },
      'the KMS key of each secret that names no other as its key',
    ).prefault({}),
    furtherSecrets: list(
      checks.secretArn,
      'ARNs of further secrets that the role rotates, under the same keys: those of the other OpenEMRs of a fleet',
    )
      .max(80, { error: () => 'at most 80: an inline policy holds no more; make a role for each part' })
      .default([]),
    secretReaders: list(
      checks.principalArn,
      'ARNs of roles or users that may read and write the secrets that are made besides the rotation; without it IAM alone decides',
    ).optional(),
    stateBucket: group(
      {
        adopt: late(checks.bucket, 'aws.stateBucket.adopt', 'name of the bucket that is there').optional(),
        name: text(checks.bucket, 'name of the bucket that is made; without it Pulumi finds one').optional(),
        folder: text(checks.folder, 'folder of the states in the bucket').default(''),
        keepVersionsDays: whole(
          30,
          3650,
          'how long versions of a state that was replaced are kept, in days',
        ).default(365),
      },
      'the bucket of the Pulumi states',
    ).prefault({}),
    stateKey: group(
      {
        adopt: late(
          checks.keyArn,
          'aws.stateKey.adopt',
          'ARN of the key that is there; without it one is made',
        ).optional(),
        awsManaged: onOff('true, with a bucket that is adopted: it is under a key of Amazon').default(false),
      },
      'the KMS key of the bucket',
    ).prefault({}),
    secretsProviderKey: adoptedKey(
      'aws.secretsProviderKey',
      'the KMS key that encrypts the passwords in the states',
    ),
    role,
    alarms: alarms.optional(),
    protect: onOff('whether Pulumi refuses to delete secrets, keys and bucket').default(true),
    tags: z
      .record(z.string(), z.string(), { error: () => 'names with texts' })
      .default({})
      .describe('tags of everything that is made'),
  },
  'what is made or adopted in AWS',
);
