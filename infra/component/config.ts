import { type Config, RunError, runtime } from '@pulumi/pulumi';
import type { RotationInputs } from '../inputs/inputs';

/** The parts of the inputs as they stand in a stack file. */
const parts = ['aws', 'existing', 'sites', 'kubernetes'] as const;
const texts = ['name', 'namespace', 'region', 'stack'] as const;

const passwordKey = 'adminPassword';

/**
 * The inputs from a stack's config. The admin's password is a key of its own, `adminPassword`, so that it can be a
 * secret there and stays one.
 * @throws RunError when that password stands in the stack file as plain text
 */
export function inputsFromConfig(config: Config): RotationInputs {
  const found: Record<string, unknown> = {};
  for (const name of texts) found[name] = config.get(name) || undefined;
  for (const name of parts) {
    const part = config.getObject<Record<string, unknown>>(name);
    if (part !== undefined && Object.keys(part).length > 0) found[name] = part;
  }
  refusePlainPassword(config);
  const password = config.get(passwordKey) ? config.getSecret(passwordKey) : undefined;
  const aws = found['aws'] as { adminSecret?: { login?: Record<string, unknown> } } | undefined;
  const login = aws?.adminSecret?.login;
  // What is missing or wrong is said by the component, which checks everything.
  if (login !== undefined && password !== undefined) login['password'] ??= password;
  return found as RotationInputs;
}

/** `getSecret` marks plain text as a secret too, so how the stack file holds it has to be asked for itself. */
function refusePlainPassword(config: Config): void {
  if (config.get(passwordKey) && !isSecret(`${config.name}:${passwordKey}`))
    throw new RunError(
      `${passwordKey} is plain text in the stack file; give the admin another password, since this one may be known, and set it with: pulumi config set --secret ${passwordKey}`,
    );
}

/** Whether the engine says that a config value was encrypted. Pulumi leaves the function out of its declarations. */
function isSecret(key: string): boolean {
  const { isConfigSecret } = runtime as unknown as { isConfigSecret: (key: string) => boolean };
  return isConfigSecret(key);
}
