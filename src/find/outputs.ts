import { z } from 'zod';
import { Failure } from '../base/failure';
import { keepSecretText } from '../secrecy/passwordsIn';
import type { OptionName } from '../settings/options';
import { isRds } from './region';
import type { Seen } from './seen';

/** An output of Terraform, CloudFormation or Pulumi that is text and no secret. */
export interface Output {
  name: string;
  value: string;
}

/** `terraform output -json` (developer.hashicorp.com: terraform output). */
const terraform = z.record(
  z.string(),
  z.object({ sensitive: z.boolean().optional(), type: z.unknown().optional(), value: z.unknown() }),
);
/** `aws cloudformation describe-stacks`, and `list-exports` (CloudFormation API: Output, Export). */
const cloudFormation = z.object({
  Stacks: z.array(
    z.object({ Outputs: z.array(z.object({ OutputKey: z.string(), OutputValue: z.string() })).optional() }),
  ),
});
const exported = z.object({ Exports: z.array(z.object({ Name: z.string(), Value: z.string() })) });
/** `pulumi stack output --json`, and any other plain list of texts. */
const plain = z.record(z.string(), z.unknown());

/**
 * Reads the outputs of the tool that made the AWS half, in any of the forms above. What Terraform calls sensitive is
 * left out, unless it is the ARN of a secret or an address of RDS.
 * @param source the file, for messages
 * @throws Failure `configuration` for anything else
 */
export function readOutputs(text: string, source: string): Output[] {
  const json = parsed(text, source);
  const stacks = cloudFormation.safeParse(json);
  if (stacks.success)
    return stacks.data.Stacks.flatMap(({ Outputs = [] }) => Outputs).map(({ OutputKey, OutputValue }) => ({
      name: OutputKey,
      value: OutputValue,
    }));
  const exports_ = exported.safeParse(json);
  if (exports_.success) return exports_.data.Exports.map(({ Name, Value }) => ({ name: Name, value: Value }));
  const outputs = terraform.safeParse(json);
  if (outputs.success)
    return Object.entries(outputs.data).flatMap(([name, { sensitive, value }]) => {
      if (typeof value !== 'string') return [];
      if (sensitive !== true || isSecretArn(value) || isRds(value)) return [{ name, value }];
      keepSecretText(value);
      return [];
    });
  const texts = plain.safeParse(json);
  if (!texts.success) throw notOutputs(source);
  return Object.entries(texts.data).flatMap(([name, value]) =>
    typeof value === 'string' ? [{ name, value }] : [],
  );
}

function parsed(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw notOutputs(source, error);
  }
}

function notOutputs(source: string, cause?: unknown): Failure {
  return new Failure(
    'outputs-invalid',
    `${source} is not what terraform output -json, aws cloudformation describe-stacks or pulumi stack output --json print; make it anew.`,
    { cause },
  );
}

/** Whether a text is the ARN of a secret. */
export function isSecretArn(value: string): boolean {
  return /^arn:[^:]+:secretsmanager:[^:]+:\d+:secret:\S+$/.test(value);
}

type FromOutputs = 'slotSecretId' | 'adminSecretId' | 'awsRegion' | 'backendUrl' | 'secretsProvider';

const isName = (value: string): boolean => /^[A-Za-z0-9/_+=.@!-]{1,512}$/.test(value);

/** Which outputs are which setting: by their own name, or by that of the secret. */
const meanings: Record<FromOutputs, (output: Output) => boolean> = {
  slotSecretId: ({ name, value }) =>
    isSecretArn(value)
      ? /slot/i.test(name) || /slot/i.test(value)
      : /slot.*secret/i.test(name) && isName(value),
  adminSecretId: ({ name, value }) =>
    isSecretArn(value)
      ? isAdmin(name) || (isAdmin(value) && !/slot/i.test(name))
      : isAdmin(name) && /secret/i.test(name) && isName(value),
  awsRegion: ({ name, value }) => /^(aws_?)?region$/i.test(name) && /^[a-z]{2}(-[a-z]+)+-\d$/.test(value),
  backendUrl: ({ name, value }) => /backend_?url/i.test(name) && /^(s3|gs|azblob):\/\//.test(value),
  secretsProvider: ({ name, value }) => /secrets_?provider/i.test(name) && /^awskms:\/\//.test(value),
};

/** OpenEMR's own admin, who is no user of the database, has a secret in some set-ups, too. */
function isAdmin(text: string): boolean {
  return (
    /admin|master|root/i.test(text) && !/openemr[-_]?admin[-_]?(password|user)|app[-_]?admin/i.test(text)
  );
}

/** The values for a setting among outputs. */
export function fromOutputs(name: OptionName, outputs: readonly Output[], source: string): Seen[] {
  if (!isKnown(name)) return [];
  return outputs
    .filter(meanings[name])
    .map((output) => ({ value: output.value, from: `output ${output.name} of ${source}` }));
}

function isKnown(name: OptionName): name is FromOutputs {
  return Object.hasOwn(meanings, name);
}

/** The database's writer endpoint among outputs, without its port. */
export function databaseEndpoint(outputs: readonly Output[]): Output | undefined {
  const found = outputs.find(
    ({ name, value }) =>
      /(aurora|rds|cluster|db|database|mysql).*(endpoint|host)/i.test(name) &&
      !/reader|redis|cache|eks|kube|cluster_endpoint$/i.test(name) &&
      /^[a-z0-9.-]+(:\d+)?$/i.test(value),
  );
  return found && { ...found, value: found.value.replace(/:\d+$/, '') };
}
