import { defaultCanaryLimitSeconds } from '../src/rotation/canary';
import { withOwnMinute } from '../src/rotation/startMinute';
import type { CheckedInputs, CheckedKubernetes } from './inputs/inputs';
import type { Network, RotationSettings } from './kubernetes/settings';
import { objectNames } from './kubernetes/settings';

/** What the cluster's half has to know of AWS. */
export interface AwsValues<Text> {
  slotSecret: Text;
  adminSecret: Text;
  backendUrl: Text;
  secretsProvider: Text;
  /** For IRSA only. */
  role?: Text | undefined;
}

/** Whoever comes through an access point is turned into the owner of the files. */
const anybody = { uid: 65_532, gid: 65_532 };

/** The settings of the Kubernetes objects, from checked inputs. */
export function settingsOf<Text>(
  inputs: CheckedInputs,
  kubernetes: CheckedKubernetes,
  aws: AwsValues<Text>,
): RotationSettings<Text> {
  const { name, namespace, region, stack, sites } = inputs;
  const { deployment, secret, image, imagePullSecret, site, healthUrl, healthCa, databaseCa } = kubernetes;
  const { timeZone, suspended, ifOlderThan, limits, resources, optionalRights } = kubernetes;
  const {
    environment,
    secretEnvironment,
    acceptDowntime,
    user = anybody,
    placement,
    monitoring,
  } = kubernetes;
  return {
    ...{ name, namespace, deployment, site, stack, image, imagePullSecret, awsRegion: region },
    kubernetesSecret: secret,
    slotSecretId: aws.slotSecret,
    adminSecretId: aws.adminSecret,
    backendUrl: aws.backendUrl,
    secretsProvider: aws.secretsProvider,
    serviceAccount: kubernetes.serviceAccount.adopt,
    roleArn: aws.role,
    sitesClaim: sites?.claim ?? objectNames({ name, namespace }).claim,
    ...{
      user,
      healthUrl,
      healthCa,
      databaseCa,
      schedule: withOwnMinute(kubernetes.schedule, `${namespace}/${name}`),
      timeZone,
      suspended,
      ifOlderThan,
      limits: optionalRights.canary ? { ...limits, canarySeconds: defaultCanaryLimitSeconds } : limits,
      resources,
    },
    ...{ optionalRights, environment, secretEnvironment, acceptDowntime },
    ...(placement === undefined ? {} : { placement }),
    ...(monitoring === undefined ? {} : { monitoring }),
    network: networkOf(kubernetes),
  };
}

function networkOf({ network, healthUrl }: CheckedKubernetes): Network {
  const { healthPort, ...rest } = network;
  return { ...rest, healthPort: healthPort ?? portOf(healthUrl) };
}

/** The port that a URL names or means. */
export function portOf(url: string | undefined): number {
  if (url === undefined) return 443;
  const { port, protocol } = new URL(url);
  if (port !== '') return Number(port);
  return protocol === 'http:' ? 80 : 443;
}
