import { existsSync, readdirSync } from 'node:fs';
import { parse, parseAllDocuments } from 'yaml';
import { leaseName } from '../../../src/kubernetes/lease';
import { repositoryFile, repositoryText } from './readme';

/** The names that examples may use: those of the stack file and of the Role. */
function exampleNames(): Record<
  'slots' | 'admin' | 'namespace' | 'deployment' | 'secret' | 'bucket' | 'lease',
  string
> {
  const { config } = parse(repositoryText('Pulumi.prod.yaml')) as { config: Record<string, string> };
  const value = (key: string): string => config[`openemr-credential-rotation:${key}`] ?? '';
  const secretName = (arn: string): string => /:secret:(.+)-\w{6}$/.exec(arn)?.[1] ?? '';
  const target = {
    namespace: value('namespace'),
    deployment: value('deployment'),
    secret: value('kubernetesSecret'),
  };
  return {
    slots: secretName(value('slotSecretId')),
    admin: secretName(value('adminSecretId')),
    bucket: /^s3:\/\/([^?]+)/.exec(value('backendUrl'))?.[1] ?? '',
    lease: leaseName(target),
    ...target,
  };
}

/** Flags with their values, and the other words. */
function split(
  args: string[],
  switches: readonly string[] = [],
): { flags: [string, string][]; words: string[] } {
  const flags: [string, string][] = [];
  const words: string[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? '';
    const [flag = '', value] = word.split(/=(.*)/s);
    if (!word.startsWith('-')) words.push(word);
    else if (value !== undefined || switches.includes(flag)) flags.push([flag, value ?? '']);
    else flags.push([flag, args[(at += 1)] ?? '']);
  }
  return { flags, words };
}

/** The members of a request, as the SDK's own types have them; undefined when there is no such operation. */
function requestMembers(operation: string): string[] | undefined {
  const folder = 'node_modules/@aws-sdk/client-secrets-manager/dist-types/models';
  const body = new RegExp(`^export interface ${operation}Request \\{([\\s\\S]*?)^\\}`, 'm').exec(
    repositoryText(folder, 'models_0.d.ts'),
  )?.[1];
  return body === undefined
    ? undefined
    : [...body.matchAll(/^ {4}(\w+)\??:/gm)].map(([, name]) => name ?? '');
}

const pascal = (text: string): string =>
  text.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** Flags of the AWS CLI itself. */
const awsFlags = ['--query', '--output', '--region'];

/** Operations of services without an SDK here, with the flags that they have. */
const otherOperations: Record<string, string[]> = {
  'rds modify-db-cluster': ['--db-cluster-identifier', '--master-user-password', '--apply-immediately'],
  's3api list-object-versions': ['--bucket', '--prefix'],
  's3api copy-object': ['--bucket', '--key', '--copy-source'],
};

/** What is wrong with an `aws` command: an operation, a flag or a name that there is not; a password on the line. */
export function checkAws(args: string[]): string | undefined {
  const { flags, words } = split(args, ['--apply-immediately']);
  const [service = '', operation = '', ...rest] = words;
  const names = exampleNames();
  if (service === 's3' && operation === 'mv')
    return rest.length === 2 && rest.every((url) => url.startsWith(`s3://${names.bucket}/`))
      ? undefined
      : `aws s3 mv takes two URLs of s3://${names.bucket}`;
  const known =
    service === 'secretsmanager'
      ? requestMembers(pascal(operation))
      : otherOperations[`${service} ${operation}`]?.map((flag) => pascal(flag.slice(2)));
  if (known === undefined || rest.length > 0) return `aws ${words.join(' ')} is not known`;
  for (const [flag, value] of flags) {
    if (!awsFlags.includes(flag) && !known.includes(pascal(flag.slice(2))))
      return `aws ${service} ${operation} has no ${flag}`;
    if (flag === '--secret-id' && value !== names.slots && value !== names.admin)
      return `${value} is no secret of the example`;
    if (flag === '--bucket' && value !== names.bucket) return `${value} is no bucket of the example`;
    if (/password|secret-string/.test(flag) && !value.startsWith('file://'))
      return `${flag} puts a password on the command line`;
  }
  return undefined;
}

const kubectlFlags = [
  '-n',
  '-o',
  '-it',
  '-f',
  '--sort-by',
  '--field-selector',
  '-p',
  '--patch-file',
  '--type',
  '--show-managed-fields',
  '--ignore-not-found',
];

