/**
 * What a Pulumi program imports: `import { CredentialRotation } from 'openemr-credential-rotation/infra'`. See
 * docs/platform.md for the inputs.
 */
export { CredentialRotation } from './credentialRotation';
export type { RotationInputs } from '../inputs/inputs';
