import { z } from 'zod';
import { inputRows } from '../../infra/inputs/table';
import { componentType } from '../../infra/package/schema';
import { exitCodes } from '../../src/base/failure';
import type { FailureCode } from '../../src/base/failureCodes';
import { exitOf, failureCodes } from '../../src/base/failureCodes';
import { commandTable, commonFlags, settingFlags, workingCommands } from '../../src/cli/commandTable';
import type { Flag } from '../../src/cli/table/command';
import { cloudEventOf, typePrefix } from '../../src/notify/cloudEvent';
import { reportingComponent } from '../../src/notify/kubernetesEvent';
import { metrics } from '../../src/notify/metrics';
import { pushJob } from '../../src/notify/pushgateway';
import {
  pagerDutyUrlVariable,
  routingKeyVariable,
  slackVariable,
  teamsVariable,
  webhookVariable,
} from '../../src/notify/receivers';
import { commonLabels } from '../../src/notify/samples';
import { restartAnnotation, rotationAnnotation } from '../../src/rotation/annotations';
import { planKinds } from '../../src/rotation/kinds';
import { versionLabels } from '../../src/rotation/labels';
import { resourceNames, stepNumbers } from '../../src/rotation/steps';
import { materialSchema, planSchema, savedPlanSchema } from '../../src/rotation/storedPlan';
import { dynamicType } from '../../src/sdk/dynamic';
import { environmentOnly } from '../../src/settings/environmentOnly';
import { definitionOf, optionNames } from '../../src/settings/options';
import { projectName } from '../../src/settings/settings';
import { registry } from '../../src/steps/registry';
import { documentedFields, fieldsOf } from '../unit/docs/documented';
import { repositoryText } from '../unit/docs/readme';
import { endedRun } from '../unit/notify/runs';

const codes = Object.keys(failureCodes) as FailureCode[];

/** Everything that 1.x keeps (docs/stability.md), by the file of test/golden/files that holds it. */
export function stableThings(): Record<string, object> {
  return {
    'exit-codes': exitCodes,
    'failure-codes': Object.fromEntries(codes.map((code) => [code, exitOf(code)])),
    commands: commands(),
    settings: settings(),
    json: jsonFields(),
    plan: { plan: formOf(planSchema), material: formOf(materialSchema), saved: formOf(savedPlanSchema) },
    state: state(),
    metrics: {
      pushJob,
      commonLabels,
      metrics: mapped(metrics, ({ type, ...more }) => ({ type, label: 'label' in more ? more.label : '' })),
    },
    webhook: webhook(),
    infra: {
      componentType,
      inputs: Object.fromEntries(inputRows().map(({ path, value }) => [path, value])),
    },
  };
}

function mapped<Value, Result>(
  object: Readonly<Record<string, Value>>,
  make: (value: Value) => Result,
): Record<string, Result> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, make(value)]));
}

/** Every command with its own flags, and those of all. */
function commands(): object {
  const flagsOf = (flags: readonly Flag[]): string[] =>
    flags.map(({ name, value }) => (value === undefined ? name : `${name}=`));
  const own = workingCommands(commandTable).map(({ words, command }) => [
    words.join(' '),
    flagsOf(command.flags ?? []),
  ]);
  return {
    own: Object.fromEntries(own) as object,
    common: flagsOf(commonFlags),
    settings: flagsOf(settingFlags),
  };
}

/** What a setting is called in each place, and its default; not how it is explained. */
function settings(): object {
  const options = optionNames.map((name) => {
    const { flag, variable, stackKey, type, required = false, default: value = '' } = definitionOf(name);
    return [name, { flag, variable, stackKey, type, needed: required, default: value }];
  });
  const receivers = [webhookVariable, slackVariable, teamsVariable, routingKeyVariable, pagerDutyUrlVariable];
  return {
    options: Object.fromEntries(options) as object,
    environmentOnly: Object.keys(environmentOnly),
    receivers,
  };
}

/** The fields of each JSON output: the tables of the documents, which other tests hold against what is printed. */
function jsonFields(): object {
  const sections = [...repositoryText('docs/json.md').matchAll(/^## (.+)$/gm)].map(([, name = '']) => name);
  const of = (section: string, file: string): object =>
    Object.fromEntries(
      [...documentedFields(section, file)].map(([field, types]) => [field, types.join(' or ')]),
    );
  return {
    ...Object.fromEntries(sections.map((section) => [section, of(section, 'json.md')])),
    history: of('Fields', 'json-history.md'),
    evidence: evidenceFields(),
  };
}

/** Of docs/evidence.schema.json the fields and whether they are always there: what is always there stays so. */
function evidenceFields(): Record<string, string> {
  const schema = evidenceSchema.parse(JSON.parse(repositoryText('docs/evidence.schema.json')));
  return Object.fromEntries(fieldsIn(schema, ''));
}

interface EvidenceSchema {
  properties?: Record<string, EvidenceSchema> | undefined;
  required?: string[] | undefined;
  items?: EvidenceSchema | undefined;
  anyOf?: EvidenceSchema[] | undefined;
}

const evidenceSchema: z.ZodType<EvidenceSchema> = z.lazy(() =>
  z.object({
    properties: z.record(z.string(), evidenceSchema).optional(),
    required: z.array(z.string()).optional(),
    items: evidenceSchema.optional(),
    anyOf: z.array(evidenceSchema).optional(),
  }),
);

function fieldsIn(
  { properties = {}, required = [], items, anyOf = [] }: EvidenceSchema,
  at: string,
): [string, string][] {
  const own = Object.entries(properties).flatMap(([name, schema]): [string, string][] => {
    const field = at === '' ? name : `${at}.${name}`;
    return [[field, required.includes(name) ? 'always' : 'sometimes'], ...fieldsIn(schema, field)];
  });
  return [
    ...own,
    ...(items === undefined ? [] : fieldsIn(items, `${at}[]`)),
    ...anyOf.flatMap((schema) => fieldsIn(schema, at)),
  ];
}

/** What stands in the Pulumi states, in the secrets and in the cluster. */
function state(): object {
  return {
    projectName,
    stepNumbers,
    planKinds: Object.keys(planKinds),
    resourceTypes: Object.keys(registry).map(dynamicType),
    resourceNames: names(),
    versionLabels,
    restartAnnotation,
    rotationAnnotation,
  };
}

/** The names of the resources of a rotation with the id ID; where a slot stands in one, it is A. */
function names(): Record<keyof typeof resourceNames, string> {
  const { plan, sqlconf, kubernetesSecret, restart, user, password, ...acts } = resourceNames;
  return {
    plan: plan(),
    sqlconf: sqlconf(),
    kubernetesSecret: kubernetesSecret(),
    restart: restart(),
    user: user('A'),
    password: password('A', 'ID'),
    ...mapped(acts, (make) => make('ID')),
  } as Record<keyof typeof resourceNames, string>;
}

function webhook(): object {
  const ends = [{}, { outcome: 'rolled-back' }, { outcome: 'held' }] as const;
  const fields = new Map<string, Set<string>>();
  for (const end of ends) fieldsOf(cloudEventOf(endedRun(end)), '', fields);
  return {
    typePrefix,
    reportingComponent,
    fields: Object.fromEntries([...fields].map(([field, types]) => [field, [...types].sort().join(' or ')])),
  };
}

/** A zod schema as JSON schema: `required`, names, types and enumerations. */
function formOf(schema: z.ZodType): object {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
}
