import { describeUnknown, Failure } from '../base/failure';
import { shownUrl } from '../base/urlPassword';
import { scrubber } from '../secrecy/scrubber';
import { projectName } from '../settings/settings';
import { awsMeanings } from './awsMeanings';
import type { Meaning, Where } from './meaning';
import { noAnswer, notOf } from './meaning';
import { proxyMeanings } from './proxyMeanings';

/** The state's secrets cannot be decrypted: the engine finds that out before it begins an update, and writes nothing. */
export class StateIsClosed extends Failure {}

/** What the engine says of a resource that a saved plan did not foresee, or foresaw in another way. */
const planViolation =
  /violates plan|is not allowed by the plan|no plan for resource|expected resource operations for .* but none were seen/;

/** True when a text of the engine says that an update does not keep to its saved plan. */
export function isPlanViolation(text: string): boolean {
  return planViolation.test(text);
}

/** True when a text of the engine says that the state could not be saved: the step's own work was done. */
export function isOfState(text: string): boolean {
  return /failed to save snapshot|writing the new snapshot file|operation error S3: /.test(text);
}

const meanings: Meaning[] = [
  {
    says: /the engine was ended by SIG[A-Z]+\s*$/,
    code: 'engine-ended-outside',
    sentence: (_state, _where, text) =>
      `The Pulumi engine was ended from outside by ${/SIG[A-Z]+\s*$/.exec(text)?.[0].trim() ?? 'a signal'}, perhaps because memory ran out; check the memory of the machine or pod, and run again.`,
  },
  {
    says: planViolation,
    code: 'saved-plan-outdated',
    sentence: () =>
      'The saved plan does not allow what this run has to do: its file, the state, a setting or this tool was changed since it was made; make a new plan with --dry-run --plan.',
  },
  {
    says: notOf(
      /operation error S3: |open bucket/,
      /unknown secrets provider|open keeper|unknown query parameter|invalid keyID|Missing Region|invalid input region|invalid host label/i,
    ),
    code: 'state-key-unusable',
    isClosed: true,
    sentence: (state) =>
      `The secrets provider of ${state} is not the URL of a key; correct CREDENTIAL_ROTATION_SECRETS_PROVIDER, e.g. awskms://alias/name?region=us-east-1.`,
  },
  ...proxyMeanings,
  ...awsMeanings,
  {
    says: /PULUMI_ACCESS_TOKEN must be set|invalid access token/i,
    code: 'state-not-openable',
    sentence: (state) =>
      `The service that keeps ${state} requires a login; set PULUMI_ACCESS_TOKEN, or name a backend of your own as PULUMI_BACKEND_URL, e.g. s3://bucket.`,
  },
  {
    says: /passphrase must be set/i,
    code: 'state-passphrase-wrong',
    isClosed: true,
    sentence: (state) =>
      `${state} is encrypted with a passphrase and none is given; set PULUMI_CONFIG_PASSPHRASE (another secrets provider does not re-encrypt a state that is there).`,
  },
  {
    says: /incorrect passphrase|decrypt|message authentication failed/i,
    code: 'state-passphrase-wrong',
    isClosed: true,
    sentence: (state) => `The passphrase or key does not open ${state}; give the one that it was made with.`,
  },
  {
    says: /could not create secrets manager for new stack/,
    code: 'state-key-unusable',
    isClosed: true,
    sentence: (state) =>
      `The secrets provider of ${state} cannot be used; check CREDENTIAL_ROTATION_SECRETS_PROVIDER, and that this machine has a login for it.`,
  },
  {
    says: /failed to load checkpoint|could not deserialize deployment|unexpected end of JSON|cannot unmarshal/i,
    code: 'state-damaged',
    sentence: (state, { stack }) =>
      `${state} is damaged; restore .pulumi/stacks/${projectName}/${stack}.json from an earlier version of it, or move it away: ` +
      'then a run goes on from what the secrets, the file and the database say.',
  },
  {
    says: /could not create stack: the stack is currently locked/i,
    code: 'state-locked',
    sentence: (state, { stack }) =>
      `A dead run left its lock beside ${state}, which is gone; remove .pulumi/locks/organization/${projectName}/${stack} there and run again.`,
  },
  {
    says: /currently locked|locked by/i,
    code: 'state-locked',
    sentence: (state) =>
      `Another update holds ${state}; wait until it ends, or clear a dead run's lock with pulumi cancel.`,
  },
  {
    // os/user of Go: with cgo the one, without it the other (go.dev/src/os/user, cgo_lookup_unix.go, lookup_stubs.go).
    says: /user: unknown userid \d+|user: Current requires cgo or \$USER/,
    code: 'engine-user-unknown',
    sentence: (_state, _where, text) =>
      `The Pulumi engine needs a name for the user that it runs as, and ${/userid (\d+)/.exec(text)?.[1] ?? 'this one'} is not in /etc/passwd; add a line for it there, or run as a user that has one (the image has 65532).`,
  },
  {
    says: /no resource plugin|could not load plugin|plugin.*not found/i,
    code: 'engine-plugin-missing',
    sentence: () =>
      'A Pulumi plugin is missing (aws, random or kubernetes); install it with pulumi plugin install, in this PULUMI_HOME.',
  },
  {
    says: /unable to open bucket|no such bucket|NoSuchBucket|no such file/i,
    code: 'state-not-openable',
    sentence: (state) =>
      `${state} cannot be opened: there is no such bucket or folder; check PULUMI_BACKEND_URL.`,
  },
  {
    says: /AccessDenied|PermissionDenied|StatusCode: 403|Forbidden|permission denied/i,
    code: 'state-permission-missing',
    sentence: (state) => `Access to ${state} is refused; allow reading and writing it.`,
  },
  {
    says: /no space left on device|disk quota exceeded/,
    code: 'disk-full',
    sentence: (state) => `The disk of ${state} is full; make room on it and run again.`,
  },
  {
    says: noAnswer,
    code: 'state-unreachable',
    sentence: (state) =>
      `The backend of ${state} does not answer; check the network and run again when it does.`,
  },
];

