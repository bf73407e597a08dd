import { groupOf, listOf } from './texts';

/** Who a policy document speaks of: its owner, a resource, or a key, for which "*" is that key. */
type Kind = 'identity' | 'resource' | 'key';

/** Where resources have one policy document, by type: the property, and who the document speaks of. */
const places: Record<string, { property: string; kind: Kind }> = {
  'aws:iam/policy:Policy': { property: 'policy', kind: 'identity' },
  'aws:iam/rolePolicy:RolePolicy': { property: 'policy', kind: 'identity' },
  'aws:iam/userPolicy:UserPolicy': { property: 'policy', kind: 'identity' },
  'aws:iam/groupPolicy:GroupPolicy': { property: 'policy', kind: 'identity' },
  'aws:iam/role:Role': { property: 'assumeRolePolicy', kind: 'resource' },
  'aws:s3/bucket:Bucket': { property: 'policy', kind: 'resource' },
  'aws:s3/bucketV2:BucketV2': { property: 'policy', kind: 'resource' },
  'aws:s3/bucketPolicy:BucketPolicy': { property: 'policy', kind: 'resource' },
  'aws:secretsmanager/secret:Secret': { property: 'policy', kind: 'resource' },
  'aws:secretsmanager/secretPolicy:SecretPolicy': { property: 'policy', kind: 'resource' },
  'aws:efs/fileSystemPolicy:FileSystemPolicy': { property: 'policy', kind: 'resource' },
  'aws:kms/key:Key': { property: 'policy', kind: 'key' },
  'aws:kms/keyPolicy:KeyPolicy': { property: 'policy', kind: 'key' },
};

/** What in the policy documents of a resource allows too much; each one sentence. */
export function wildcardsOf(type: string, props: Record<string, unknown>): string[] {
  return documentsOf(type, props).flatMap(({ where, document, kind }) =>
    statementsOf(document)
      .filter(({ Effect }) => Effect === 'Allow')
      .flatMap((statement) => wildcardsIn(statement, where, kind)),
  );
}

function documentsOf(
  type: string,
  props: Record<string, unknown>,
): { where: string; document: unknown; kind: Kind }[] {
  const place = places[type];
  const own = place ? [{ where: place.property, document: props[place.property], kind: place.kind }] : [];
  if (type !== 'aws:iam/role:Role') return own;
  const inline = listOf(props['inlinePolicies']).map((each, index) => ({
    where: `inlinePolicies.${index}.policy`,
    document: groupOf(each)['policy'],
    kind: 'identity' as const,
  }));
  return [...own, ...inline];
}

/** Policies that Amazon wrote and that a resource gives to a role, user or group; each one sentence. */
export function managedPoliciesOf(type: string, props: Record<string, unknown>): string[] {
  if (!type.startsWith('aws:iam/')) return [];
  return ['policyArn', 'policyArns', 'managedPolicyArns'].flatMap((property) =>
    listOf(props[property])
      .filter((arn) => /^arn:[\w-]+:iam::aws:policy\//.test(String(arn)))
      .map(
        (arn) =>
          `${property} gives ${String(arn)}, whose rights are wide and which Amazon changes; write a policy of just what is needed.`,
      ),
  );
}

/** The statements of a document, which may be text or an object. */
export function statementsOf(document: unknown): Record<string, unknown>[] {
  const parsed: unknown = typeof document === 'string' ? JSON.parse(document) : document;
  return listOf(groupOf(parsed)['Statement']).map(groupOf);
}

function wildcardsIn(statement: Record<string, unknown>, document: string, kind: Kind): string[] {
  const { Sid, Action, NotAction, Resource, NotResource, Principal } = statement;
  const where = `${document}, statement ${typeof Sid === 'string' ? Sid : 'without Sid'}`;
  const actions = listOf(Action).filter((action) => /[*?]/.test(String(action)));
  // In a key's policy "*" is that key.
  const resources = kind === 'key' ? [] : listOf(Resource).filter((resource) => !isNamed(String(resource)));
  return [
    ...actions.map((action) => `${where} allows ${String(action)}; name each action.`),
    ...resources.map((resource) => `${where} allows it on ${String(resource)}; name each resource.`),
    ...(NotAction === undefined ? [] : [`${where} allows all but some actions; name those that it needs.`]),
    ...(NotResource === undefined
      ? []
      : [`${where} allows it on all but some resources; name those that it needs.`]),
    ...(isEveryone(Principal) ? [`${where} allows it to everyone; name who may.`] : []),
  ];
}

/** A resource without a wildcard; of S3 also all objects below a folder of a named bucket. */
function isNamed(resource: string): boolean {
  return !/[*?]/.test(resource.replace(/^(arn:[\w-]+:s3:::[^*?/]+\/([^*?]*\/)?)\*$/, '$1'));
}

function isEveryone(principal: unknown): boolean {
  return principal === '*' || Object.values(groupOf(principal)).some((each) => listOf(each).includes('*'));
}
