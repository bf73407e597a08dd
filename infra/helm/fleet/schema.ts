import { z } from 'zod';
import { fleetSchema } from '../../../src/fleet/fileSchema';
import { longestName } from '../../../src/fleet/jobSettings';
import { keyOf } from '../../../src/fleet/keys';
import type { OptionName, OptionType } from '../../../src/settings/options';
import { definitionOf, optionNames } from '../../../src/settings/options';
import { canaryModes } from '../../../src/rotation/canary';
import { paths } from '../../kubernetes/environment';
import type { JsonSchema } from '../schema';
import { given, within, withPattern } from '../schema';

const name = { type: 'string', pattern: `^[a-z]([-a-z0-9]{0,${longestName - 2}}[a-z0-9])?$` };

const numeral = (minimum: number, maximum: number): JsonSchema => ({
  type: ['string', 'integer'],
  pattern: '^(0|[1-9][0-9]*)$',
  minimum,
  maximum,
});
const below = (folder: string): JsonSchema => ({
  type: 'string',
  pattern: `^${folder}(/|$)`,
  not: { pattern: '(^|/)[.][.](/|$)' },
});
const seconds = (minimum: number): JsonSchema => ({
  type: ['string', 'number'],
  pattern: '^[0-9]+([.][0-9]+)?$',
  minimum,
  maximum: 86_400,
});
const url = { type: 'string', pattern: '^https?://\\S+$' };
const absolute = { type: 'string', pattern: '^/[^\\r\\n]*$' };

/** What a value of a setting looks like in the values, as far as a pod can use it. */
const ofType: Readonly<Record<OptionType, JsonSchema>> = {
  region: { type: 'string', pattern: '^[a-z]{2,5}(-[a-z]{1,12}){1,3}-[0-9]{1,2}$' },
  url,
  'base-url': url,
  seconds: seconds(0),
  limit: seconds(0.001),
  'yes-or-no': { enum: [true, false, 'true', 'false'] },
  canary: { enum: canaryModes },
  count: numeral(1, 999),
  folder: below(paths.sites),
  home: below(paths.home),
  file: absolute,
  'metrics-file': absolute,
  // A folder would disappear with its pod, and a passphrase would have to stand somewhere.
  'backend-url': { type: 'string', pattern: '^(s3|gs|azblob)://[^\\s/?#]+\\S*$' },
  'secrets-provider': { type: 'string', pattern: '^(awskms|azurekeyvault|gcpkms|hashivault)://[^\\s?#]+' },
  'arn-or-name': { type: 'string', pattern: '^[A-Za-z0-9/_+=.@:!-]+$' },
  'kubernetes-name': { type: 'string', pattern: '^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$' },
  'site-name': { type: 'string', pattern: '^[A-Za-z0-9_.-]+$' },
  'stack-name': { type: 'string', pattern: '^[A-Za-z0-9_.-]{1,100}$' },
};

function settingSchema(option: OptionName): JsonSchema {
  if (option === 'caFile') return below(paths.databaseCa);
  return option === 'healthCaFile' ? below(paths.healthCa) : ofType[definitionOf(option).type];
}

const settings = Object.fromEntries(optionNames.map((each) => [keyOf(each), settingSchema(each)]));

const port = numeral(1, 65_535);
const user = numeral(0, 4_294_967_294);

/** Fields of `job`: the file holds numbers as texts, and Helm's expressions know no more than 1000 repetitions. */
const ofJob: Record<string, JsonSchema> = {
  uid: user,
  gid: user,
  retries: numeral(0, 99),
  databasePort: port,
  apiServerPort: port,
  healthPort: port,
  noProxy: { type: 'string', pattern: '^[^\\r\\n]+$', maxLength: 2000 },
};

interface ObjectSchema extends JsonSchema {
  properties: Record<string, JsonSchema>;
}

/**
 * The schema of the fleet chart's values, from that of the fleet file. What one deployment asks of another is left to
 * `fleet plan`, and to the pods, which read the same file.
 */
export function fleetValuesSchema(): JsonSchema {
  const made = z.toJSONSchema(fleetSchema, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => withPattern(jsonSchema as JsonSchema),
  }) as unknown as ObjectSchema & { properties: Record<'job' | 'defaults' | 'deployments', ObjectSchema> };
  const { job, defaults, deployments } = made.properties;
  const item = (deployments['items'] ?? {}) as ObjectSchema;
  // Those are for a workstation: pods have their own cluster and their account's role.
  const ofOne = Object.fromEntries(
    Object.entries(item.properties).filter(([key]) => key !== 'kubeconfig' && key !== 'awsProfile'),
  );
  const properties = {
    ...made.properties,
    name,
    concurrency: numeral(1, 100),
    stagger: seconds(0),
    job: withNumbers(job),
    defaults: { ...defaults, properties: known(defaults.properties) },
    deployments: { ...deployments, items: { ...item, properties: known(ofOne) } },
    since: { type: 'string', pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$' },
    report: { type: 'boolean' },
    global: { type: 'object' },
  };
  return {
    ...made,
    title: 'Values of the chart credential-rotation-fleet',
    properties,
    required: ['deployments', 'job'],
    allOf: rules(),
  };
}

function withNumbers(job: ObjectSchema): JsonSchema {
  const egress = (job.properties['egress'] ?? {}) as { items?: ObjectSchema };
  const items = {
    ...egress.items,
    properties: { ...egress.items?.properties, port },
    oneOf: [{ required: ['cidr'] }, { required: ['namespace'] }],
  };
  return { ...job, properties: { ...job.properties, ...ofJob, egress: { ...egress, items } } };
}

function known(properties: Record<string, JsonSchema>): Record<string, JsonSchema> {
  return Object.fromEntries(Object.entries(properties).map(([key, each]) => [key, settings[key] ?? each]));
}

/** What the values must have, in the defaults or in each deployment; and the one run or the schedule. */
function rules(): JsonSchema[] {
  const required = [
    ...optionNames.filter((each) => definitionOf(each).required === true),
    'backendUrl' as const,
    'secretsProvider' as const,
  ].map(keyOf);
  const everywhere = (key: string): JsonSchema => ({
    anyOf: [
      given(`defaults.${key}`),
      { required: ['deployments'], ...within('deployments', { items: { required: [key] } }) },
    ],
  });
  const mounted = (file: OptionName, configMap: string): JsonSchema => {
    const key = keyOf(file);
    const named = [
      given(`defaults.${key}`),
      { required: ['deployments'], ...within('deployments', { contains: { required: [key] } }) },
    ];
    return { if: { anyOf: named }, then: given(`job.${configMap}`) };
  };
  return [
    { oneOf: [given('job.schedule'), { required: ['since'] }] },
    ...[...new Set(required)].map(everywhere),
    mounted('caFile', 'databaseCaConfigMap'),
    mounted('healthCaFile', 'healthCaConfigMap'),
  ];
}
