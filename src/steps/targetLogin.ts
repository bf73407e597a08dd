import type * as pulumi from '@pulumi/pulumi';
import type { PlannedLogin } from '../rotation/rotationPlan';

/** The login that OpenEMR is moved to. */
export type TargetLogin = Omit<PlannedLogin, 'password'> & { password: pulumi.Input<string> };
