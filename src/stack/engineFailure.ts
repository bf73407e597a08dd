import { describeUnknown, Failure } from '../failure';
import type { StackLocation } from './workspace';

/** What the engine's own failure means; the engine's text is looked at and not shown. */
export function engineFailure(
  error: unknown,
  location: Pick<StackLocation, 'stack' | 'backendUrl'>,
): Failure {
  if (error instanceof Failure) return error;
  const text = error instanceof Error ? error.message : '';
  const options = { cause: error };
  const state = `the state of stack ${location.stack} in ${location.backendUrl}`;
  if (/incorrect passphrase|passphrase must be set|decrypt/i.test(text)) {
    return new Failure(
      'configuration',
      `The passphrase or key does not open ${state}; give the one that it was made with.`,
      options,
    );
  }
  if (/currently locked|locked by/i.test(text)) {
    return new Failure(
      'locked',
      `Another update holds ${state}; wait until it ends, or clear a dead run's lock with pulumi cancel.`,
      options,
    );
  }
  if (/AccessDenied|403|Forbidden|permission denied/i.test(text)) {
    return new Failure('permission', `Access to ${state} is refused; allow reading and writing it.`, options);
  }
  if (/no resource plugin|could not load plugin|plugin.*not found/i.test(text)) {
    return new Failure(
      'configuration',
      'A Pulumi plugin is missing (aws, random or kubernetes); install it with pulumi plugin install, in this PULUMI_HOME.',
      options,
    );
  }
  if (
    /unable to open bucket|no such bucket|NoSuchBucket|no such file|dial tcp|connection refused/i.test(text)
  ) {
    return new Failure(
      'configuration',
      `${state} cannot be opened; check PULUMI_BACKEND_URL and the network.`,
      options,
    );
  }
  const said = engineErrorLine(text) ?? describeUnknown(error);
  return new Failure(
    'unexpected',
    `The Pulumi engine failed on ${state} (${said}); run again, and report it if it stays.`,
    options,
  );
}

/** The engine's own `error:` line. Only stderr is looked at: stdout may be a state with its secrets in clear. */
function engineErrorLine(text: string): string | undefined {
  const stderr = text.slice(Math.max(0, text.lastIndexOf('stderr:')));
  const line = stderr.split('\n').find((each) => /^\s*(stderr:\s*)?error:/.test(each));
  return line?.replace(/^\s*(stderr:\s*)?error:\s*/, '').slice(0, 300);
}
