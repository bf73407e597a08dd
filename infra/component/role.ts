import { PodIdentityAssociation } from '@pulumi/aws/eks/podIdentityAssociation';
import { Role } from '@pulumi/aws/iam/role';
import { RolePolicy } from '@pulumi/aws/iam/rolePolicy';
import type { Input, Output } from '@pulumi/pulumi';
import { output } from '@pulumi/pulumi';
import { rotationPolicy } from '../aws/policies';
import { irsaTrust, podIdentityTrust } from '../aws/trust';
import type { CheckedAws } from '../inputs/inputs';
import { objectNames } from '../kubernetes/settings';
import type { Secrets } from './secrets';
import { childOf, type Scope } from './scope';
import type { State } from './state';

/** What the role's policy is about. */
export interface RoleTargets {
  secrets: Secrets;
  secretsKeyArns: Output<string>[];
  state: State;
  secretsProviderKeyArn: Output<string>;
}

/** A role: its ARN, and its name, which its policy is put on by. */
export interface RotationRole {
  arn: Output<string>;
  name: Output<string>;
}

/** Makes or adopts the role, and with Pod Identity ties it to the ServiceAccount. */
export function roleFor(scope: Scope, { role }: CheckedAws): RotationRole {
  const { namespace, region, aws } = scope.inputs;
  const serviceAccount = serviceAccountOf(scope);
  const made = role.adopt === undefined ? makeRole(scope, role, serviceAccount) : adopted(role.adopt);
  if (role.trust === 'pod-identity')
    new PodIdentityAssociation(
      scope.name,
      {
        clusterName: role.cluster ?? '',
        namespace,
        serviceAccount,
        roleArn: made.arn,
        region,
        tags: aws?.tags ?? {},
      },
      childOf(scope),
    );
  return made;
}

function serviceAccountOf({ inputs }: Scope): string {
  const { name, namespace, kubernetes } = inputs;
  return objectNames({ name, namespace, serviceAccount: kubernetes?.serviceAccount.adopt }).serviceAccount;
}

function adopted(arn: Input<string>): RotationRole {
  const known = output(arn);
  // A role's name is what follows the last slash: before it may stand a path.
  return { arn: known, name: known.apply((text) => text.slice(text.lastIndexOf('/') + 1)) };
}

function makeRole(scope: Scope, role: CheckedAws['role'], serviceAccount: string): RotationRole {
  const { namespace, aws } = scope.inputs;
  const account = { namespace, serviceAccount };
  const trust =
    role.trust === 'irsa'
      ? output(role.oidcProvider ?? '').apply((provider) => irsaTrust(account, provider))
      : output(role.cluster ?? '').apply((cluster) => podIdentityTrust(account, cluster));
  const made = new Role(
    scope.name,
    {
      description: `Rotates the database passwords of OpenEMR in ${namespace}`,
      assumeRolePolicy: trust.apply((document) => JSON.stringify(document)),
      tags: aws?.tags ?? {},
      ...(role.name === undefined ? {} : { name: role.name }),
    },
    childOf(scope),
  );
  return { arn: made.arn, name: made.name };
}

/** Gives the role exactly what a rotation uses, as an inline policy that goes with it. */
export function rolePolicyFor(
  scope: Scope,
  { stateBucket, furtherSecrets, role: { adopt } }: CheckedAws,
  role: RotationRole,
  targets: RoleTargets,
): void {
  const { secrets, secretsKeyArns, state, secretsProviderKeyArn } = targets;
  const policy = output({
    region: scope.inputs.region,
    slotSecretArn: secrets.slot,
    adminSecretArn: secrets.admin,
    furtherSecretArns: furtherSecrets,
    secretsKeyArns,
    state: { bucketArn: state.bucketArn, keyArn: state.keyArn, prefix: stateBucket.folder },
    secretsProviderKeyArn,
  }).apply((settings) => JSON.stringify(rotationPolicy(settings)));
  const { name: ownName, namespace, stack } = scope.inputs;
  // A role that is there may serve several OpenEMRs: under one name each program would put its policy over the other's.
  const name = adopt === undefined ? 'credential-rotation' : `${ownName}-${namespace}-${stack}`.slice(0, 128);
  new RolePolicy(scope.name, { role: role.name, name, policy }, childOf(scope));
}
