import { groupOf, listOf } from './texts';

/** Where resources have policy documents, by type: the property, and who the document speaks of. */
const places: Record<string, { property: string; kind: 'identity' | 'resource' | 'key' }[]> = {
  'aws:iam/policy:Policy': [{ property: 'policy', kind: 'identity' }],
  'aws:iam/rolePolicy:RolePolicy': [{ property: 'policy', kind: 'identity' }],
  'aws:iam/role:Role': [{ property: 'assumeRolePolicy', kind: 'resource' }],
  'aws:s3/bucketPolicy:BucketPolicy': [{ property: 'policy', kind: 'resource' }],
  'aws:secretsmanager/secretPolicy:SecretPolicy': [{ property: 'policy', kind: 'resource' }],
  'aws:kms/key:Key': [{ property: 'policy', kind: 'key' }],
};

/** What in the policy documents of a resource allows too much; each one sentence. */
export function wildcardsOf(type: string, props: Record<string, unknown>): string[] {
  return (places[type] ?? []).flatMap(({ property, kind }) =>
    statementsOf(props[property])
      .filter(({ Effect }) => Effect === 'Allow')
      .flatMap((statement) => wildcardsIn(statement, property, kind)),
  );
}

/** The statements of a document, which may be text or an object. */
export function statementsOf(document: unknown): Record<string, unknown>[] {
  const parsed: unknown = typeof document === 'string' ? JSON.parse(document) : document;
  return listOf(groupOf(parsed)['Statement']).map(groupOf);
}

function wildcardsIn(statement: Record<string, unknown>, property: string, kind: string): string[] {
  const { Sid, Action, NotAction, Resource, NotResource, Principal } = statement;
  const where = `${property}, statement ${typeof Sid === 'string' ? Sid : 'without Sid'}`;
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