/** What the engine's own failure means; the engine's text is looked at and not shown. */
export function engineFailure(error: unknown, where: Where): Failure {
  if (error instanceof Failure) return error;
  const raw = error instanceof Error ? error.message : '';
  const text = scrubber.scrub(raw);
  const state = `the state of stack ${where.stack} in ${shownUrl(where.backendUrl)}`;
  const meaning = meanings.find(({ says }) => says.test(raw));
  if (meaning) {
    const sentence = meaning.sentence(state, where, text);
    const Kind = meaning.isClosed === true ? StateIsClosed : Failure;
    return new Kind(meaning.code, sentence.charAt(0).toUpperCase() + sentence.slice(1), { cause: error });
  }
  const said = shortReason(engineErrorLine(text) ?? describeUnknown(error));
  return new Failure(
    'engine-failed',
    `The Pulumi engine failed on ${state} (${said}); run again, and report it if it stays.`,
    { cause: error },
  );
}

/** A text of the engine or a plugin as a detail in a sentence: one line, without names of resources and ids of requests. */
export function shortReason(text: string): string {
  return text
    .replace(/\burn:pulumi:\S+::/g, '')
    .replace(
      /\b\d+ errors? occurred:|\berror: |https response error |blob \(key "[^"]*"\) \(code=\w+\): /g,
      ' ',
    )
    .replace(/(RequestID|HostID): [^,]*, /g, '')
    .replace(/[\s*]+/g, ' ')
    .trim()
    .replace(/[.:]$/, '')
    .slice(0, 300);
}

/** The engine's own `error:` line. Only stderr is looked at: stdout may be a state with its secrets in clear. */
function engineErrorLine(text: string): string | undefined {
  const stderr = text.slice(Math.max(0, text.lastIndexOf('stderr:')));
  const line = stderr.split('\n').find((each) => /^\s*(stderr:\s*)?error:/.test(each));
  return line
    ?.replace(/^\s*(stderr:\s*)?error:\s*/, '')
    .replace(/\burn:pulumi:\S+::/g, '')
    .slice(0, 300);
}
