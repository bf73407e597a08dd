import { AutomationRule } from '@pulumi/aws/securityhub/automationRule';
import { nativeRotationControls, suppressionNote } from '../aws/securityHub';
import type { CheckedAws } from '../inputs/inputs';
import { childOf, type Scope } from './scope';
import type { Secrets } from './secrets';

/** Suppresses what Security Hub says of AWS's own rotation, for these two secrets alone and with the reason. */
export function makeSuppression(scope: Scope, { securityHub, tags }: CheckedAws, secrets: Secrets): void {
  if (securityHub === undefined) return;
  const { name: prefix, namespace, region } = scope.inputs;
  const equals = <T>(values: readonly T[]): { comparison: string; value: T }[] =>
    values.map((value) => ({ comparison: 'EQUALS', value }));
  new AutomationRule(
    `${scope.name}-native-rotation`,
    {
      ruleName: `${namespace}-${prefix}-native-rotation`,
      ruleOrder: securityHub.ruleOrder,
      ruleStatus: 'ENABLED',
      description: 'Secrets that openemr-credential-rotation rotates, and not AWS',
      // Values of one field are alternatives; all fields must match.
      criteria: {
        complianceSecurityControlIds: equals(nativeRotationControls),
        resourceIds: equals([secrets.slot, secrets.admin]),
        recordStates: equals(['ACTIVE']),
      },
      actions: [
        {
          type: 'FINDING_FIELDS_UPDATE',
          findingFieldsUpdate: {
            workflow: { status: 'SUPPRESSED' },
            note: { text: suppressionNote(securityHub.evidence), updatedBy: 'openemr-credential-rotation' },
          },
        },
      ],
      region,
      tags,
    },
    childOf(scope),
  );
}
