import type { Config } from '@pulumi/pulumi';
import type { RotationInputs } from '../inputs/inputs';

/** The parts of the inputs as they stand in a stack file. */
const parts = ['aws', 'existing', 'sites', 'kubernetes'] as const;
const texts = ['name', 'namespace', 'region', 'stack'] as const;

/**
 * The inputs from a stack's config. The admin's password is a key of its own, `adminPassword`, so that it can be a
 * secret there and stays one.
 */
export function inputsFromConfig(config: Config): RotationInputs {
  const found: Record<string, unknown> = {};
  for (const name of texts) found[name] = config.get(name) || undefined;
  for (const name of parts) {
    const part = config.getObject<Record<string, unknown>>(name);
    if (part !== undefined && Object.keys(part).length > 0) found[name] = part;
  }
  const password = config.getSecret('adminPassword');
  const aws = found['aws'] as { adminSecret?: { login?: Record<string, unknown> } } | undefined;
  const login = aws?.adminSecret?.login;
  // What is missing or wrong is said by the component, which checks everything.
  if (login !== undefined && password !== undefined) login['password'] ??= password;
  return found as RotationInputs;
}
