import { Failure } from '../base/failure';
import { scrubber } from '../secrecy/scrubber';

/** Names the webhook that is told of a rotation's end. Its URL is a secret: it often is all that a caller needs. */
export const webhookVariable = 'CREDENTIAL_ROTATION_WEBHOOK_URL';

/**
 * Takes the webhook's URL out of the environment, so that no child process inherits it, and registers it with the
 * scrubber. Undefined when there is none.
 * @throws Failure `configuration`, without the value
 */
export function takeWebhookUrl(environment: NodeJS.ProcessEnv): string | undefined {
  const text = environment[webhookVariable] ?? '';
  Reflect.deleteProperty(environment, webhookVariable);
  if (text === '') return undefined;
  scrubber.register(text);
  const url = /^https?:\/\//.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.username + url.password !== '')
    throw new Failure(
      'setting-invalid',
      `Settings: ${webhookVariable} must be an http(s) URL without a user; a token belongs in its path or query.`,
    );
  // As it goes over the wire, and the part of it that is the secret.
  scrubber.register(url.href);
  scrubber.register(url.pathname + url.search);
  return text;
}