/** What is wrong with a `kubectl` command: a verb, a flag, an object or a file that there is not. */
export function checkKubectl(args: string[]): string | undefined {
  if (args.join(' ') === 'rollout undo') return undefined; // It is named as what not to do.
  const own = args.indexOf('--');
  const { flags, words } = split(own < 0 ? args : args.slice(0, own), [
    '-it',
    '--show-managed-fields',
    '--ignore-not-found',
  ]);
  const unknown = flags.find(([flag]) => !kubectlFlags.includes(flag));
  if (unknown) return `kubectl: ${unknown[0]} is not checked`;
  const names = exampleNames();
  const namespace = flags.find(([flag]) => flag === '-n')?.[1];
  const [verb = '', ...rest] = words;
  if (verb === 'apply') {
    const file = flags.find(([flag]) => flag === '-f')?.[1] ?? '';
    if (!existsSync(repositoryFile(file)))
      return `kubectl apply -f needs a file of the repository, not ${file}`;
    const files = file.endsWith('.yaml')
      ? [file]
      : readdirSync(repositoryFile(file)).map((each) => `${file}/${each}`);
    const broken = files.find((each) =>
      parseAllDocuments(repositoryText(each)).some(({ errors }) => errors.length > 0),
    );
    return broken === undefined ? undefined : `${broken} is not YAML`;
  }
  if (namespace !== names.namespace) return `kubectl ${verb} needs -n ${names.namespace}`;
  const object = rest.join(' ');
  const deployment = `deployment/${names.deployment}`;
  const allowed: Record<string, string[]> = {
    get: [`secret ${names.secret}`, `lease ${names.lease}`, 'cronjobs,jobs,pods', 'events', 'pods'],
    describe: ['pods', deployment],
    patch: [`secret ${names.secret}`, 'job credential-rotation-once', 'cronjob credential-rotation'],
    // The Python tool's, whose names manifests have too: see checkTakeover.
    delete: [
      'cronjob credential-rotation',
      'job credential-rotation',
      'role credential-rotation-role',
      'rolebinding credential-rotation-binding',
    ],
    exec: [deployment],
    rollout: [`status ${deployment}`, `restart ${deployment}`, `resume ${deployment}`],
  };
  return allowed[verb]?.includes(object) ? undefined : `kubectl ${verb} ${object} is not checked`;
}

const mariadbFlags = ['--host', '--user', '--password', '--ssl-verify-server-cert', '--ssl-ca'];

/** What is wrong with a `mariadb` command: TLS that is not verified, or a password on the line. */
export function checkMariadb(args: string[]): string | undefined {
  const { flags } = split(args, ['--password', '--ssl-verify-server-cert']);
  const unknown = flags.find(([flag]) => !mariadbFlags.includes(flag));
  if (unknown) return `mariadb: ${unknown[0]} is not checked`;
  const given = Object.fromEntries(flags);
  if (given['--password'] !== '') return 'mariadb: let it ask for the password';
  return given['--ssl-verify-server-cert'] === ''
    ? undefined
    : 'mariadb: verify the server by --ssl-verify-server-cert';
}

/** The base images of the Dockerfile, by the build argument that can replace each. */
function baseImages(): Map<string, string> {
  const found = repositoryText('Dockerfile').matchAll(/^ARG (\w+_IMAGE)=(\S+)$/gm);
  return new Map([...found].map(([, name = '', image = '']) => [name, image]));
}

/**
 * What is wrong with a `docker` command: it builds this package's image, with the version of package.json, perhaps with
 * base images by their digests, or looks one of them up.
 */
export function checkDocker([command = '', ...rest]: string[]): string | undefined {
  const { version } = JSON.parse(repositoryText('package.json')) as { version: string };
  const images = baseImages();
  if (command === 'buildx') {
    // A release's own image, and those that it is built from.
    const own = 'ghcr.io/OWNER/openemr-credential-rotation:VERSION';
    const known = [...images.values(), own].map((image) => `imagetools inspect ${image}`);
    return known.includes(rest.join(' ')) ? undefined : `docker buildx: ${rest.join(' ')} is not checked`;
  }
  const { flags, words } = split(rest);
  const pinned = [...images].map(([name, image]) => `${name}=${image}@sha256:DIGEST`);
  const unknown = flags.find(([flag, value]) => flag === '--build-arg' && !pinned.includes(value));
  if (unknown) return `docker: ${unknown[1]} is no base image of the Dockerfile`;
  const others = flags.filter(([flag]) => flag !== '--build-arg');
  const built = `build --tag credential-rotation:${version} .`;
  return [command, ...others.flat(), ...words].join(' ') === built ? undefined : `it must be docker ${built}`;
}

/** What is wrong with a `helm` command: it is one of the release in docs/helm.md, which a test runs with the chart and files that it names. */
export function checkHelm([command = '', ...rest]: string[]): string | undefined {
  if (!['lint', 'upgrade', 'uninstall'].includes(command))
    return `helm ${command} is not run by test/lab/chart.test.ts`;
  const missing = rest.filter((word) => word.startsWith('infra/') && !existsSync(repositoryFile(word)));
  return missing.length === 0 ? undefined : `helm: ${missing.join(', ')} is not there`;
}
