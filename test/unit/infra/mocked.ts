import type { CustomResourceOptions, ResourceTransformationArgs } from '@pulumi/pulumi';
import { output, runtime, secret } from '@pulumi/pulumi';
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
    kubernetes,
  },
  'Amazon keys': {
    ...adopted,
    aws: { ...adopted.aws, secretsKey: { awsManaged: true }, stateKey: { awsManaged: true } },
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
  const arn = type.startsWith('aws:') ? { arn: `arn:aws:${service}:us-east-1:111122223333:${name}` } : {};
  return {
    ...inputs,
    ...arn,
    name: inputs['name'] ?? name,
    bucket: inputs['bucket'] ?? name,
    versionId: 'v1',
  };
}

/** A program of its own, as mocks are for a whole process: makes these components and prints what was registered. */
async function main(wanted: Record<string, RotationInputs>): Promise<void> {
  const registered = new Map<string, Registered>();
  const key = (type: string, name: string): string => `${type} ${name}`;
  const newResource = ({ type, name, inputs }: runtime.MockResourceArgs): runtime.MockResourceResult => {
    const given = inputs as Record<string, unknown>;
    const entry = registered.get(key(type, name));
    if (entry) entry.inputs = given;
    return { id: `${name}-id`, state: outputsOf(type, name, given) };
  };
  const call = ({ inputs }: runtime.MockCallArgs): runtime.MockCallResult => inputs as runtime.MockCallResult;
  await runtime.setMocks({ newResource, call }, 'project', 'stack', true);
  // The end of the program is not the end of what it registers.
  process.once('beforeExit', () => process.stdout.write(JSON.stringify([...registered.values()])));
  const { CredentialRotation } = await import('../../../infra/component/credentialRotation.js');
  const note = ({ type, name, opts }: ResourceTransformationArgs): undefined => {
    const { protect, retainOnDelete, ignoreChanges } = opts as CustomResourceOptions;
    const options = { protect, retainOnDelete, ignoreChanges, hasParent: opts.parent !== undefined };
    registered.set(key(type, name), { type, name, inputs: {}, options });
  };
  await runtime.runInPulumiStack(async () => {
    for (const [name, inputs] of Object.entries(wanted)) {
      const component = new CredentialRotation(name, inputs, { transformations: [note] });
      const { backendUrl, secretsProvider } = component;
      const outputs = { backendUrl, secretsProvider };
      output(outputs).apply((known) => {
        const entry = registered.get(key('credential-rotation:index:CredentialRotation', name));
        if (entry) entry.inputs = known;
      });
    }
  });
}

const [wanted = 'none'] = process.argv.slice(2);
if (require.main === module)
  void main(wanted === 'all' ? cases : { refused: refusals[wanted] ?? clusterOnly });
