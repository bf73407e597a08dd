import type { Input } from '@pulumi/pulumi';
import type { z } from 'zod';
import { awsInputs } from './awsInputs';
import { checks } from './checks';
import { group, late, text, whole } from './fields';
import { kubernetesInputs } from './kubernetesInputs';

/** What is in AWS already, when only the cluster's half is made. */
const existing = group(
  {
    slotSecret: late(checks.secretId, 'existing.slotSecret', 'ARN or name of the slot secret'),
    adminSecret: late(checks.secretId, 'existing.adminSecret', 'ARN or name of the admin secret'),
    backendUrl: late(checks.backend, 'existing.backendUrl', 'address of the state bucket: s3://…?region=…'),
    secretsProvider: late(
      checks.secretsProvider,
      'existing.secretsProvider',
      'awskms://…?region=…, or passphrase',
    ),
    role: late(
      checks.roleArn,
      'existing.role',
      'ARN of the role, for irsa; without it Pod Identity gives it',
    ).optional(),
  },
  'what already exists in AWS; instead of aws',
);

const sites = group(
  {
    claim: text(checks.objectName, "adopts the claim that OpenEMR's pods mount").optional(),
    fileSystem: late(
      checks.fileSystem,
      'sites.fileSystem',
      'EFS file system, for a volume and a claim of our own',
    ).optional(),
    accessPoint: late(checks.accessPoint, 'sites.accessPoint', 'adopts this access point').optional(),
    path: text(checks.absolutePath, 'or makes one: the folder sites/ in the file system').optional(),
    owner: group(
      { uid: whole(0, 4_294_967_294, 'user id'), gid: whole(0, 4_294_967_294, 'group id') },
      'and the owner of the files in it',
    ).optional(),
  },
  "where OpenEMR's sites/ is",
);

/** All inputs. */
export const rotationInputs = group(
  {
    name: text(checks.prefix, 'the prefix of the name of every object').default('credential-rotation'),
    namespace: text(checks.label, "OpenEMR's namespace"),
    region: text(checks.region, 'AWS region of the secrets, the bucket and the keys'),
    stack: text(checks.stack, "this OpenEMR's Pulumi stack in the state bucket").default('prod'),
    aws: awsInputs.optional(),
    existing: existing.optional(),
    sites: sites.optional(),
    kubernetes: kubernetesInputs.optional(),
  },
  'all inputs',
);

/** What a program gives to `CredentialRotation`. */
export type RotationInputs = z.input<typeof rotationInputs>;

/** The inputs, checked and with their defaults. */
export type CheckedInputs = z.output<typeof rotationInputs>;

/** What is made or adopted in AWS, checked. */
export type CheckedAws = NonNullable<CheckedInputs['aws']>;

/** What is made in the cluster, checked. */
export type CheckedKubernetes = NonNullable<CheckedInputs['kubernetes']>;

/** Where OpenEMR's sites/ is, checked. */
export type CheckedSites = NonNullable<CheckedInputs['sites']>;

/** A text, known now or later. */
export type Text = Input<string>;
