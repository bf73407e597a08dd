import { PolicyPack } from '@pulumi/policy';
import { policies } from './pack';

// The entry of infra/policy/PulumiPolicy.yaml: `pulumi preview --policy-pack infra/policy`.
new PolicyPack('openemr-credential-rotation', { policies });
