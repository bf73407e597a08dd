import { z } from 'zod';
import { checks } from '../../infra/inputs/checks';
import type { OptionName } from '../settings/options';
import { definitionOf, optionNames } from '../settings/options';
import { expectedOf, isValue } from '../settings/values';
import { keyOf } from './keys';

/** Texts that are no settings; each with what it must be. */
const text = (test: RegExp, expected: string): z.ZodString =>
  z.string(`must be ${expected}`).regex(test, `must be ${expected}`);

const fleetName = text(
  /^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$/,
  'a name of at most 40 lower-case letters, digits and dashes',
);
const count = text(/^([1-9]\d?|100)$/, 'a whole number from 1 to 100');
const age = text(/^\d{1,5}[dhm]$/, 'a number with d, h or m, such as 30d');
const absolute = text(/^\/[^\r\n\0]*$/, 'an absolute path');
const profile = text(/^[^\s\0]{1,100}$/, 'the name of a profile of the AWS configuration');

function settingShape(names: readonly OptionName[]): Record<string, z.ZodOptional<z.ZodString>> {
  return Object.fromEntries(
    names.map((name) => {
      const { type } = definitionOf(name);
      const expected = `must be ${expectedOf(type)}`;
      return [
        keyOf(name),
        z
          .string(expected)
          .refine((value) => isValue(type, value), expected)
          .optional(),
      ];
    }),
  );
}

/** The stack is the deployment's name, and each deployment's metrics have a file of their own. */
const ofDefaults = optionNames.filter((name) => name !== 'stack' && name !== 'metricsFile');
const ofDeployments = optionNames.filter((name) => name !== 'stack');

const label = text(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'a Kubernetes name');
const line = text(/^[^\s\0]{1,500}$/, 'one word');
const proxy = text(/^https?:\/\/[^\s@\0]{1,500}$/, 'an http(s) URL without a user');
const quantity = text(/^\d+(\.\d+)?(m|[KMG]i?)?$/, 'a quantity of Kubernetes, such as 250m or 512Mi');
const userId = text(/^(0|[1-9]\d{0,9})$/, 'a number of a user or group');

const port = z
  .string('must be a port')
  .refine((value) => /^[1-9]\d{0,4}$/.test(value) && Number(value) <= 65_535, 'must be a port');
const range = z
  .string('must be an IPv4 address range, such as 10.0.0.0/16')
  .refine(checks.cidr.test, 'must be an IPv4 address range, such as 10.0.0.0/16');

/** A further way out of the pods: to addresses, or to pods of a namespace. */
const wayOut = z
  .strictObject(
    {
      port,
      protocol: z.enum(['TCP', 'UDP'], 'must be TCP or UDP').optional(),
      cidr: range.optional(),
      namespace: label.optional(),
    },
    'must be an egress rule',
  )
  .refine(
    ({ cidr, namespace }) => (cidr === undefined) !== (namespace === undefined),
    'must have either cidr or namespace',
  );

const checked = ({ test, expected }: { test: (text: string) => boolean; expected: string }) =>
  z.string(`must be ${expected}`).refine(test, `must be ${expected}`);
const nodeLabel = checked(checks.nodeLabel);
const nodeValue = checked(checks.nodeValue);

/** A taint that the pods put up with. */
const toleration = z.strictObject(
  {
    key: nodeLabel.optional(),
    operator: z.enum(['Exists', 'Equal'], 'must be Exists or Equal').optional(),
    value: nodeValue.optional(),
    effect: z
      .enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'], 'must be an effect of a taint')
      .optional(),
  },
  'must be a toleration',
);

/** The optional rights that a fleet's pods can be given. */
export const rightNames = ['lease', 'events', 'pods', 'workloads', 'canary'] as const;

/** What the pods of a Job need beside the settings of each deployment. */
export const jobSchema = z.strictObject(
  {
    namespace: label,
    image: line,
    sitesClaim: label,
    serviceAccount: label.optional(),
    roleArn: line.optional(),
    imagePullSecret: label.optional(),
    uid: userId.optional(),
    gid: userId.optional(),
    databaseCaConfigMap: label.optional(),
    databaseCaKey: text(/^[-._a-zA-Z0-9]{1,253}$/, 'a key of a ConfigMap').optional(),
    healthCaConfigMap: label.optional(),
    healthCaKey: text(/^[-._a-zA-Z0-9]{1,253}$/, 'a key of a ConfigMap').optional(),
    schedule: text(/^\S+( \S+){4}$/, 'five fields of cron').optional(),
    timeZone: line.optional(),
    retries: text(/^\d{1,2}$/, 'a whole number from 0 to 99').optional(),
    cpu: quantity.optional(),
    memory: quantity.optional(),
    memoryLimit: quantity.optional(),
    optionalRights: z
      .array(
        z.enum(rightNames, 'must be lease, events, pods, workloads or canary'),
        'must be a list of lease, events, pods, workloads and canary',
      )
      .optional(),
    databasePort: port.optional(),
    databaseCidrs: z
      .array(range, 'must be a list of address ranges')
      .min(1, 'must name at least one address range: an empty list would allow any destination')
      .optional(),
    apiServerPort: port.optional(),
    healthPort: port.optional(),
    nodeSelector: z.record(nodeLabel, nodeValue, 'must be labels with their values').optional(),
    tolerations: z.array(toleration, 'must be a list of tolerations').optional(),
    priorityClass: label.optional(),
    egress: z.array(wayOut, 'must be a list of egress rules').optional(),
    httpsProxy: proxy.optional(),
    httpProxy: proxy.optional(),
    noProxy: text(/^[^\r\n\0]{1,2000}$/, 'a list of hosts and networks with commas').optional(),
  },
  'must be a list of settings',
);

/** A fleet file, all of whose scalars are texts. */
export const fleetSchema = z.strictObject(
  {
    name: fleetName.optional(),
    concurrency: count.optional(),
    stagger: z
      .string('must be a number of seconds up to 86400')
      .refine((value) => isValue('seconds', value), 'must be a number of seconds up to 86400')
      .optional(),
    onFailure: z.enum(['stop', 'continue'], 'must be stop or continue').optional(),
    ifOlderThan: age.optional(),
    defaults: z.strictObject(settingShape(ofDefaults), 'must be a list of settings').optional(),
    job: jobSchema.optional(),
    deployments: z
      .array(
        z.strictObject(
          {
            name: text(/^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}$/, 'a Pulumi stack name'),
            kubeconfig: absolute.optional(),
            awsProfile: profile.optional(),
            ...settingShape(ofDeployments),
          },
          'must be settings with a name',
        ),
        'must be a list',
      )
      .min(1, 'must name at least one deployment'),
  },
  'must be a fleet: deployments and what they share',
);

/** What the schema takes. */
export type FleetText = z.infer<typeof fleetSchema>;
