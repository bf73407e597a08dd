import { ownVariables, pushgatewayVariable } from '../kubernetes/environment';
import { optionTable } from '../../src/settings/options';
import { startsDaily } from './schedule';
import type { CheckedAws, CheckedInputs, CheckedKubernetes, CheckedSites } from './inputs';

/** What one input asks of another; each a whole sentence: which input, what is wrong, what to do. */
export function brokenRules(inputs: CheckedInputs): string[] {
  const { aws, existing, kubernetes, sites } = inputs;
  return [
    ...halves(inputs),
    ...(aws ? awsRules(aws) : []),
    ...(sites ? sitesRules(sites, aws !== undefined) : []),
    ...(kubernetes ? kubernetesRules(kubernetes) : []),
    ...(kubernetes ? togetherRules(inputs, kubernetes) : []),
    ...(kubernetes && existing ? passphraseRules(existing.secretsProvider, kubernetes) : []),
  ];
}

/** A problem when the condition holds. */
const when = (condition: boolean, problem: string): string[] => (condition ? [problem] : []);

function halves({ aws, existing, kubernetes, sites }: CheckedInputs): string[] {
  return [
    ...when(!aws && !kubernetes, 'aws and kubernetes are both missing; give at least one of the two halves.'),
    ...when(
      aws !== undefined && existing !== undefined,
      'existing stands beside aws; leave one of them out: aws makes or adopts what existing only names.',
    ),
    ...when(
      kubernetes !== undefined && !aws && !existing,
      'existing is missing; without the half aws it names the secrets, the state bucket and the key.',
    ),
    ...when(
      kubernetes !== undefined && sites === undefined,
      "sites is missing; name OpenEMR's claim as sites.claim, or its EFS file system.",
    ),
  ];
}

function awsRules({
  adminSecret,
  role,
  stateBucket,
  stateKey,
  secretsKey,
  slotSecret,
}: CheckedAws): string[] {
  const namesKey = secretsKey.adopt !== undefined || secretsKey.awsManaged;
  return [
    ...when(
      !adminSecret.adopt && !adminSecret.login,
      'aws.adminSecret has neither adopt nor login; adopt the secret that is there, or give the login for a new one.',
    ),
    ...when(
      adminSecret.adopt !== undefined && adminSecret.login !== undefined,
      'aws.adminSecret.login stands beside adopt; leave it out: the secret that is adopted has the login.',
    ),
    ...when(
      role.trust === 'pod-identity' && role.cluster === undefined,
      'aws.role.cluster is missing; name the EKS cluster, or set aws.role.trust to irsa.',
    ),
    ...when(
      role.trust === 'irsa' && !role.adopt && role.oidcProvider === undefined,
      "aws.role.oidcProvider is missing; give the ARN of the cluster's OIDC provider, or set aws.role.trust to pod-identity.",
    ),
    ...when(
      secretsKey.awsManaged && secretsKey.adopt !== undefined,
      'aws.secretsKey.awsManaged stands beside adopt; leave one of them out.',
    ),
    ...when(
      !namesKey &&
        [slotSecret, adminSecret].some(({ adopt, key }) => adopt !== undefined && key === undefined),
      "aws.secretsKey names no key, and a secret is adopted; adopt its key, name it as the secret's own key, or set aws.secretsKey.awsManaged.",
    ),
    ...when(
      namesKey && slotSecret.key !== undefined && adminSecret.key !== undefined,
      'aws.secretsKey is of no secret, since each names its own key; leave it out, or one of those.',
    ),
    ...when(
      stateKey.awsManaged && stateBucket.adopt === undefined,
      'aws.stateKey.awsManaged is only for a bucket that is adopted; leave it out, and the bucket that is made gets a key.',
    ),
    ...when(
      stateBucket.adopt !== undefined && !stateKey.awsManaged && stateKey.adopt === undefined,
      'aws.stateKey names no key, and the bucket is adopted; adopt its key, or set aws.stateKey.awsManaged.',
    ),
  ];
}

