import { Failure } from '../base/failure';
import type { Receivers } from './tell';
import { scrubber } from '../secrecy/scrubber';

/** Names the webhook that gets a CloudEvent of a rotation's end. Its URL is a secret: it often is all that a caller needs. */
export const webhookVariable = 'CREDENTIAL_ROTATION_WEBHOOK_URL';
/** Names an incoming webhook of Slack. */
export const slackVariable = 'CREDENTIAL_ROTATION_SLACK_WEBHOOK_URL';
/** Names a webhook of a Teams workflow. */
export const teamsVariable = 'CREDENTIAL_ROTATION_TEAMS_WEBHOOK_URL';
/** Holds the integration key of a PagerDuty service. */
export const routingKeyVariable = 'CREDENTIAL_ROTATION_PAGERDUTY_ROUTING_KEY';
/** Names another address of PagerDuty's Events API v2, as that of its EU region. It is no secret. */
export const pagerDutyUrlVariable = 'CREDENTIAL_ROTATION_PAGERDUTY_URL';

/** The variables whose value is a secret. */
export const secretReceivers = [webhookVariable, slackVariable, teamsVariable, routingKeyVariable];

/** PagerDuty's own address; its EU region has another. */
const pagerDutyUrl = 'https://events.pagerduty.com/v2/enqueue';

/**
 * Takes the receivers out of the environment, so that no child process inherits them, and registers them with the
 * scrubber.
 * @throws Failure `setting-invalid`, without any value
 */
export function takeReceivers(environment: NodeJS.ProcessEnv): Receivers {
  const [webhookUrl, slackUrl, teamsUrl] = [webhookVariable, slackVariable, teamsVariable].map((name) =>
    takeUrl(environment, name),
  );
  const routingKey = takeRoutingKey(environment);
  const url = takeUrl(environment, pagerDutyUrlVariable, false) ?? pagerDutyUrl;
  return {
    ...(webhookUrl === undefined ? {} : { webhookUrl }),
    ...(slackUrl === undefined ? {} : { slackUrl }),
    ...(teamsUrl === undefined ? {} : { teamsUrl }),
    ...(routingKey === undefined ? {} : { pagerDuty: { url, routingKey } }),
  };
}

function takeUrl(environment: NodeJS.ProcessEnv, name: string, isSecret = true): string | undefined {
  const text = take(environment, name, isSecret);
  if (text === undefined) return undefined;
  const url = /^https?:\/\//.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.username + url.password !== '')
    throw new Failure(
      'setting-invalid',
      `Settings: ${name} must be an http(s) URL without a user; a token belongs in its path or query.`,
    );
  if (!isSecret) return text;
  // As it goes over the wire, and the part of it that is the secret.
  scrubber.register(url.href);
  scrubber.register(url.pathname + url.search);
  return text;
}

function takeRoutingKey(environment: NodeJS.ProcessEnv): string | undefined {
  const key = take(environment, routingKeyVariable, true);
  if (key === undefined || /^[A-Za-z0-9]{32}$/.test(key)) return key;
  throw new Failure(
    'setting-invalid',
    `Settings: ${routingKeyVariable} must be the integration key of an Events API v2 integration: 32 letters and digits.`,
  );
}

/** The value of a variable, which is not there any more; undefined when it was empty. */
function take(environment: NodeJS.ProcessEnv, name: string, isSecret: boolean): string | undefined {
  const text = environment[name] ?? '';
  Reflect.deleteProperty(environment, name);
  if (text === '') return undefined;
  if (isSecret) scrubber.register(text);
  return text;
}
