import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { CustomResourceOptions, ResourceTransformationArgs } from '@pulumi/pulumi';
import { output, runtime, secret } from '@pulumi/pulumi';
import { parse } from 'yaml';
import type { RotationInputs } from '../../../infra/inputs/inputs';
import { adopted, clusterOnly, kubernetes, there } from './inputs';

/** One resource as the component registered it. */
export interface Registered {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
  options: {
    protect: boolean | undefined;
    retainOnDelete: boolean | undefined;
    ignoreChanges: string[] | undefined;
    hasParent: boolean;
  };
}

const login = {
  username: 'admin',
  password: secret('mocked-admin-password'),
  host: output('openemr.cluster-abc123.us-east-1.rds.amazonaws.com'),
};

const made: RotationInputs = {
  namespace: 'openemr',
  region: 'us-east-1',
  sites: {
    fileSystem: output('fs-0123456789abcdef0'),
    path: '/openemr/sites',
    owner: { uid: 1000, gid: 101 },
  },
  aws: {
    adminSecret: { login },
    role: { cluster: output('production') },
    secretReaders: [there.reader],
    alarms: { logGroup: '/aws/containerinsights/production/application', topics: [there.topic] },
    securityHub: { evidence: 's3://audit/openemr' },
    tags: { team: 'platform' },
  },
  kubernetes,
};

/** What is given to the component, by name of the case. */
export const cases: Record<string, RotationInputs> = {
  made,
  adopted,
  'cluster only': clusterOnly,
  irsa: {
    ...made,
    aws: {
      adminSecret: { login },
      role: { trust: 'irsa', oidcProvider: there.oidcProvider, name: 'rotation' },
    },
  },
  'adopted role for irsa': {
    ...adopted,
    aws: { ...adopted.aws, role: { adopt: there.role, trust: 'irsa' } },
    sites: clusterOnly.sites,
    kubernetes: clusterOnly.kubernetes,
  },
  'Amazon keys': {
    ...adopted,
    aws: { ...adopted.aws, secretsKey: { awsManaged: true }, stateKey: { awsManaged: true } },
  },
  'of a fleet': { ...adopted, aws: { ...adopted.aws, furtherSecrets: [there.furtherSecret] } },
  'two keys': {
    ...adopted,
    aws: {
      ...adopted.aws,
      slotSecret: { adopt: there.slotSecret, key: there.key },
      adminSecret: { adopt: there.adminSecret, key: output(there.adminKey) },
      secretsKey: {},
    },
  },
  'a key beside the made one': {
    ...adopted,
    aws: {
      ...adopted.aws,
      slotSecret: {},
      adminSecret: { adopt: there.adminSecret, key: there.adminKey },
      secretsKey: {},
    },
  },
  'a key beside Amazon’s': {
    ...adopted,
    aws: {
      ...adopted.aws,
      adminSecret: { adopt: there.adminSecret, key: there.adminKey },
      secretsKey: { awsManaged: true },
    },
  },
  'adopted access point and account': {
    ...clusterOnly,
    sites: { fileSystem: 'fs-0123456789abcdef0', accessPoint: 'fsap-0123456789abcdef0' },
    kubernetes: { ...kubernetes, serviceAccount: { adopt: 'their-account' } },
  },
  unprotected: { ...made, aws: { adminSecret: { login }, role: { cluster: 'production' }, protect: false } },
};

/** What the component refuses: at once, or when a value is known. */
export const refusals: Record<string, RotationInputs> = {
  'at once': { ...clusterOnly, namespace: 'No Namespace', region: 'here' },
  late: { ...adopted, aws: { ...adopted.aws, slotSecret: { adopt: output('openemr/slots') } } },
};

/** Outputs that AWS would give. */
function outputsOf(type: string, name: string, inputs: Record<string, unknown>): Record<string, unknown> {
  const service = type.split(':')[1]?.split('/')[0];
  // Names of buckets are global.
  const place = service === 's3' ? '::' : 'us-east-1:111122223333:';
  const arn = type.startsWith('aws:') ? { arn: `arn:aws:${service}:${place}${name}` } : {};
  return {
    ...inputs,
    ...arn,
    name: inputs['name'] ?? name,
    bucket: inputs['bucket'] ?? name,
    versionId: 'v1',
  };
}

/** Makes everything of these inputs. */
async function makeComponents(
  wanted: Record<string, RotationInputs>,
  registered: Map<string, Registered>,
): Promise<void> {
  const { CredentialRotation } = await import('../../../infra/component/credentialRotation.js');
  for (const [name, inputs] of Object.entries(wanted)) {
    const { backendUrl, secretsProvider } = new CredentialRotation(name, inputs);
    output({ backendUrl, secretsProvider }).apply((known) => {
      const entry = registered.get(key('credential-rotation:index:CredentialRotation', name));
      if (entry) entry.inputs = known;
    });
  }
}

/** Runs the program of infra/Pulumi.yaml with its example stack, and the admin's password as a secret or as plain text. */
async function runProgram(isSecret: boolean): Promise<void> {
  const file = path.resolve(__dirname, '..', '..', '..', '..', 'infra', 'Pulumi.prod.yaml');
  const { config } = parse(readFileSync(file, 'utf8')) as { config: Record<string, unknown> };
  const texts = Object.entries(config).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  const password = `${project}:adminPassword`;
  const all = Object.fromEntries([...texts, [password, 'mocked-admin-password']]) as Record<string, string>;
  runtime.setAllConfig(all, isSecret ? [password] : []);
  await import('../../../infra/index.js');
}

const project = 'openemr-credential-rotation-platform';
const key = (type: string, name: string): string => `${type} ${name}`;

/** A program of its own, as mocks are for a whole process: makes resources and prints what was registered. */
async function main(make: (registered: Map<string, Registered>) => Promise<void>): Promise<void> {
  const registered = new Map<string, Registered>();
  const newResource = ({ type, name, inputs }: runtime.MockResourceArgs): runtime.MockResourceResult => {
    const given = inputs as Record<string, unknown>;
    const entry = registered.get(key(type, name));
    if (entry) entry.inputs = given;
    return { id: `${name}-id`, state: outputsOf(type, name, given) };
  };
  const call = ({ inputs }: runtime.MockCallArgs): runtime.MockCallResult => inputs as runtime.MockCallResult;
  await runtime.setMocks({ newResource, call }, project, 'prod', true);
  // The end of the program is not the end of what it registers.
  process.once('beforeExit', () => process.stdout.write(JSON.stringify([...registered.values()])));
  const note = ({ type, name, opts }: ResourceTransformationArgs): undefined => {
    const { protect, retainOnDelete, ignoreChanges } = opts as CustomResourceOptions;
    const options = { protect, retainOnDelete, ignoreChanges, hasParent: opts.parent !== undefined };
    registered.set(key(type, name), { type, name, inputs: {}, options });
  };
  await runtime.runInPulumiStack(async () => {
    runtime.registerStackTransformation(note);
    await make(registered);
  });
}

const [wanted = 'none'] = process.argv.slice(2);
const given = wanted === 'all' ? cases : { refused: refusals[wanted] ?? clusterOnly };
const programs: Record<string, () => Promise<void>> = {
  program: () => runProgram(true),
  'plain password': () => runProgram(false),
};
if (require.main === module)
  void main(programs[wanted] ?? ((registered) => makeComponents(given, registered)));
