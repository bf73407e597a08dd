import { changed, configuration, permission, refused, unreachable } from './cause';
import type { CodeFacts } from './cause';

/** Of AWS and Secrets Manager. */
export const awsCodes = {
  'aws-unreachable': unreachable('An AWS service does not answer.', 'Check the network; run again.'),
  'aws-throttled': unreachable(
    'Secrets Manager throttles the calls of this account.',
    'Run again when there are fewer requests.',
  ),
  'aws-request-refused': refused(
    'Secrets Manager refused a request for another reason.',
    'Look at the code in the message; run again.',
  ),
  'aws-credentials-missing': permission(
    'No AWS credentials were found.',
    'Give the process a role or a profile where the SDK looks for them.',
  ),
  'aws-credentials-invalid': permission('AWS does not accept the credentials.', 'Renew them.'),
  'aws-role-refused': permission(
    'STS does not give the process its role.',
    "Correct the role's trust policy, or the role that is named.",
  ),
  'aws-credentials-expired': permission('The AWS credentials expired.', 'Renew them and run again.'),
  'aws-permission-missing': permission(
    'The role may not make a call to AWS.',
    'Allow the action that the message names.',
  ),
  'aws-clock-wrong': configuration("AWS refuses this machine's time.", 'Set the clock by NTP.'),
  'kms-key-unusable': permission(
    'The role may not use the KMS key of a secret, or the key is disabled or gone.',
    'Allow `kms:Decrypt` and `kms:GenerateDataKey`, or enable the key.',
  ),
  'secret-not-found': configuration(
    'A secret does not exist in the region, or was deleted.',
    'Correct its id or `AWS_REGION`, or restore it.',
  ),
  'secret-in-other-region': configuration(
    'A secret lives in another region, or is a replica there.',
    "Set `AWS_REGION` to the primary secret's region.",
  ),
  'secret-no-current': configuration(
    'A secret has no version under AWSCURRENT.',
    'Store a document in it, or restore the label.',
  ),
  'secret-malformed': configuration('A secret does not hold the document it must.', 'Correct its JSON.'),
  'secret-quota': refused(
    'A secret is at a quota of Secrets Manager.',
    'Free versions or labels; run again.',
  ),
  'secret-rotated-by-others': configuration(
    'Somebody else rotates the same secret (RDS, a rotation Lambda, or a pending version of another tool).',
    'End one of the two; see the message for the label to take away.',
  ),
  'secret-changed-meanwhile': changed(
    'The slot secret was changed by somebody else during the rotation.',
    'Compare its versions, make the one current that the database accepts, run again.',
  ),
  'admin-secret-no-current': changed(
    'The admin secret lost its AWSCURRENT version during the run.',
    'Restore the label and run again.',
  ),
  'admin-version-lost': changed(
    "The admin secret's new version lost its label, or cannot be read back.",
    'Run again to finish.',
  ),
} as const satisfies Record<string, CodeFacts>;