function sitesRules(
  { claim, fileSystem, accessPoint, path, owner }: CheckedSites,
  makesAws: boolean,
): string[] {
  if (claim !== undefined)
    return when(
      [fileSystem, accessPoint, path, owner].some((each) => each !== undefined),
      'sites.claim stands beside another place of the files; leave the others out, or the claim.',
    );
  if (fileSystem === undefined)
    return ['sites.fileSystem is missing; name the EFS file system, or adopt a claim as sites.claim.'];
  if (accessPoint !== undefined)
    return when(
      path !== undefined || owner !== undefined,
      'sites.path and sites.owner are for an access point that is made; leave them out, since sites.accessPoint is adopted.',
    );
  if (path === undefined || owner === undefined)
    return [
      'sites.path or sites.owner is missing; give both for a new access point, or adopt one as sites.accessPoint.',
    ];
  return when(
    !makesAws,
    'sites.path makes an access point, which takes the half aws; give aws, or adopt one as sites.accessPoint.',
  );
}

/** Names of variables that hold secrets, here or elsewhere. */
export const secretName =
  /PASSPHRASE$|PASSWORD|TOKEN$|SECRET_ACCESS_KEY|ACCESS_KEY_ID|WEBHOOK_URL|ROUTING_KEY|CREDENTIALS?$/;

/** Names that look like one of a secret, and are settings of the command that hold none. */
export const openNames: readonly string[] = [optionTable.keepOldPassword.variable];

function kubernetesRules({
  environment,
  secretEnvironment,
  network,
  resources,
  monitoring,
}: CheckedKubernetes): string[] {
  const own = [...ownVariables(), ...(monitoring === undefined ? [] : [pushgatewayVariable])];
  const [plain, secret] = [Object.keys(environment), Object.keys(secretEnvironment)];
  return [
    ...plain.flatMap((name) => [
      ...when(own.includes(name), `kubernetes.environment.${name} is set by another input; leave it out.`),
      ...when(
        secretName.test(name) && !openNames.includes(name),
        `kubernetes.environment.${name} looks like a secret; put it into a Secret and name that in kubernetes.secretEnvironment.`,
      ),
      ...when(
        secret.includes(name),
        `kubernetes.environment.${name} is in secretEnvironment too; leave one out.`,
      ),
    ]),
    ...secret.flatMap((name) =>
      when(own.includes(name), `kubernetes.secretEnvironment.${name} is set by another input; leave it out.`),
    ),
    ...network.more.flatMap(({ cidr, namespace }, index) =>
      when(
        (cidr === undefined) === (namespace === undefined),
        `kubernetes.network.more.${index} must say whereto; give it either cidr or namespace.`,
      ),
    ),
    ...when(
      network.databaseCidrs.length === 0,
      'kubernetes.network.databaseCidrs is empty, which Kubernetes reads as anywhere; give the ranges of the database.',
    ),
    ...when(
      bytesOf(resources.memory) > bytesOf(resources.memoryLimit),
      `kubernetes.resources.memory ${resources.memory} is above memoryLimit ${resources.memoryLimit}; ask for no more than the limit.`,
    ),
  ];
}

/** What the cluster's half asks of the places of the files, and the alarms of the schedule. */
function togetherRules({ sites, aws }: CheckedInputs, { user, schedule }: CheckedKubernetes): string[] {
  return [
    ...when(
      sites?.claim !== undefined && user === undefined,
      'kubernetes.user is missing; through sites.claim the pod sees the files as they are: give uid and gid of the owner of sqlconf.php.',
    ),
    ...when(
      aws?.alarms !== undefined && !startsDaily(schedule),
      `kubernetes.schedule ${schedule} does not start on each day, and the alarm succeeded would go off in between; start daily (kubernetes.ifOlderThan says how often it rotates), or leave aws.alarms out.`,
    ),
  ];
}

const units: Record<string, number> = { k: 1e3, M: 1e6, G: 1e9, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 };

/** Bytes of a checked amount of memory. */
function bytesOf(text: string): number {
  const [, count = '', unit = ''] = /^([\d.]+)(\w+)$/.exec(text) ?? [];
  return Number(count) * (units[unit] ?? 1);
}

function passphraseRules(provider: unknown, { secretEnvironment }: CheckedKubernetes): string[] {
  return when(
    provider === 'passphrase' && secretEnvironment['PULUMI_CONFIG_PASSPHRASE'] === undefined,
    'existing.secretsProvider is passphrase; name its Secret as kubernetes.secretEnvironment.PULUMI_CONFIG_PASSPHRASE, or give a key.',
  );
}
