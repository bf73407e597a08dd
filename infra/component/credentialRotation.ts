import type { ComponentResourceOptions, Input, Output } from '@pulumi/pulumi';
import { ComponentResource, interpolate, RunError } from '@pulumi/pulumi';
import type { CheckedAws, CheckedInputs, RotationInputs } from '../inputs/inputs';
import { InputProblems, readInputs } from '../inputs/read';
import type { AwsValues } from '../settingsOf';
import { settingsOf } from '../settingsOf';
import { volumeHandleFor } from './accessPoint';
import { makeAlarms } from './alarms';
import { makeObjects } from './cluster';
import { keyFor, secretKeysFor } from './keys';
import { roleFor, rolePolicyFor } from './role';
import type { Scope } from './scope';
import { policiesFor, secretsFor } from './secrets';
import { makeSuppression } from './securityHub';
import { stateFor } from './state';

/**
 * Everything that a scheduled rotation of one OpenEMR needs, in AWS, in the cluster, or in both. What is there already
 * is adopted by its id and left as it is. Wrong inputs end the preview with one sentence for each.
 */
export class CredentialRotation extends ComponentResource {
  /** ARNs, addresses and ids, for the command's settings and for other programs; undefined without the half aws. */
  readonly slotSecretArn: Output<string> | undefined;
  readonly adminSecretArn: Output<string> | undefined;
  readonly roleArn: Output<string> | undefined;
  readonly backendUrl: Output<string> | undefined;
  readonly secretsProvider: Output<string> | undefined;

  constructor(name: string, args: RotationInputs, options?: ComponentResourceOptions) {
    const inputs = checkedInputs(args);
    super('credential-rotation:index:CredentialRotation', name, {}, options);
    const scope: Scope = { name, parent: this, inputs };
    const made = inputs.aws ? makeAws(scope, inputs.aws) : undefined;
    const { kubernetes } = inputs;
    const values = made ? awsValues(made, inputs) : inputs.existing;
    const volumeHandle = volumeHandleFor(scope);
    if (kubernetes && values) makeObjects(scope, settingsOf(inputs, kubernetes, values), volumeHandle);
    this.slotSecretArn = made?.slotSecretArn;
    this.adminSecretArn = made?.adminSecretArn;
    this.roleArn = made?.roleArn;
    this.backendUrl = made?.backendUrl;
    this.secretsProvider = made?.secretsProvider;
    this.registerOutputs({ ...made });
  }
}

/** @throws RunError with a sentence for each problem; Pulumi shows it without a stack trace */
function checkedInputs(args: RotationInputs): CheckedInputs {
  try {
    return readInputs(args);
  } catch (error) {
    if (error instanceof InputProblems) throw new RunError(error.message);
    throw error;
  }
}

interface MadeInAws {
  slotSecretArn: Output<string>;
  adminSecretArn: Output<string>;
  roleArn: Output<string>;
  backendUrl: Output<string>;
  secretsProvider: Output<string>;
}

function makeAws(scope: Scope, aws: CheckedAws): MadeInAws {
  const keys = secretKeysFor(scope, aws);
  const secrets = secretsFor(scope, aws, keys);
  const state = stateFor(scope, aws);
  const provider = keyFor(
    scope,
    'passwords',
    aws.secretsProviderKey.adopt,
    "Encrypts the passwords in the credential rotation's states",
  );
  const role = roleFor(scope, aws);
  policiesFor(scope, aws, secrets, role.arn);
  rolePolicyFor(scope, aws, role, {
    secrets,
    secretsKeyArns: [keys.slot, keys.admin].filter((key) => key !== undefined),
    state,
    secretsProviderKeyArn: provider,
  });
  makeAlarms(scope, aws);
  makeSuppression(scope, aws, secrets);
  return {
    slotSecretArn: secrets.slot,
    adminSecretArn: secrets.admin,
    roleArn: role.arn,
    backendUrl: state.backendUrl,
    secretsProvider: interpolate`awskms:///${provider}?region=${scope.inputs.region}`,
  };
}

function awsValues(made: MadeInAws, { aws }: CheckedInputs): AwsValues<Input<string>> {
  return {
    slotSecret: made.slotSecretArn,
    adminSecret: made.adminSecretArn,
    backendUrl: made.backendUrl,
    secretsProvider: made.secretsProvider,
    ...(aws?.role.trust === 'irsa' ? { role: made.roleArn } : {}),
  };
}
