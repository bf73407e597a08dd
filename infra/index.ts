import { Config, output } from '@pulumi/pulumi';
import { CredentialRotation } from './component/credentialRotation';
import { inputsFromConfig } from './component/config';

// The program of infra/Pulumi.yaml: one OpenEMR a stack, its inputs from Pulumi.<stack>.yaml. See docs/platform.md.
const made = new CredentialRotation('credential-rotation', inputsFromConfig(new Config()));

/** What the command's settings are to be, outside the cluster. */
export const slotSecretId = output(made.slotSecretArn);
export const adminSecretId = output(made.adminSecretArn);
export const roleArn = output(made.roleArn);
export const backendUrl = output(made.backendUrl);
export const secretsProvider = output(made.secretsProvider);
